"""A project's whole money in memory, moved by the domain's decisions alone, as the store moves them."""

from dataclasses import dataclass, field

from contracts.applications import ApplicationEvent, EvaluationEvent, EvaluationRecorded
from contracts.ids import ProjectId
from contracts.money import Money
from services.stipends.domain import claim
from services.stipends.domain import payment as payments
from services.stipends.domain import stipend as stipends
from services.stipends.domain.facts import Hear, follow, hear_application, hear_due, hear_evaluation
from services.stipends.domain.ledger import NOTHING, Account, Budget, Posting, book, deposit
from services.stipends.domain.payment import Payment, Report
from services.stipends.domain.policy import StipendPolicy, offer
from services.stipends.domain.stipend import Means, Stipend
from tests.unit.stipends.examples import ADA, AT, FAY, MIRA, POLICY, SCHEDULES, SYSTEM, blank, payee, project

PROJECT = ProjectId("p-1")


@dataclass
class World:
    policy: StipendPolicy = POLICY
    budget: Budget = field(default_factory=lambda: Budget(id=PROJECT))
    postings: dict[str, Posting] = field(default_factory=dict)
    stipends: dict[str, Stipend] = field(default_factory=dict)
    payments: dict[str, Payment] = field(default_factory=dict)

    def hear(self, event: ApplicationEvent | EvaluationEvent) -> None:
        if isinstance(event, ApplicationEvent):
            return self._hear(event.id, hear_application(event))
        self._hear(event.application_id, hear_due(event))
        if isinstance(event, EvaluationRecorded):
            self._hear(event.application_id, hear_evaluation(event))
        return None

    def _hear(self, id: str, hear: Hear) -> None:
        before = self.stipends.get(id) or blank(id)
        heard = hear(before)
        if heard != before:
            self._settled(before, follow(before, hear, self._means(heard), by=SYSTEM, at=AT).state)
            self._serve()

    def _settled(self, before: Stipend, after: Stipend) -> None:
        if before.reserved < after.reserved:
            waiting = [(one.accepted_at, one.id) for one in self.stipends.values() if one.status == "awaiting_funds"]
            assert all((after.accepted_at, after.id) <= one for one in waiting), "served before its turn"
        self._book(stipends.posting(before.reserved, after, by=SYSTEM, at=AT))
        for number in after.earned:
            after = stipends.earn(after, number, by=SYSTEM, at=AT).state
        self.stipends[after.id] = after

    def _means(self, stipend: Stipend) -> Means:
        country = stipend.mentorship.country if stipend.mentorship else ""
        free = self.budget.available if stipend.goes_before(self.first) else NOTHING
        return Means(offer=offer(self.policy, SCHEDULES, country, AT.date()), free=free)

    @property
    def first(self) -> Stipend | None:
        waiting = [one for one in self.stipends.values() if one.status == "awaiting_funds"]
        return min(waiting, key=lambda one: (one.accepted_at, one.id), default=None)

    def _serve(self) -> None:
        while first := self.first:
            means = self._means(first)
            if means.free < first.missing:
                return
            self._settled(first, stipends.settle(first, means, by=SYSTEM, at=AT).state)

    def _book(self, posting: Posting | None) -> None:
        if posting is not None:
            assert posting.id not in self.postings, f"{posting.id} is booked twice"
            self.postings[posting.id] = posting
            self.budget = book(self.budget, posting).state

    def deposit(self, amount: Money) -> None:
        self._book(deposit(f"deposit-{len(self.postings)}", PROJECT, amount, reference="r", by=FAY, at=AT))
        self._serve()

    def request(self, id: str, number: int) -> None:
        self.stipends[id] = claim.request(self.stipends[id], number, payee=payee(), by=MIRA, at=AT).state

    def decline(self, id: str, number: int) -> None:
        self.stipends[id] = claim.decline(self.stipends[id], number, "No.", project=project(), by=ADA, at=AT).state

    def hold(self, id: str, number: int) -> None:
        held = claim.hold(self.stipends[id], number, "Why?", by=FAY, at=AT).state
        part = held.installment(number)
        if part.held_from == "approved":
            reference = payments.reference(held.id, part)
            self.payments[reference] = payments.hold_back(self.payments[reference]).state
        self.stipends[id] = held

    def release(self, id: str, number: int) -> None:
        released = claim.release(self.stipends[id], number, by=FAY, at=AT).state
        part = released.installment(number)
        if part.status == "approved":
            reference = payments.reference(released.id, part)
            self.payments[reference] = payments.let_go(self.payments[reference], at=AT).state
        self.stipends[id] = released

    def approve(self, id: str, number: int) -> None:
        approved = claim.approve(self.stipends[id], number, project=project(), payee=payee(), by=ADA, at=AT).state
        self._order(approved, number)

    def preapprove(self, id: str, number: int) -> None:
        once = claim.approve(self.stipends[id], number, project=project(), payee=payee(), limit=NOTHING, by=ADA, at=AT)
        self.stipends[id] = once.state

    def second(self, id: str, number: int) -> None:
        approved = claim.second(self.stipends[id], number, project=project(), payee=payee(), by=FAY, at=AT).state
        self._order(approved, number)

    def _order(self, stipend: Stipend, number: int) -> None:
        ordered = payments.order(stipend, number, payee(), by=ADA, at=AT).state
        assert ordered.id not in self.payments, f"{ordered.id} is ordered twice"
        self.payments[ordered.id], self.stipends[stipend.id] = ordered, stipend

    def retry(self, id: str) -> None:
        behind = payments.give_up(self.payments[id]).state
        again = payments.retry(self.stipends[behind.stipend_id], behind).state
        self.payments[id] = behind
        self._order(again, behind.number)

    def send(self, id: str) -> None:
        """Ask the provider, as the cashier does before anything can be heard."""
        self.payments[id] = payments.send(self.payments[id]).state

    def note(self, report: Report) -> None:
        before = self.payments[report.reference]
        for status in before.walk(report):
            after = payments.advance(before, status, report, at=AT).state
            booked = payments.posting(before, after, by=SYSTEM, at=AT)
            kept = payments.keep_up(self.stipends[after.stipend_id], after, booked, by=SYSTEM, at=AT).state
            self._book(booked)
            self.payments[after.id], self.stipends[kept.id] = after, kept
            before = after

    def must_be_sound(self) -> None:
        """Assert everything that holds about money at any moment."""
        booked = self.postings.values()
        assert self.budget.sum == NOTHING
        assert self.budget.balances == {one: sum((p.on(one) for p in booked), NOTHING) for one in Account}
        assert self.budget.reserved == sum((one.reserved for one in self.stipends.values()), NOTHING)
        assert self.budget.in_transit == self._amount_of("paying")
        assert self.budget.paid == self._amount_of("paid")
        assert self.first is None or self.budget.available < self.first.missing, "the first in line could be served"
        for stipend in self.stipends.values():
            assert stipend.missing == NOTHING or stipend.status == "awaiting_funds"
            if stipend.amount:
                assert sum((part.amount for part in stipend.installments), NOTHING) == stipend.amount

    def _amount_of(self, status: str) -> Money:
        parts = (part for stipend in self.stipends.values() for part in stipend.installments)
        return sum((part.amount for part in parts if part.status == status), NOTHING)
