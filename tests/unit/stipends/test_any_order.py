"""Whatever the order and however often: the same facts end in the same state, and no cent is lost or doubled."""

from contextlib import suppress
from itertools import product
from typing import Any, Final

from hypothesis import given, settings
from hypothesis import strategies as some
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from contracts.applications import (
    ApplicationAccepted,
    ApplicationConfirmed,
    ApplicationEvent,
    ApplicationGraduated,
    ApplicationSubmitted,
    ApplicationWithdrawn,
    EvaluationEvent,
    PrerequisitesCompleted,
)
from contracts.money import Money
from services.chassis.domain import Conflict
from services.stipends.domain.payment import Report
from services.stipends.domain.policy import StipendPolicy
from tests.unit.stipends.examples import AT, DAY, POLICY, PRO_RATA, accepted, dollars, evaluated, said, scheduled
from tests.unit.stipends.world import World

Fact = ApplicationEvent | EvaluationEvent
VERBS: Final = (
    "request",
    "approve",
    "request decline",
    "request approve",
    "request decline request approve",
    "hold",
    "release",
    "request approve hold",
    "request preapprove second",
    "hold release request",
)
AMOUNTS: Final = some.sampled_from([300_000, 540_000, 1_000_000]) | some.integers(1, 1_000_000)


@some.composite
def histories(draw: some.DrawFn, id: str = "a-1") -> list[Fact]:
    """What applications could tell of one application, in the order in which it happened."""
    picture: dict[str, Any] = {"id": id, "country": draw(some.sampled_from(["US", "US", "IN", "IN", "IN", "CU"]))}
    facts: list[Fact] = [said(ApplicationSubmitted, 1, **picture)]
    halves = [PrerequisitesCompleted, ApplicationAccepted]
    for day, half in enumerate(draw(some.permutations(halves)), 2):
        if half is ApplicationAccepted:
            accepted_at = AT + draw(some.integers(0, 9)) * DAY
            picture |= {"status": "accepted", "attendance": "full_time", "accepted_at": accepted_at}
        else:
            picture |= {"prerequisites_completed_at": AT + day * DAY}
        facts.append(said(half, len(facts) + 1, **picture))
    facts.append(said(ApplicationConfirmed, 4, **picture | {"status": "active"}))
    facts.append(scheduled(application=id))
    facts += [evaluated(milestone, day=10 + day, application=id) for day, milestone in enumerate(("midterm", "final"))]
    if draw(some.booleans()):
        facts = facts[: draw(some.integers(1, len(facts)))]
        left = AT + draw(some.integers(13, 100)) * DAY
        facts.append(said(ApplicationWithdrawn, 5, **picture_of(facts, status="withdrawn", at=left)))
        if draw(some.booleans()):
            facts.append(said(ApplicationConfirmed, 6, **picture_of(facts[:-1], at=left + DAY)))  # the exit is undone
    elif draw(some.booleans()):
        facts.append(said(ApplicationGraduated, 5, **picture_of(facts, status="graduated", at=AT + 95 * DAY)))
    return facts


def picture_of(facts: list[Fact], **changes: Any) -> dict[str, Any]:
    last = [fact for fact in facts if isinstance(fact, ApplicationEvent)][-1]
    return last.model_dump(exclude={"type", "sequence", "at", "by"}) | changes


def outcome(world: World) -> dict[str, Any]:
    """What must not hang on the order: everything but the counts and the dates of the steps."""
    counts = {"version", "sequence", "pos"}
    balances = world.budget.model_dump(exclude={*counts, "head"})
    return {
        "balances": balances,
        **{
            id: stipend.model_dump(exclude={*counts, "installments"})
            | {"installments": [(part.number, part.amount, part.status) for part in stipend.installments]}
            for id, stipend in world.stipends.items()
        },
    }


def lived(facts: list[Fact], deposit_before: int, policy: StipendPolicy) -> World:
    world = World(policy)
    for place, fact in enumerate(facts):
        if place == deposit_before:
            world.deposit(dollars(20_000))
        world.hear(fact)
        world.must_be_sound()
    if deposit_before >= len(facts):
        world.deposit(dollars(20_000))
    world.must_be_sound()
    return world


