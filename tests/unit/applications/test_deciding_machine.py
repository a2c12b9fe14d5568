"""An application on its way to a mentorship, driven at random: decisions, offers, exits and undoing, against a model.

Every step is tried, legal or not, and the model says whether it must be refused; a refusal leaves all as it was.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Final

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from contracts.applications import ApplicationStatus, Attendance
from services.applications.domain import application as domain
from services.applications.domain import confirmation, reinstatement, waiting
from services.applications.domain.announcement import HELD_BACK, as_told
from services.applications.domain.application import Application
from services.applications.domain.known import Funding
from services.applications.domain.verdict import EligibilityVerdict
from services.chassis.domain import Actor, Change, Refusal, system
from tests.unit.applications.examples import (
    ADA,
    AGREEMENTS,
    AT,
    DAY,
    EVE,
    LIMITS,
    MIRA,
    MO,
    application,
    project,
    term,
)

VALID: Final = 14 * DAY
RESERVED: Final = Funding.model_validate({"id": "a-1", "status": "reserved"})
TERM: Final = term(results_at=AT + 3 * DAY)
ADMINISTRATOR, MENTEE = (st.sampled_from([who] * 6 + [ADA, MO, MIRA, EVE]) for who in (ADA, MIRA))
FIRST: Final = {"status": "pending", "by": "mira", "at": AT}


class Deciding(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.now = AT
        self.subject: Application = application(history=[FIRST])
        self.ended: tuple[str, Actor, object] | None = None
        """What it was before it was withdrawn or declined, by whom, and when."""

    def attempt(self, allowed: bool, decision: Callable[[], Change[Application]]) -> bool:
        before = self.subject
        try:
            change = decision()
        except Refusal:
            assert not allowed
            return False
        assert allowed
        assert change.event is None or change.event.sequence == before.sequence + 1
        self.subject = change.state
        return True

    def ends(self, by: Actor, allowed: bool, decision: Callable[[], Change[Application]]) -> None:
        before = self.subject.status
        if self.attempt(allowed, decision):
            self.ended = (before, by, self.now)

    def is_one_of(self, *statuses: str) -> bool:
        return self.subject.status in statuses

    @property
    def announced(self) -> bool:
        return self.now >= AT + 3 * DAY

    @rule(hours=st.integers(0, 40))
    def wait(self, hours: int) -> None:
        self.now += timedelta(hours=hours)

    @rule(by=ADMINISTRATOR)
    def accept(self, by: Actor) -> None:
        said = {"attendance": Attendance.FULL_TIME, "term": TERM, "valid": VALID}
        self.attempt(
            by is ADA and self.is_one_of("pending", "waitlisted"),
            lambda: domain.accept(self.subject, project(), **said, by=by, at=self.now),  # type: ignore[arg-type]
        )

    @rule(by=ADMINISTRATOR, attendance=st.sampled_from([None, Attendance.PART_TIME]))
    def waitlist(self, by: Actor, attendance: Attendance | None) -> None:
        self.attempt(
            by is ADA and self.is_one_of("pending"),
            lambda: waiting.waitlist(self.subject, project(), attendance=attendance, rank=1, by=by, at=self.now),
        )

    @rule()
    def offer_place(self) -> None:
        by = system("applications")
        self.attempt(
            self.is_one_of("waitlisted") and self.subject.waits_for is not None,
            lambda: waiting.offer_place(self.subject, term=TERM, valid=VALID, by=by, at=self.now),
        )

    @rule(by=ADMINISTRATOR)
    def reconsider(self, by: Actor) -> None:
        self.attempt(
            by is ADA and self.is_one_of("waitlisted"),
            lambda: waiting.reconsider(self.subject, project(), by=by, at=self.now),
        )

    @rule(by=ADMINISTRATOR)
    def decline(self, by: Actor) -> None:
        said = {"reason_code": "not_selected", "message": ""}
        self.ends(
            by,
            by is ADA and self.is_one_of("pending", "waitlisted", "accepted"),
            lambda: domain.decline(self.subject, project(), **said, by=by, at=self.now),
        )

    @rule(by=MENTEE, reason=st.sampled_from(["", "Moved."]))
    def withdraw(self, by: Actor, reason: str) -> None:
        unknowing = self.is_one_of("declined") and not self.announced
        own = by is MIRA and (unknowing or self.is_one_of("pending", "waitlisted", "accepted", "active"))
        self.ends(
            by,
            own or (by is ADA and self.is_one_of("active") and bool(reason)),
            lambda: domain.withdraw(self.subject, project(), term=TERM, reason=reason, by=by, at=self.now),
        )

    @rule(by=MENTEE)
    def confirm(self, by: Actor) -> None:
        until = self.subject.offer_expires_at
        signed = {"agreement_version": "1", "signature": "Mira", "agreements": AGREEMENTS, "funding": RESERVED}
        self.attempt(
            by is MIRA and self.is_one_of("accepted") and self.announced and until is not None and self.now < until,
            lambda: confirmation.confirm(self.subject, project(), term=TERM, **signed, by=by, at=self.now),  # type: ignore[arg-type]
        )

    @rule()
    def expire(self) -> None:
        until = self.subject.offer_expires_at
        by = system("applications")
        self.ends(by, until is not None and self.now >= until, lambda: domain.expire(self.subject, by=by, at=self.now))

    @rule(by=MENTEE | ADMINISTRATOR)
    def undo(self, by: Actor) -> None:
        ended, allowed = self.ended, False
        if ended and self.is_one_of("withdrawn", "declined"):
            was, who, since = ended
            offered = self.subject.accepted_at and domain.offered_until(TERM, VALID, self.subject.accepted_at)
            in_time = was != "accepted" or (offered is not None and self.now < offered)
            allowed = by is who and self.now < since + DAY and in_time  # type: ignore[operator]
        said = {"term": TERM, "limits": LIMITS, "valid": VALID, "place_free": True, "verdict": EligibilityVerdict()}
        self.attempt(
            allowed,
            lambda: reinstatement.undo(self.subject, project(), **said, by=by, at=self.now),  # type: ignore[arg-type]
        )
        if allowed and ended:
            assert self.subject.status == ended[0]
            self.ended = None

    @invariant()
    def an_offer_has_an_end_and_nothing_else_has(self) -> None:
        assert (self.subject.offer_expires_at is not None) is self.is_one_of("accepted")

    @invariant()
    def nothing_is_told_before_the_announcement(self) -> None:
        told = as_told(self.subject, TERM, self.now)
        assert self.announced or told.status not in HELD_BACK
        assert self.announced or (told.attendance, told.reason_code) == (None, None)
        assert self.subject.status is not ApplicationStatus.ACTIVE or self.announced

    @invariant()
    def every_step_is_kept(self) -> None:
        assert self.subject.history[-1].status == self.subject.status


TestDeciding = Deciding.TestCase
TestDeciding.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
