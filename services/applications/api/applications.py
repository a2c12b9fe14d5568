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
from services.applications.domain import application as domain
from services.applications.domain import mentorship
from services.applications.domain.application import Application
from services.applications.domain.known import Person
from services.applications.domain.verdict import EligibilityVerdict
from services.chassis.http import Body, By, Composite, NewId, Now, View, router
from services.chassis.paging import Page, Paging
from services.chassis.text import Line, Prose

routes: Final = router("/v1/applications", "applications")

ReasonCode = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,49}$", examples=["not_selected"])]


class ApplyToTerm(Body):
    term_id: TermReference
    statement: Prose
    availability: Prose = ""
    ai_use: Prose = ""


class AcceptApplication(Body):
    attendance: Attendance


class DeclineApplication(Body):
    reason_code: ReasonCode
    message: Prose = ""


class ConfirmApplication(Body):
    agreement_version: Line
    signature: Line


class WithdrawApplication(Body):
    """The reason is left to the mentee, and asked of an administrator."""

    reason: Prose = ""


class ExtendApplication(Body):
    weeks: Annotated[int, Field(ge=1, le=5)]


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
    version: int


class NamedApplicationView(ApplicationView):
    """As it is read: with the mentee's name, where that is known."""

    mentee_name: str | None

    @classmethod
    def of(cls, application: Application, people: Sequence[Person]) -> Self:
        names = {person.id: person.name for person in people}
        return cls.model_validate({**application.model_dump(), "mentee_name": names.get(application.mentee_id)})


@routes.get("/eligibility", response_model=EligibilityView)
async def read_eligibility(
    term_id: Annotated[TermReference, Query()], data: Data, by: By, now: Now
) -> EligibilityVerdict:
    return await data.eligibility(term_id, by=by, at=now)


@routes.get("", response_model=Page[NamedApplicationView])
async def list_applications(
    data: Data,
    by: By,
    paging: Paging,
    term_id: Annotated[Line | None, Query()] = None,
    project_id: Annotated[Line | None, Query()] = None,
    status: Annotated[ApplicationStatus | None, Query()] = None,
    mentee_id: Annotated[Line | None, Query()] = None,
) -> Page[NamedApplicationView]:
    wanted = {"term_id": term_id, "project_id": project_id, "status": status, "mentee_id": mentee_id}
    page = await data.listed_for(by, {name: value for name, value in wanted.items() if value is not None}, paging)
    people = await data.people_of(page.items)
    items = [NamedApplicationView.of(application, people) for application in page.items]
    return Page(items=items, next_cursor=page.next_cursor)


@routes.get("/{id}", response_model=NamedApplicationView, response_class=Composite)
async def read_application(id: ApplicationPath, data: Data, by: By) -> NamedApplicationView:
    application = await data.visible_to(by, id)
    return NamedApplicationView.of(application, await data.people_of([application]))


@routes.post("", response_model=ApplicationView, status_code=201)
async def apply_to_term(command: ApplyToTerm, data: Data, by: By, now: Now, id: NewId) -> Application:
    return await data.apply(id, **command.model_dump(), by=by, at=now)


@routes.post("/{id}/accept", response_model=ApplicationView)
async def accept_application(
    id: ApplicationPath, command: AcceptApplication, data: Data, by: By, now: Now
) -> Application:
    return await data.decide(id, domain.accept, attendance=command.attendance, valid=data.offer_valid, by=by, at=now)


@routes.post("/{id}/waitlist", response_model=ApplicationView)
async def waitlist_application(id: ApplicationPath, data: Data, by: By, now: Now) -> Application:
    return await data.decide(id, domain.waitlist, by=by, at=now)


@routes.post("/{id}/decline", response_model=ApplicationView)
async def decline_application(
    id: ApplicationPath, command: DeclineApplication, data: Data, by: By, now: Now
) -> Application:
    return await data.decide(
        id, domain.decline, reason_code=command.reason_code, message=command.message, by=by, at=now
    )


@routes.post("/{id}/withdraw", response_model=ApplicationView)
async def withdraw_application(
    id: ApplicationPath, data: Data, by: By, now: Now, command: WithdrawApplication | None = None
) -> Application:
    reason = command.reason if command else ""
    return await data.decide(id, domain.withdraw, reason=reason, by=by, at=now)


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
    return await data.conclude(id, mentorship.fail, reason=command.reason, by=by, at=now)