@settings(max_examples=300, deadline=None)
@given(some.data())
def test_the_same_facts_end_in_the_same_state_in_any_order_and_however_often(data: some.DataObject):
    happened = data.draw(histories())
    repeated = happened + data.draw(some.lists(some.sampled_from(happened), max_size=4))
    shuffled = data.draw(some.permutations(repeated))
    policy = data.draw(some.sampled_from([POLICY, PRO_RATA]))
    told = lived(shuffled, data.draw(some.integers(0, len(shuffled))), policy)
    assert outcome(told) == outcome(lived(happened, 0, policy))


@settings(max_examples=200, deadline=None)
@given(
    some.lists(
        some.tuples(some.integers(0, 9), some.sampled_from(["US", "IN"]), some.sampled_from([0, 300_000, 450_000])),
        max_size=12,
    )
)
def test_money_goes_to_whoever_was_accepted_first(acceptances: list[tuple[int, str, int]]):
    world = World()
    for number, (day, country, minor) in enumerate(acceptances):
        world.hear(accepted(id=f"a-{number}", country=country, accepted_at=AT + day * DAY))
        if minor:
            world.deposit(Money(amount_minor=minor))
        world.must_be_sound()
    first = world.first
    assert first is None or world.budget.available < first.missing


class Lives(RuleBasedStateMachine):
    """Several mentees, little money, everybody acting whenever they like."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World()
        self.facts: list[Fact] = []
        self.paid: set[tuple[str, int]] = set()

    @initialize(
        told=some.tuples(*(histories(id=f"a-{number}") for number in range(4))),
        policy=some.sampled_from([POLICY, PRO_RATA]),
    )
    def things_happen(self, told: tuple[list[Fact], ...], policy: StipendPolicy) -> None:
        self.world.policy = policy
        self.facts = [fact for history in told for fact in history]

    @rule(data=some.data())
    def some_of_them_are_heard(self, data: some.DataObject) -> None:
        for fact in data.draw(some.lists(some.sampled_from(self.facts), min_size=3, max_size=12)):
            self.world.hear(fact)

    @rule(minor=AMOUNTS)
    def money_arrives(self, minor: int) -> None:
        self.world.deposit(Money(amount_minor=minor))

    @rule(verbs=some.sampled_from(VERBS))
    def everybody_acts(self, verbs: str) -> None:
        installments = [(one.id, part.number) for one in self.world.stipends.values() for part in one.installments]
        for (id, number), verb in product(installments, verbs.split()):
            with suppress(Conflict):
                getattr(self.world, verb)(id, number)

    @precondition(lambda self: self.world.payments)
    @rule(data=some.data(), status=some.sampled_from(["processing", "paid", "failed", "refused", "returned"]))
    def the_provider_speaks(self, data: some.DataObject, status: Any) -> None:
        reference = data.draw(some.sampled_from(sorted(self.world.payments)))
        before = self.world.payments[reference].status
        with suppress(Conflict):
            self.world.send(reference)
        if not self.world.payments[reference].sending:
            return  # it was never asked
        with suppress(Conflict):
            self.world.note(Report(reference=reference, status=status))
        after = self.world.payments[reference]
        if after.status == "returned":
            self.paid.discard((after.stipend_id, after.number))
        if after.status == "paid" != before:
            assert (after.stipend_id, after.number) not in self.paid, "paid twice"
            self.paid.add((after.stipend_id, after.number))

    @precondition(lambda self: self.world.payments)
    @rule(data=some.data())
    def finance_retries(self, data: some.DataObject) -> None:
        with suppress(Conflict):
            self.world.retry(data.draw(some.sampled_from(sorted(self.world.payments))))

    @invariant()
    def every_cent_is_where_it_should_be(self) -> None:
        self.world.must_be_sound()


Lives.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestLives = Lives.TestCase
