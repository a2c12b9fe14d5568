"""What `/metrics` says: of each process, and of the store by one replica alone."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from aiokafka.errors import KafkaError
from prometheus_client import REGISTRY, Gauge
from prometheus_client.parser import text_string_to_metric_families as families

from deploy.local.platform import Platform
from services.applications import app as applications_rooms
from services.chassis import figures
from services.chassis.broker import Broker
from services.chassis.cluster import Cluster
from services.chassis.figures import Figures
from services.chassis.inbox import Inbox
from services.chassis.store import Store
from services.projects import app as rooms
from tests.component.chassis.deliveries import Effects, planned
from tests.support.issuer import Issuer
from tests.support.served import Served, serving
from tests.support.waiting import eventually


def said(name: str, **labels: str) -> float | None:
    return REGISTRY.get_sample_value(f"mentorship_{name}", labels)


async def parts(served: Served) -> dict[str, float]:
    """Give the parts of a process by what its `/metrics` says of each."""
    text = (await (await served.caller()).get("/metrics")).text
    (told,) = (family for family in families(text) if family.name == "mentorship_part_well")
    return {sample.labels["part"]: sample.value for sample in told.samples}


class Replica:
    """Counts into a gauge of its own."""

    def __init__(self, store: Store) -> None:
        self.gauge = Gauge("things", "Things there are", ["status"], registry=None)
        self.counted, self.stopping = 0, asyncio.Event()
        self.job = Figures(self.count, self.gauge).job
        self.running = asyncio.create_task(self.job.run(store, self.stopping))

    async def count(self) -> None:
        self.counted += 1
        self.gauge.labels("open").set(7)

    @property
    def tells(self) -> bool:
        return bool(next(iter(self.gauge.collect())).samples)

    async def counts(self) -> bool:
        return self.tells

    async def stop(self) -> None:
        self.stopping.set()
        await self.running


async def test_of_two_replicas_one_tells_what_is_counted_and_the_other_nothing(
    store: Store, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(figures, "LOOK", 0.05)
    monkeypatch.setattr(figures, "EVERY", 3600)
    one, two = Replica(store), Replica(store)

    async def either() -> Replica | None:
        return next((each for each in (one, two) if each.tells), None)

    first = await eventually(either, what="a count")
    other = two if first is one else one
    assert not other.tells
    await first.stop()
    await eventually(other.counts, what="the other's count")
    again = Replica(store)
    again.gauge.labels("open").set(5)  # as it was told before the lease went

    async def silent() -> bool:
        return not again.tells

    await eventually(silent, what="that nothing is told beside the one that counts")
    assert (first.counted, other.counted, again.counted) == (1, 1, 0)
    await asyncio.gather(other.stop(), again.stop())


async def test_a_process_says_of_each_of_its_parts_how_it_is(platform: Platform, issuer: Issuer):
    async with serving(rooms, platform, issuer) as projects:

        async def all_well() -> bool:
            told = await parts(projects)
            assert {"store", "broker", "relay", "consumer", "consuming", "mail", "terms"} <= set(told)
            return set(told.values()) == {1}

        await eventually(all_well, what="a good start")
        for _ in range(projects.service.settings.dead_letters_in_a_row):
            projects.service.brake.count(set_aside=True)
        assert (await parts(projects))["consuming"] == 0


async def test_what_only_reads_is_counted_in_read_only_mode_too(platform: Platform, issuer: Issuer):
    async with serving(applications_rooms, platform, issuer, more={"read_only": True}) as resting:
        told = await parts(resting)
        assert "figures" in told
        assert not {"offers", "mail", "alarms"} & set(told)


async def test_a_broker_that_does_not_answer_is_not_well_and_well_again_when_it_does(store: Store, platform: Platform):
    cluster = Cluster(store.database, Broker("127.0.0.1:1"))
    assert not cluster.well
    with pytest.raises((KafkaError, OSError)):
        await cluster.id()
    assert not cluster.well
    cluster._broker = Broker(platform.addresses.kafka)
    await cluster.id()
    assert cluster.well
    await cluster.close()


async def test_the_outbox_is_told_of_where_it_is_measured_and_nowhere_else(store: Store):
    await store.outbox.send("a", "projects.events", "a", 1, {}, b"{}", 1)
    await store.outbox.measure(datetime.now(UTC) + timedelta(minutes=5))
    assert said("outbox_rows") == 1
    assert (said("outbox_age_seconds") or 0) > 299
    store.outbox.forget_measures()
    assert (said("outbox_rows"), said("outbox_age_seconds")) == (0, 0)


async def test_letters_that_wait_for_a_person_and_those_behind_them_are_told_apart(inbox: Inbox, effects: Effects):
    first, *rest = planned(3)
    await inbox.set_aside(first, "ValueError: Not this one.", 3)
    await inbox.receive(rest, effects.apply)
    await inbox.measure()
    assert (said("dead_letters_open"), said("waiting_messages")) == (1, 2)
    await inbox.discard(first.id, effects.apply)
    await inbox.measure()
    assert (said("dead_letters_open"), said("waiting_messages")) == (0, 0)
