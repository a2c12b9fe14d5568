"""A route for each decision about applications."""

from collections.abc import Sequence
from typing import Annotated, Final, Self

from fastapi import Query
from pydantic import Field

from contracts.applications import ApplicationStatus, Attendance
from contracts.ids import AccountId, ApplicationId, ProjectId, TermId
from contracts.money import Country
from contracts.time import Instant
from services.applications.dependencies import ApplicationPath, Data, TermReference
from services.applications.domain.application import LAST, Application
from services.applications.domain.known import Person
from services.applications.domain.verdict import EligibilityVerdict
from services.applications.domain.wish import MOST_ANSWERS, Wish
from services.applications.store.decisions import Declined
from services.applications.store.likenesses import Likeness
from services.chassis.domain import Actor
from services.chassis.http import Body, By, NewId, Now, View, router
from services.chassis.paging import Page, Paging
from services.chassis.said import Whole
from services.chassis.text import Line, Prose

routes: Final = router("/v1/applications", "applications")

ReasonCode = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,49}$", examples=["not_selected"])]


class ApplyToTerm(Body):
    term_id: TermReference
    statement: Prose
    answers: Annotated[dict[Line, Prose], Field(max_length=MOST_ANSWERS, default_factory=dict)]
    """By the id of the project's question; every one is answered."""
    availability: Prose = ""
    ai_use: Prose = ""
    """What AI was used for; demanded where the project has a policy on it."""

    def wish(self) -> Wish:
        return Wish.model_validate(self.model_dump(exclude={"term_id"}))


class AcceptApplication(Body):
    attendance: Attendance


class DeclineApplication(Body):
    reason_code: ReasonCode
    message: Prose = ""


class DeclinePending(DeclineApplication):
    """Of a term; the reason is that there are others unless said."""

    term_id: TermReference
    reason_code: ReasonCode = "not_selected"


class WaitlistApplication(Body):
    attendance: Attendance | None = None
    """With it, the applicant is accepted by itself when it is their turn and a place is free."""
    rank: Annotated[Whole, Field(ge=1, le=LAST)] = LAST
    """The lowest is next; of one rank, who waits longest."""


class ConfirmApplication(Body):
    agreement_version: Line
    signature: Line


class WithdrawApplication(Body):
    """The reason is left to the mentee, and asked of an administrator."""

    reason: Prose = ""


class ExtendApplication(Body):
    weeks: Annotated[Whole, Field(ge=1, le=5)]


class FailApplication(Body):
    """The reason may be left out after an unsatisfactory evaluation."""

    reason: Prose = ""


class ReasonView(View):
    code: str
    text: str


class EligibilityView(View):
    eligible: bool
    reasons: Sequence[ReasonView]
    policy_version: str


class DeclinedView(View):
    declined: int
    left: int
    """Pending ones still there: call again, unless only those are left that are for others to decide."""


class AnswerView(View):
    question_id: str
    question: str
    text: str


class LikenessView(View):
    application_id: ApplicationId
    resemblance: float


class AgreementView(View):
    version: str
    signature: str
    at: Instant


class ApplicationView(View):
    id: ApplicationId
    project_id: ProjectId
    term_id: TermId
    mentee_id: AccountId
    status: ApplicationStatus
    country: Country
    statement: str
    answers: Sequence[AnswerView]
    availability: str
    ai_use: str
    applied_at: Instant
    open_prerequisites: int
    prerequisites_completed_at: Instant | None
    open_milestones: int
    attendance: Attendance | None
    accepted_at: Instant | None
    offer_expires_at: Instant | None
    agreement: AgreementView | None
    extended_weeks: int
    reason_code: str | None
    message: str
    what_next: str
    version: int


class WaitingView(View):
    """For the project's people."""

    waits_for: Attendance | None
    rank: int


class NamedApplicationView(ApplicationView):
    """As it is read: with the mentee's name, where that is known."""

    mentee_name: str | None
    waiting: WaitingView | None
    likenesses: Sequence[LikenessView]
    """Applications of others to the project with much of the same text; shown to reviewers and no more than a hint."""

    @classmethod
    def of(
        cls, application: Application, people: Sequence[Person], likenesses: Sequence[Likeness], *, reader: Actor
    ) -> Self:
        names = {person.id: person.name for person in people}
        waits = application.status is ApplicationStatus.WAITLISTED and reader.id != application.mentee_id
        more = {
            "mentee_name": names.get(application.mentee_id),
            "waiting": WaitingView.model_validate(application) if waits else None,
            "likenesses": [LikenessView.model_validate(each) for each in likenesses],
        }
        return cls.model_validate({**dict(application), "what_next": application.what_next, **more})


@routes.get("/eligibility", response_model=EligibilityView)
async def read_eligibility(
    term_id: Annotated[TermReference, Query()], data: Data, by: By, now: Now
) -> EligibilityVerdict:
    return await data.eligibility(term_id, by=by, at=now)


