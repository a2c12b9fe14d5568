"""The people of a project: who joins, who leaves.

invited → active → left | removed
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from contracts.ids import AccountId
from contracts.projects import AdministratorJoined, AdministratorLeft, MemberRole, MentorJoined, MentorLeft
from services.chassis.domain import Actor, Change, Conflict, NotFound, RuleBroken
from services.projects.domain.project import Project, ProjectUnknown

FIELDS: Final[Mapping[MemberRole, str]] = {MemberRole.MENTOR: "mentors", MemberRole.ADMINISTRATOR: "administrators"}


class MenteeOfProject(Conflict):
    """Nobody is a member and a mentee of the same project."""


class AlreadyMember(Conflict):
    """The person is in the project what they are asked, or ask, to become."""


class LastAdministrator(Conflict):
    """A project always has an administrator."""


class EvaluationsOpen(Conflict):
    """The last mentor goes while mentees wait to be evaluated, and nobody was named who takes over."""


class NoReplacement(RuleBroken):
    """Who was named to take over cannot."""


class MemberUnknown(NotFound):
    """This person is neither mentor nor administrator of the project."""


def must_not_be_a_mentee(*, applying: bool) -> None:
    if applying:
        raise MenteeOfProject(
            "Whoever has applied to this project cannot belong to its people. The application must be withdrawn first."
        )


def welcome(
    project: Project, account: AccountId, role: MemberRole, *, applying: bool, by: Actor, at: datetime
) -> Change[Project]:
    """Make somebody a mentor or an administrator; who is one already stays one."""
    project.must_not_be_archived()
    must_not_be_a_mentee(applying=applying)
    field = FIELDS[role]
    before: tuple[AccountId, ...] = getattr(project, field)
    if account in before:
        return Change(project)
    joined = project.evolve(**{field: (*before, account)})
    if role is MemberRole.MENTOR:
        return joined.tell(MentorJoined, by=by, at=at, mentor_id=account)
    return joined.tell(AdministratorJoined, by=by, at=at, administrator_id=account)


def part(
    project: Project,
    account: AccountId,
    *,
    replaced_by: AccountId | None = None,
    open_evaluations: int = 0,
    by: Actor,
    at: datetime,
) -> Change[Project]:
    """Let somebody leave or, asked by an administrator, remove them: from whatever they are in the project.

    All mentors of a project answer for its mentees together, so those who stay take over; a last mentor names somebody.
    """
    _must_be_about_oneself_or_by_an_administrator(project, account, by)
    project.must_not_be_archived()
    if account not in project.people:
        raise MemberUnknown(f"{account!r} is neither mentor nor administrator of this project.")
    if project.administrators == (account,):
        raise LastAdministrator("This is the last administrator of the project. Invite another one first.")
    after = project.evolve(
        administrators=tuple(other for other in project.administrators if other != account),
        mentors=_mentors_without(project, account, replaced_by, open_evaluations),
    )
    if account in project.administrators:
        return after.tell(AdministratorLeft, by=by, at=at, administrator_id=account, replaced_by=replaced_by)
    return after.tell(MentorLeft, by=by, at=at, mentor_id=account, replaced_by=replaced_by)


def _must_be_about_oneself_or_by_an_administrator(project: Project, account: AccountId, by: Actor) -> None:
    if account != by.id:
        project.must_be_administered_by(by)
    elif not project.is_seen_by(by):
        raise ProjectUnknown(f"There is no project {project.id!r}.")


def _mentors_without(
    project: Project, account: AccountId, replaced_by: AccountId | None, open_evaluations: int
) -> tuple[AccountId, ...]:
    if replaced_by is not None:
        _must_be_able_to_replace(project, account, replaced_by)
    stay = tuple(other for other in project.mentors if other != account)
    if replaced_by is not None and replaced_by not in stay:
        stay = (*stay, replaced_by)
    if account in project.mentors and not stay and open_evaluations:
        raise EvaluationsOpen(
            f"This is the last mentor, and {open_evaluations} evaluations are open. Say with replaced_by which"
            " administrator mentors from now on, or invite another mentor first."
        )
    return stay


def _must_be_able_to_replace(project: Project, account: AccountId, replacement: AccountId) -> None:
    if account not in project.mentors:
        raise NoReplacement(f"{account!r} does not mentor in this project, so there is nothing to take over.")
    if replacement == account or replacement not in project.people:
        raise NoReplacement(f"{replacement!r} cannot take over: name another member of this project.")
