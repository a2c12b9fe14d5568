"""A certificate: the proof that somebody graduated, which anybody who was given its code can look up.

It is issued once, with the graduation, and keeps its words of that day. Staff can declare it void. A graduate may show
it in the public directory.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import ClassVar, Final

from contracts.applications import (
    Attendance,
    CertificateIssued,
    CertificateListed,
    CertificateRevoked,
    CertificateUnlisted,
)
from contracts.identity import PlatformRole
from contracts.ids import AccountId, ActorId, ApplicationId, CertificateId, ProjectId, TermId
from contracts.time import Instant
from services.applications.domain.application import Application
from services.applications.domain.known import Person, Project, Term
from services.chassis.domain import Actor, Aggregate, Change, NotAllowed, NotFound, NotInThisState, NotYetKnown

ALPHABET: Final = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Letters and digits that nobody takes for one another."""
GROUPS: Final = (5, 5, 5, 5, 5)
"""How a code is written: 25 characters are 122 bits, beyond guessing."""


class CertificateUnknown(NotFound):
    """No certificate has this code, or none is there yet."""


class CertificateVoid(NotInThisState):
    """It was revoked."""


class Certificate(Aggregate):
    concerns: ClassVar = ("mentee_id",)

    id: CertificateId
    code: str
    application_id: ApplicationId
    project_id: ProjectId
    term_id: TermId
    mentee_id: AccountId
    name: str
    """The graduate's, on that day; empty once they erased themself."""
    project_name: str
    term_name: str
    attendance: Attendance
    began_on: date
    ended_on: date
    issued_at: Instant
    revoked_at: Instant | None = None
    revoked_by: ActorId | None = None
    reason: str = ""
    """Of the revocation, for the graduate and staff."""
    listed: bool = False
    headline: str = ""
    """What the graduate says of themself in the directory."""

    @property
    def valid(self) -> bool:
        return self.revoked_at is None

    def must_be_of(self, by: Actor) -> None:
        if by.id != self.mentee_id:
            raise NotAllowed("Only whoever graduated can do this.")

    def must_be_valid(self) -> None:
        if self.revoked_at is not None:
            raise CertificateVoid(f"The certificate was revoked on {self.revoked_at:%Y-%m-%d}.")


def code_of(drawn: Sequence[int]) -> str:
    """Write random numbers as a code."""
    letters = iter(ALPHABET[number % len(ALPHABET)] for number in drawn)
    return "-".join("".join(next(letters) for _ in range(length)) for length in GROUPS)


def issue(
    id: str,
    graduated: Application,
    project: Project,
    term: Term,
    person: Person | None,
    *,
    code: str,
    by: Actor,
    at: datetime,
) -> Change[Certificate]:
    """Certify a graduation. Raises `NotYetKnown` as long as nobody said whose it is."""
    if person is None or not person.name:
        raise NotYetKnown("The mentee's name, which the letter of completion needs, has not arrived here yet.")
    if graduated.attendance is None or graduated.agreement is None:
        raise NotInThisState("Only who signed the participation agreement can graduate.")
    certificate = Certificate(
        id=CertificateId(id),
        code=code,
        application_id=graduated.id,
        project_id=project.id,
        term_id=term.id,
        mentee_id=graduated.mentee_id,
        name=person.name,
        project_name=project.name,
        term_name=term.name,
        attendance=graduated.attendance,
        began_on=min(max(term.starts_at, graduated.agreement.at), at).date(),
        ended_on=at.date(),
        issued_at=at,
    )
    return certificate.tell(CertificateIssued, by=by, at=at)


def revoke(certificate: Certificate, *, reason: str, by: Actor, at: datetime) -> Change[Certificate]:
    """Declare it void. Staff alone do: what somebody achieved is not taken back in anger."""
    if not by.has(PlatformRole.STAFF):
        raise NotAllowed("Only platform staff revoke certificates. Tell them what is wrong with it.")
    if by.id == certificate.mentee_id:
        raise NotAllowed("This is your own certificate; somebody else of the staff decides about it.")
    certificate.must_be_valid()
    revoked = certificate.evolve(revoked_at=at, revoked_by=by.id, reason=reason, listed=False)
    return revoked.tell(CertificateRevoked, by=by, at=at)


def enlist(certificate: Certificate, *, headline: str, by: Actor, at: datetime) -> Change[Certificate]:
    """Show it in the graduates' directory, as its owner; what was said there before is replaced."""
    certificate.must_be_of(by)
    certificate.must_be_valid()
    if certificate.listed and certificate.headline == headline:
        return Change(certificate)
    return certificate.evolve(listed=True, headline=headline).tell(CertificateListed, by=by, at=at)


def unlist(certificate: Certificate, *, by: Actor, at: datetime) -> Change[Certificate]:
    """Take it out of the directory."""
    certificate.must_be_of(by)
    if not certificate.listed:
        return Change(certificate)
    return certificate.evolve(listed=False, headline="").tell(CertificateUnlisted, by=by, at=at)


def forget_name(certificate: Certificate) -> Change[Certificate]:
    """Leave no personal data in it: the person erased themself."""
    return Change(certificate.evolve(name="", headline="", listed=False))
