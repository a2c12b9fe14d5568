"""A referral: somebody asks to be put in touch with a graduate of the directory, who says yes or no.

requested → accepted | declined
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import ClassVar, Final, Self

from contracts.applications import ReferralAccepted, ReferralDeclined, ReferralRequested, ReferralStatus
from contracts.ids import AccountId, CertificateId, ReferralId
from contracts.time import Instant
from services.applications.domain.certificate import Certificate
from services.chassis.domain import Actor, Aggregate, Change, Conflict, NotAllowed, NotFound, NotInThisState, RuleBroken

NEXT: Final[Mapping[ReferralStatus, frozenset[ReferralStatus]]] = {
    ReferralStatus.REQUESTED: frozenset({ReferralStatus.ACCEPTED, ReferralStatus.DECLINED}),
}
A_DAY: Final = timedelta(hours=24)


class ReferralUnknown(NotFound):
    """There is no such referral, or it is not for this reader."""


class GraduateUnknown(NotFound):
    """Nobody of the directory has this id."""


class AskedBefore(Conflict):
    """One asks a graduate once."""


class OwnReferral(RuleBroken):
    """Nobody is put in touch with themself."""


class Referral(Aggregate):
    concerns: ClassVar = ("graduate_id", "sender_id")

    id: ReferralId
    certificate_id: CertificateId
    graduate_id: AccountId
    sender_id: AccountId
    sender_name: str
    graduate_name: str
    company: str
    message: str
    status: ReferralStatus = ReferralStatus.REQUESTED
    requested_at: Instant
    answered_at: Instant | None = None

    def must_be_seen_by(self, reader: Actor) -> None:
        """To others than the two it is not there."""
        if reader.id not in {self.graduate_id, self.sender_id}:
            raise ReferralUnknown(f"There is no referral {self.id!r}.")

    def move(self, to: ReferralStatus, *, by: Actor, at: datetime) -> Self:
        """Answer, as the graduate."""
        self.must_be_seen_by(by)
        if by.id != self.graduate_id:
            raise NotAllowed("The graduate answers this; you are told as soon as they do.")
        if to not in NEXT.get(self.status, ()):
            raise NotInThisState(f"A referral that is {self.status} cannot become {to}.")
        return self.evolve(status=to, answered_at=at)

    def contact_for(self, reader: Actor) -> AccountId | None:
        """Say whose address this reader may know: the other one's, and only after a yes."""
        if self.status is not ReferralStatus.ACCEPTED:
            return None
        return self.sender_id if reader.id == self.graduate_id else self.graduate_id


class Sender(Aggregate):
    """Somebody's address, as a hash, and when requests came from it lately: those at the same time meet here."""

    recent: tuple[Instant, ...] = ()

    def may_send(self, most: int, at: datetime) -> bool:
        return len(self.lately(at)) < most

    def lately(self, at: datetime) -> tuple[Instant, ...]:
        return tuple(sent for sent in self.recent if sent > at - A_DAY)


def send(sender: Sender, *, at: datetime) -> Change[Sender]:
    """Count a request."""
    return Change(sender.evolve(recent=(*sender.lately(at), at)))


def request(
    id: str, certificate: Certificate, *, sender_name: str, company: str, message: str, by: Actor, at: datetime
) -> Change[Referral]:
    if not certificate.listed:
        raise GraduateUnknown(f"There is no graduate {certificate.id!r} in the directory.")
    if by.id == certificate.mentee_id:
        raise OwnReferral("This is you. Ask somebody else.")
    referral = Referral(
        id=ReferralId(id),
        certificate_id=certificate.id,
        graduate_id=certificate.mentee_id,
        graduate_name=certificate.name,
        sender_id=AccountId(by.id),
        sender_name=sender_name,
        company=company,
        message=message,
        requested_at=at,
    )
    return referral.tell(ReferralRequested, by=by, at=at)


def accept(referral: Referral, *, by: Actor, at: datetime) -> Change[Referral]:
    """Say yes: each of the two learns how to reach the other."""
    return referral.move(ReferralStatus.ACCEPTED, by=by, at=at).tell(ReferralAccepted, by=by, at=at)


def decline(referral: Referral, *, by: Actor, at: datetime) -> Change[Referral]:
    return referral.move(ReferralStatus.DECLINED, by=by, at=at).tell(ReferralDeclined, by=by, at=at)
