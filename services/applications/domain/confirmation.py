"""The confirmation of an offer: the participation agreement is signed, and the mentorship begins."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from contracts.applications import ApplicationConfirmed, ApplicationStatus
from contracts.stipends import StipendStatus
from services.applications.domain.agreement import sign
from services.applications.domain.application import Application, OfferExpired
from services.applications.domain.known import Funding, Project, Term
from services.chassis.domain import Actor, Change, Conflict, NotInThisState, NotYetKnown
from services.chassis.versioned import VersionedText

UNFUNDED: Final[Mapping[StipendStatus, str]] = {
    StipendStatus.EXPECTED: "The stipend is decided once all prerequisite tasks are completed.",
    StipendStatus.UNDECIDED: "There is no stipend amount for your country yet; staff decide about it.",
    StipendStatus.AWAITING_FUNDS: "The stipend waits for money in the budget; it is reserved once that arrives.",
    StipendStatus.CANCELED: "The stipend was canceled. Ask the project's administrators.",
}
"""Why a mentorship cannot begin yet; what is not listed lets it begin."""


class FundingMissing(Conflict):
    """The stipend is not reserved, and the project is not an unpaid one."""


def confirm(
    application: Application,
    project: Project,
    *,
    term: Term,
    agreement_version: str,
    signature: str,
    agreements: Sequence[VersionedText],
    funding: Funding | None,
    by: Actor,
    at: datetime,
) -> Change[Application]:
    """Sign the participation agreement: the mentorship begins."""
    application.must_be_of(by, project)
    if not term.has_announced(at):
        raise NotInThisState("An application that is pending cannot become active.")
    active = application.move(ApplicationStatus.ACTIVE, by=by, at=at)
    if application.offer_expires_at is not None and at >= application.offer_expires_at:
        raise OfferExpired(f"The offer was good until {application.offer_expires_at:%Y-%m-%d %H:%M} UTC.")
    _must_be_funded(application, funding)
    signed = active.model_copy(update={"agreement": sign(agreement_version, signature, agreements, at)})
    return signed.tell(ApplicationConfirmed, by=by, at=at)


def _must_be_funded(application: Application, funding: Funding | None) -> None:
    """Refuse for now, or until something is done; an expected stipend with nothing left to expect is old news."""
    prepared = application.prerequisites_completed_at is not None
    if funding is None or (prepared and funding.status is StipendStatus.EXPECTED):
        raise NotYetKnown("What becomes of the stipend was not heard yet. Ask again in a moment.")
    if funding.status in UNFUNDED:
        raise FundingMissing(f"{UNFUNDED[funding.status]} Confirm then.")