@routes.get("", response_model=Page[NamedApplicationView])
async def list_applications(
    data: Data,
    by: By,
    now: Now,
    paging: Paging,
    term_id: Annotated[Line | None, Query()] = None,
    project_id: Annotated[Line | None, Query()] = None,
    status: Annotated[ApplicationStatus | None, Query()] = None,
    mentee_id: Annotated[Line | None, Query()] = None,
) -> Page[NamedApplicationView]:
    wanted = {"term_id": term_id, "project_id": project_id, "status": status, "mentee_id": mentee_id}
    page = await data.listed_for(by, {name: value for name, value in wanted.items() if value is not None}, paging, now)
    people, alike = await data.people_of(page.items), await data.likenesses_for(by, page.items)
    items = [NamedApplicationView.of(each, people, alike.get(each.id, ()), reader=by) for each in page.items]
    return Page(items=items, next_cursor=page.next_cursor)


@routes.get("/{id}", response_model=NamedApplicationView)
async def read_application(id: ApplicationPath, data: Data, by: By, now: Now) -> NamedApplicationView:
    application = await data.visible_to(by, id, now)
    people, alike = await data.people_of([application]), await data.likenesses_for(by, [application])
    return NamedApplicationView.of(application, people, alike.get(application.id, ()), reader=by)


@routes.post("", response_model=ApplicationView, status_code=201)
async def apply_to_term(command: ApplyToTerm, data: Data, by: By, now: Now, id: NewId) -> Application:
    return await data.apply(id, command.term_id, wish=command.wish(), by=by, at=now)


@routes.post("/decline-pending", response_model=DeclinedView)
async def decline_pending(command: DeclinePending, data: Data, by: By, now: Now) -> Declined:
    return await data.decline_pending(**dict(command), by=by, at=now)


@routes.post("/{id}/accept", response_model=ApplicationView)
async def accept_application(
    id: ApplicationPath, command: AcceptApplication, data: Data, by: By, now: Now
) -> Application:
    return await data.accept(id, attendance=command.attendance, by=by, at=now)


@routes.post("/{id}/waitlist", response_model=ApplicationView)
async def waitlist_application(
    id: ApplicationPath, data: Data, by: By, now: Now, command: WaitlistApplication | None = None
) -> Application:
    said = command or WaitlistApplication()
    return await data.waitlist(id, attendance=said.attendance, rank=said.rank, by=by, at=now)


@routes.put("/{id}/waiting", response_model=ApplicationView)
async def arrange_waiting(id: ApplicationPath, command: WaitlistApplication, data: Data, by: By) -> Application:
    return await data.arrange(id, attendance=command.attendance, rank=command.rank, by=by)


@routes.post("/{id}/reconsider", response_model=ApplicationView)
async def reconsider_application(id: ApplicationPath, data: Data, by: By, now: Now) -> Application:
    return await data.reconsider(id, by=by, at=now)


@routes.post("/{id}/undo", response_model=ApplicationView)
async def undo_application(id: ApplicationPath, data: Data, by: By, now: Now) -> Application:
    return await data.undo(id, by=by, at=now)


@routes.post("/{id}/decline", response_model=ApplicationView)
async def decline_application(
    id: ApplicationPath, command: DeclineApplication, data: Data, by: By, now: Now
) -> Application:
    return await data.decline(id, **dict(command), by=by, at=now)


@routes.post("/{id}/withdraw", response_model=ApplicationView)
async def withdraw_application(
    id: ApplicationPath, data: Data, by: By, now: Now, command: WithdrawApplication | None = None
) -> Application:
    reason = command.reason if command else ""
    return await data.withdraw(id, reason=reason, by=by, at=now)


@routes.post("/{id}/confirm", response_model=ApplicationView)
async def confirm_application(
    id: ApplicationPath, command: ConfirmApplication, data: Data, by: By, now: Now
) -> Application:
    return await data.confirm(
        id, agreement_version=command.agreement_version, signature=command.signature, by=by, at=now
    )


@routes.post("/{id}/extend", response_model=ApplicationView)
async def extend_application(
    id: ApplicationPath, command: ExtendApplication, data: Data, by: By, now: Now
) -> Application:
    return await data.extend(id, weeks=command.weeks, by=by, at=now)


@routes.post("/{id}/graduate", response_model=ApplicationView)
async def graduate_application(id: ApplicationPath, data: Data, by: By, now: Now) -> Application:
    return await data.graduate(id, by=by, at=now)


@routes.post("/{id}/fail", response_model=ApplicationView)
async def fail_application(id: ApplicationPath, command: FailApplication, data: Data, by: By, now: Now) -> Application:
    return await data.fail(id, reason=command.reason, by=by, at=now)
