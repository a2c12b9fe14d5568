"""Listening to other services: which of their events we hear, and how one is applied, retried or set aside."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from functools import reduce
from operator import or_
from typing import Any, Final, Generic, TypeVar

import structlog
from aiokafka import ConsumerRebalanceListener
from aiokafka.errors import KafkaError
from faststream import AckPolicy
from faststream.kafka import KafkaBroker
from faststream.kafka.message import KafkaAckableMessage

from contracts.catalog import events_of
from contracts.event import Event
from services.chassis import metrics
from services.chassis.brake import Brake
from services.chassis.cluster import Cluster
from services.chassis.inbox import Apply, Inbox
from services.chassis.messages import Message
from services.chassis.mongo import PyMongoError, patiently
from services.chassis.settings import Settings
from services.chassis.settling import Settler

log = structlog.get_logger()

LOOK: Final = 2.0
"""Seconds between looks at the cluster and at how far we are behind."""

S = TypeVar("S")
E = TypeVar("E", bound=Event)
Handler = Callable[[E, S], Awaitable[None]]


class Paused(Exception):
    """Too many dead letters; a person must look."""


class Listener(Generic[S]):
    """What a service does about each event it hears; every handler runs in the transaction that marks the event."""

    def __init__(self) -> None:
        self._handlers: list[tuple[type[Event], Handler[Any, S]]] = []
        self._stated: list[tuple[type[Event], tuple[str, ...]]] = []

    def __call__(
        self, kind: type[E], *, reads: tuple[str, ...] = ()
    ) -> Callable[[Callable[[E, S], Awaitable[None]]], Callable[[E, S], Awaitable[None]]]:
        """Hear this kind of event, and every kind derived from it.

        `reads` states the fields it looks at beyond those that our copies keep; tests hold the writer to them.
        """

        def register(handler: Handler[E, S]) -> Handler[E, S]:
            self._handlers.append((kind, handler))
            self._stated.append((kind, reads))
            return handler

        return register

    @property
    def topics(self) -> tuple[str, ...]:
        return tuple(sorted({kind.topic for kind, _ in self._handlers}))

    def hears(self, topic: str) -> tuple[type[Event], ...]:
        kinds = tuple(kind for kind, _ in self._handlers)
        return tuple(event for event in events_of(topic) if issubclass(event, kinds))

    def reads(self, event: type[Event]) -> frozenset[str]:
        """Give the fields of an event that handlers state to read."""
        return frozenset(name for kind, names in self._stated if issubclass(event, kind) for name in names)

    async def apply(self, event: Event, store: S) -> None:
        for kind, handler in self._handlers:
            if isinstance(event, kind):
                await handler(event, store)


class Consumer(ConsumerRebalanceListener):  # type: ignore[misc]
    """Takes batches off the bus while the brake is off."""

    def __init__(
        self,
        inbox: Inbox,
        cluster: Cluster,
        topics: Sequence[str],
        apply: Apply,
        settings: Settings,
        brake: Brake,
    ) -> None:
        self._inbox = inbox
        self._cluster = cluster
        self._brake = brake
        self._settler = Settler(inbox, apply, brake)
        self.joined = False
        self._on: str | None = None
        """The cluster that the group was joined on."""
        self._from_the_beginning = False
        self._broker = KafkaBroker(
            settings.kafka_bootstrap_servers,
            security=settings.broker.security,
            apply_types=False,
            consumer_only=True,
            allow_auto_create_topics=False,
            graceful_timeout=15,
            logger=None,
        )
        group, session = settings.kafka_group, settings.kafka_session_timeout_ms
        self._subscriber = subscribe(self._broker, topics, group, session, listener=self)
        self._subscriber(self.deliver)

    async def run(self, stopping: asyncio.Event) -> None:
        """Join the group, and again if the cluster becomes another; leave it at the end."""
        await patiently(self._brake.release)
        try:
            while not stopping.is_set():
                await self._look_around()
                await _until(stopping, LOOK if self.joined else 0.5)
        finally:
            await self._broker.stop()

    async def _look_around(self) -> None:
        try:
            paused, cluster = await self._brake.holds(), await self._cluster.id()
            if paused:
                return await self._leave()
            if cluster != self._on:
                await self._join(cluster)
            await self._settler.catch_up()
            await self._measure()
        except (KafkaError, OSError, PyMongoError) as error:
            log.warning("bus away", error=type(error).__name__)

    async def _join(self, cluster: str) -> None:
        """Join the group; on a cluster that we did not work with before, positions mean nothing: read everything."""
        self._on = None
        await self._broker.stop()
        last = await self._cluster.last_of("consumer")
        self._from_the_beginning = last not in {None, cluster}
        await self._broker.start()
        await self._cluster.remember("consumer", cluster)
        self._from_the_beginning = False
        self._on, self.joined = cluster, True

    async def _leave(self) -> None:
        if self._on is not None:
            self._on = None
            metrics.LAG.clear()
            await self._broker.stop()

    async def on_partitions_revoked(self, revoked: Any) -> None:
        """Leave what is in hand to the inbox: whoever reads it again passes over it."""

    async def on_partitions_assigned(self, assigned: Any) -> None:
        if self._from_the_beginning:
            for partition in assigned:
                self._subscriber.consumer.seek(partition, 0)

    async def deliver(self, records: Sequence[Any]) -> None:
        """Settle a batch. Raises `Paused` where the brake came on: the batch will be read again."""
        messages = [Message.of(record) for record in records]
        await self._settler.settle([message for message in messages if not message.foreign])
        if self._brake.on:
            await asyncio.sleep(LOOK / 2)  # the group is left at the next look; till then do not spin
            raise Paused

    async def _measure(self) -> None:
        await self._inbox.measure()
        metrics.tell(metrics.LAG, await self._behind())

    async def _behind(self) -> dict[str, int]:
        """Count the messages not yet seen, per topic."""
        consumer = self._subscriber.consumer
        behind: dict[str, int] = defaultdict(int)
        for partition in consumer.assignment() if consumer else ():
            if end := consumer.highwater(partition):
                behind[partition.topic] += max(0, end - await consumer.position(partition))
        return behind


def subscribe(
    broker: KafkaBroker,
    topics: Sequence[str],
    group: str,
    session_timeout_ms: int = 15_000,
    listener: ConsumerRebalanceListener | None = None,
) -> Any:
    """Subscribe as bus.md says: earliest, acknowledged after the effect, read by a parser that cannot raise."""
    return broker.subscriber(
        *topics,
        group_id=group,
        batch=True,
        max_records=200,
        batch_timeout_ms=10,  # after waiting so long in vain FastStream sleeps as long, and hears nothing
        fetch_max_wait_ms=50,
        auto_offset_reset="earliest",
        ack_policy=AckPolicy.NACK_ON_ERROR,
        no_reply=True,
        isolation_level="read_committed",
        listener=listener,
        session_timeout_ms=session_timeout_ms,
        heartbeat_interval_ms=session_timeout_ms // 5,
        rebalance_timeout_ms=30_000,
        max_poll_interval_ms=600_000,
        parser=_parse,
        decoder=_decode,
    )


async def _parse(records: Any, original: Any) -> KafkaAckableMessage:
    """Wrap a batch without looking into it: FastStream's own parser loses a record with a header that is not text."""
    return KafkaAckableMessage(body=b"", raw_message=records, consumer=original.__self__._consumer)  # noqa: SLF001


async def _decode(message: Any) -> Any:
    return message.raw_message


def union(events: Sequence[type[Event]]) -> Any:
    return reduce(or_, events)


async def _until(stopping: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(stopping.wait(), seconds)
    except TimeoutError:
        return
