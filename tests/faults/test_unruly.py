"""Events that come twice, late and in disorder, to consumers that join, leave, die and stand still."""

import asyncio
import signal
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Final

import pytest

from contracts.event import Event
from contracts.stipends import InstallmentEarned, StipendCanceled, StipendReserved
from deploy.local.platform import Platform
from deploy.local.ports import choose, somewhere
from services.chassis.service import Role
from tests.component.stipends.scene import Mentee, Project, Scene, playing
from tests.faults.chance import chance
from tests.faults.replicas import Replicas, replicas
from tests.support.waiting import a_moment, eventually

MENTEES: Final = 16
STIPEND: Final = 5400
"""Dollars that one of them is promised."""
ROUNDS: Final = 6
"""Times that a consumer comes or goes in a storm."""


@pytest.fixture
async def scene(platform: Platform) -> AsyncIterator[Scene]:
    """Stipends as far as it answers; whoever listens are processes of their own."""
    async with playing(platform, role=Role.API) as scene:
        yield scene


@pytest.fixture
async def workers(platform: Platform, scene: Scene) -> AsyncIterator[Replicas]:
    database = scene.served.service.settings.mongodb_database
    own = {"MONGODB_DATABASE": database, "KAFKA_GROUP": database}
    async with replicas(platform, scene.served.issuer, "stipends", "worker", **own) as workers:
        yield workers


@pytest.fixture
def ports() -> Sequence[int]:
    return list(choose(somewhere()).values())


@dataclass
class Flow:
    """Mentees who are accepted, of whom every other withdraws, as applications tells it."""

    scene: Scene
    project: Project
    mentees: list[Mentee] = field(init=False)
    events: list[Event] = field(init=False)

    @classmethod
    async def prepared(cls, scene: Scene) -> "Flow":
        return cls(scene, await scene.project(deposit=MENTEES * STIPEND))

    def __post_init__(self) -> None:
        self.mentees = [Mentee(self.project.id) for _ in range(MENTEES)]
        self.events = [event for number, mentee in enumerate(self.mentees) for event in of(number, mentee)]

    async def deliver(self, events: Sequence[Event], decided: Random) -> None:
        """Put them on the bus, now and then later than at once."""
        for event in events:
            headers = [(name, value.encode()) for name, value in event.headers().items()]
            value, key = event.model_dump_json().encode(), event.key.encode()
            await self.scene.served.producer.send_and_wait(event.topic, value, key=key, headers=headers)
            if decided.random() < 0.1:
                await a_moment(decided.uniform(0, 0.3))

    async def ends_well(self) -> None:
        """Hold that everything was applied, once and in the order of its key, and that nothing was set aside."""
        for event in self.events:
            await eventually(lambda event=event: self.scene.served._applied(event), what=event.event_id)  # type: ignore[misc]
        await eventually(self.nothing_waits, what="the end of all waiting")
        for number, mentee in enumerate(self.mentees):
            told = Counter(type(event) for event in await self.scene.served.told(mentee.application))
            assert told[StipendReserved] == 1
            assert (told[InstallmentEarned], told[StipendCanceled]) == ((0, 1) if number % 2 else (1, 0))
        promised = (MENTEES - MENTEES // 2) * STIPEND
        budget = await self.scene.budget(self.project.id)
        assert (budget["reserved"], budget["available"]) == (promised, MENTEES * STIPEND - promised)

    async def nothing_waits(self) -> bool:
        """Say whether nothing is kept back; what two replicas had in hand at once is a little while longer."""
        return await self.scene.served.service.store.database["waiting"].find({}) == []


def of(number: int, mentee: Mentee) -> list[Event]:
    return [*mentee.whole(), *([mentee.withdrawn()] if number % 2 else mentee.passed("midterm"))]


async def test_what_comes_three_times_late_and_in_disorder_is_applied_once_and_in_order(
    scene: Scene, workers: Replicas, ports: Sequence[int]
):
    decided, flow = chance("deliveries"), await Flow.prepared(scene)
    unruly = flow.events * 3
    decided.shuffle(unruly)
    await workers.start(ports[0])

    await flow.deliver(unruly, decided)

    await flow.ends_well()


async def test_the_work_of_a_consumer_that_stands_still_is_done_by_another_and_not_twice(
    scene: Scene, workers: Replicas, ports: Sequence[int]
):
    decided, flow = chance("standstill"), await Flow.prepared(scene)
    await asyncio.gather(*(workers.start(port) for port in ports[:2]))
    some = len(flow.events) // 3
    await flow.deliver(flow.events[:some], decided)

    workers.send(ports[0], signal.SIGSTOP)
    await flow.deliver(flow.events[some:], decided)
    await flow.ends_well()
    workers.send(ports[0], signal.SIGCONT)

    later = await Flow.prepared(scene)
    await later.deliver(later.events, decided)
    await later.ends_well()
    await flow.ends_well()


async def test_consumers_that_join_leave_and_die_while_events_flow_lose_nothing(
    scene: Scene, workers: Replicas, ports: Sequence[int]
):
    decided, lateness, flow = chance("storm"), chance("lateness"), await Flow.prepared(scene)
    for round in range(ROUNDS):
        flowing = asyncio.create_task(flow.deliver(flow.events[round::ROUNDS], lateness))
        await workers.start(ports[round])
        if len(workers.running) > decided.randint(1, 2):
            leaving = decided.choice(list(workers.running))
            if decided.random() < 0.5:
                await workers.kill(leaving)
            else:
                await workers.tell_to_stop(leaving).wait()
        await flowing

    await flow.ends_well()
