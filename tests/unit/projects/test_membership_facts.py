"""Whatever people do, the last word told about a project says who may do what in it."""

from datetime import timedelta
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, rule

from contracts.catalog import EVENTS
from contracts.ids import AccountId, ActorId, MentorRequestId
from contracts.projects import MemberRole, ProjectEvent, ProjectStatus
from services.chassis.domain import Actor, Change, Refusal
from services.projects.domain import invitation as invitations
from services.projects.domain import members
from services.projects.domain import project as projects
from services.projects.domain import request as requests
from services.projects.domain.invitation import MentorInvitation
from services.projects.domain.project import Project
from services.projects.domain.request import MentorRequest
from tests.unit.projects.test_project import AT

PEOPLE = ("ada", "bo", "cy", "di", "eve")
somebody = st.sampled_from(PEOPLE)


def actor(name: str) -> Actor:
    return Actor(ActorId(name))


def account(name: str) -> AccountId:
    return AccountId(ActorId(name))


def test_every_event_of_a_project_tells_all_its_people():
    told = [event for event in EVENTS.values() if issubclass(event, ProjectEvent)]
    assert len(told) >= 12
    for event in told:
        required = event.model_json_schema()["required"]
        assert {"administrators", "mentors", "status"} <= set(required), event


class Membership(RuleBasedStateMachine):
    """A model that keeps who should be in, beside the decisions and the events they tell."""

    invited: Any = Bundle("invited")
    asking: Any = Bundle("asking")

    @initialize()
    def begin(self) -> None:
        fields: Any = {"description": "Learn.", "repository_url": "https://example.org/k", "skills": ("C",)}
        change = projects.draft("p-1", name="Kernel", slug="kernel", by=actor("ada"), at=AT, **fields)
        self.project: Project = change.state.model_copy(update={"status": ProjectStatus.PUBLISHED})
        self.told: list[Any] = [change.event]
        self.should = {MemberRole.ADMINISTRATOR: {"ada"}, MemberRole.MENTOR: set[str]()}
        self.last: dict[str, MentorRequest] = {}

    def _takes(self, change: Change[Project]) -> None:
        self.project = change.state
        if change.event is not None:
            self.told.append(change.event)

    @rule(target=invited, by=somebody, whom=somebody, role=st.sampled_from(MemberRole))
    def invite(self, by: str, whom: str, role: MemberRole) -> tuple[str, MentorInvitation] | None:
        email = f"{whom}@example.org"
        try:
            change = invitations.invite(
                "i", self.project, email=email, token_hash="x", role=role, known_as=[account(whom)], by=actor(by), at=AT
            )
        except Refusal:
            assert by not in self.should[MemberRole.ADMINISTRATOR] or whom in self.should[role]
            return None
        return whom, change.state

    @rule(one=consumes(invited), applying=st.booleans())
    def accept(self, one: tuple[str, MentorInvitation] | None, applying: bool) -> None:
        if one is None:
            return
        whom, invitation = one
        answered = invitations.accept(invitation, addresses=[f"{whom}@example.org"], by=actor(whom), at=AT).state
        self._join(whom, answered.role, applying, whom)

    @rule(target=asking, who=somebody, applying=st.booleans())
    def ask(self, who: str, applying: bool) -> MentorRequest | None:
        fields = {"id": MentorRequestId("r"), "project_id": self.project.id, "asked_at": AT}
        wanted = MentorRequest(account_id=account(who), **fields)
        try:
            change = requests.ask(
                wanted,
                self.project,
                self.last.get(who),
                complete=True,
                applying=applying,
                past=False,
                by=actor(who),
                at=AT + timedelta(days=len(self.told)),
            )
        except Refusal:
            assert applying or who in self.last or who in self.should[MemberRole.MENTOR]
            return None
        self.last[who] = change.state
        return change.state

    @rule(request=consumes(asking), by=somebody, applying=st.booleans(), yes=st.booleans())
    def answer(self, request: MentorRequest | None, by: str, applying: bool, yes: bool) -> None:
        if request is None:
            return
        decide: Any = requests.approve if yes else requests.decline
        try:
            change = decide(request, self.project, by=actor(by), at=AT)
        except Refusal:
            assert by not in self.should[MemberRole.ADMINISTRATOR]
            return
        self.last[request.account_id] = change.state
        if yes:
            self._join(request.account_id, MemberRole.MENTOR, applying, by)

    def _join(self, whom: str, role: MemberRole, applying: bool, by: str) -> None:
        try:
            change = members.welcome(self.project, account(whom), role, applying=applying, by=actor(by), at=AT)
        except Refusal:
            assert applying
            return
        assert not applying
        self._takes(change)
        self.should[role].add(whom)

    @rule(by=somebody, whom=somebody, replacement=st.none() | somebody, open_evaluations=st.integers(0, 2))
    def part(self, by: str, whom: str, replacement: str | None, open_evaluations: int) -> None:
        named = account(replacement) if replacement else None
        try:
            change = members.part(
                self.project,
                account(whom),
                replaced_by=named,
                open_evaluations=open_evaluations,
                by=actor(by),
                at=AT,
            )
        except Refusal:
            return
        assert by == whom or by in self.should[MemberRole.ADMINISTRATOR]
        for people in self.should.values():
            people.discard(whom)
        if replacement:
            self.should[MemberRole.MENTOR].add(replacement)
        self._takes(change)
        assert self.should[MemberRole.MENTOR] or not open_evaluations or whom not in (self.told[-2].mentors)

    @invariant()
    def the_last_word_is_the_truth(self) -> None:
        last = self.told[-1]
        assert set(last.administrators) == set(self.project.administrators) == self.should[MemberRole.ADMINISTRATOR]
        assert set(last.mentors) == set(self.project.mentors) == self.should[MemberRole.MENTOR]

    @invariant()
    def there_is_always_an_administrator_and_nobody_is_named_twice(self) -> None:
        assert self.project.administrators
        for people in (self.project.administrators, self.project.mentors):
            assert len(people) == len(set(people))

    @invariant()
    def the_words_are_counted_without_gaps(self) -> None:
        assert [event.sequence for event in self.told] == list(range(1, len(self.told) + 1))


TestMembership = Membership.TestCase
TestMembership.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
