"""The people of a project: who joins, who leaves.

invited → active → left | removed
"""

from datetime import datetime

from contracts.ids import AccountId
from contracts.projects import AdministratorJoined, AdministratorLeft, MemberRole, MentorJoined, MentorLeft
from services.chassis.domain import Actor, Change, Conflict, NotFound
from services.projects.domain.project import Project, ProjectUnknown


class MenteeOfProject(Conflict):
    """Nobody is a member and a mentee of the same project."""


class LastAdministrator(Conflict):
    """A project always has an administrator."""


class MemberUnknown(NotFound):
    """This person is neither mentor nor administrator of the project."""


def welcome(
    project: Project, account: AccountId, role: MemberRole, *, applying: bool, by: Actor, at: datetime
) -> Change[Project]:
    """Make somebody a mentor or an administrator; who is one already stays one."""
    project.must_not_be_archived()
    if applying:
        raise MenteeOfProject("You applied to this project. Withdraw the application first, then answer again.")
    if role is MemberRole.MENTOR:
        return _welcome_mentor(project, account, by, at)
    return _welcome_administrator(project, account, by, at)


def part(project: Project, account: AccountId, *, by: Actor, at: datetime) -> Change[Project]:
    """Let somebody leave or, asked by an administrator, remove them: from whatever they are in the project."""
    if account != by.id:
        project.must_be_administered_by(by)
    elif not project.is_seen_by(by):
        raise ProjectUnknown(f"There is no project {project.id!r}.")
    if account not in {*project.administrators, *project.mentors}:
        raise MemberUnknown(f"{account!r} is neither mentor nor administrator of this project.")
    if project.administrators == (account,):
        raise LastAdministrator("This is the last administrator of the project. Invite another one first.")
    after = project.evolve(
        administrators=tuple(other for other in project.administrators if other != account),
        mentors=tuple(other for other in project.mentors if other != account),
    )
    if account in project.administrators:
        return after.tell(AdministratorLeft, by=by, at=at, administrator_id=account)
    return after.tell(MentorLeft, by=by, at=at, mentor_id=account)


def _welcome_mentor(project: Project, account: AccountId, by: Actor, at: datetime) -> Change[Project]:
    if account in project.mentors:
        return Change(project)
    joined = project.evolve(mentors=(*project.mentors, account))
    return joined.tell(MentorJoined, by=by, at=at, mentor_id=account)


def _welcome_administrator(project: Project, account: AccountId, by: Actor, at: datetime) -> Change[Project]:
    if account in project.administrators:
        return Change(project)
    joined = project.evolve(administrators=(*project.administrators, account))
    return joined.tell(AdministratorJoined, by=by, at=at, administrator_id=account)
