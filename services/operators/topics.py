"""The topics as the catalog wants them, and as the broker has them."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import typer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import IncompatibleBrokerVersion, KafkaError

from contracts.catalog import TOPICS, Topic
from services.chassis.broker import Broker
from services.chassis.topics import BrokerAway, not_served
from services.operators import AsJson, DryRun, Yes, agree, fail, faults_told, settings_of_any, show

topics = typer.Typer(no_args_is_help=True, help="The bus's topics, after contracts/catalog.py.")

REPLICAS: Final = 3
"""Where there are so many brokers."""
FORGOTTEN_WITHIN: Final = 24 * 60 * 60 * 1000
"""Milliseconds after which a compacted topic has nothing left of what a newer message replaced: an erasure, mostly."""
SET_ON_TOPIC: Final = 1
"""Kafka's mark for a setting that was given to the topic itself."""


@dataclass(frozen=True)
class Difference:
    """One thing about a topic that is not as the catalog wants it."""

    topic: str
    what: str
    """`missing`, `partitions`, `replicas`, or a setting's name."""
    wanted: str
    found: str

    @property
    def mendable(self) -> bool:
        """Partitions never change, for the order per key hangs on them; replicas are moved by Kafka's own tools."""
        return self.what not in {"partitions", "replicas"}

    def __str__(self) -> str:
        if self.what == "missing":
            return f"{self.topic} is missing."
        if self.what == "partitions":
            return (
                f"{self.topic} has {self.found} partitions, not {self.wanted}. That is never changed, since the order "
                f"per key hangs on it: make a new topic and replay into it."
            )
        if self.what == "replicas":
            return f"{self.topic} has {self.found} replicas, not {self.wanted}: move them by kafka-reassign-partitions."
        return f"{self.topic}: {self.what} is {self.found or 'not set'}, not {self.wanted}."


def settings(topic: Topic, replicas: int) -> dict[str, str]:
    """Say how the broker is to keep a topic."""
    return {
        "cleanup.policy": ("compact,delete" if topic.retention else "compact") if topic.compacted else "delete",
        "retention.ms": str(int(topic.retention.total_seconds() * 1000)) if topic.retention else "-1",
        "min.insync.replicas": "2" if replicas >= REPLICAS else "1",
        "unclean.leader.election.enable": "false",
        **({"max.compaction.lag.ms": str(FORGOTTEN_WITHIN)} if topic.compacted else {}),
    }


async def differences(client: Any) -> list[Difference]:
    """Compare what the broker has with the catalog; what it does not tell of its settings is passed over."""
    known, replicas = set(await client.list_topics()), await _replicas(client)
    found = [topic for topic in TOPICS if topic.name in known]
    described = {one["topic"]: one["partitions"] for one in await client.describe_topics([one.name for one in found])}
    told = await _settings(client, [topic.name for topic in found])
    missing = [Difference(topic.name, "missing", "there", "") for topic in TOPICS if topic.name not in known]
    return missing + [
        difference
        for topic in found
        for difference in _compare(topic, replicas, described[topic.name], told[topic.name])
    ]


def _compare(
    topic: Topic, replicas: int, partitions: Sequence[Mapping[str, Any]], told: Mapping[str, tuple[str, int]]
) -> list[Difference]:
    copies = min((len(partition["replicas"]) for partition in partitions), default=0)
    shape = [("partitions", topic.partitions, len(partitions)), ("replicas", replicas, copies)]
    wrong = [Difference(topic.name, what, str(want), str(has)) for what, want, has in shape if want != has]
    wanted = settings(topic, replicas).items() if told else ()
    values = {name: value for name, (value, _) in told.items()}
    return wrong + [
        Difference(topic.name, name, value, values.get(name) or "")
        for name, value in wanted
        if values.get(name) != value
    ]


async def mend(client: Any, found: Sequence[Difference]) -> None:
    """Create what is missing and set what is set otherwise; other settings of a topic stay. Raises `BrokerAway`."""
    replicas, by_name = await _replicas(client), {topic.name: topic for topic in TOPICS}
    missing = [by_name[one.topic] for one in found if one.what == "missing"]
    if missing:
        new = [
            NewTopic(topic.name, topic.partitions, replicas, topic_configs=settings(topic, replicas))
            for topic in missing
        ]
        _refuse([error for error in (await client.create_topics(new)).topic_errors if error[1]])
    for name in {one.topic for one in found if one.mendable and one.what != "missing"}:
        kept = {
            key: value
            for key, (value, where) in (await _settings(client, [name]))[name].items()
            if where == SET_ON_TOPIC
        }
        wanted = kept | settings(by_name[name], replicas)
        answers = await client.alter_configs([ConfigResource(ConfigResourceType.TOPIC, name, wanted)])
        _refuse([resource for answer in answers for resource in answer.resources if resource[0]])


def _refuse(errors: Sequence[Any]) -> None:
    if errors:
        raise BrokerAway(f"The broker refused: {errors}")


async def _replicas(client: Any) -> int:
    return min(REPLICAS, len((await client.describe_cluster())["brokers"]))


async def _settings(client: Any, names: Sequence[str]) -> dict[str, dict[str, tuple[str, int]]]:
    """Give each topic's settings with where they come from; empty where the broker tells none."""
    if not names:
        return {}
    answers = await client.describe_configs([ConfigResource(ConfigResourceType.TOPIC, name) for name in names])
    return {
        resource[3]: {entry[0]: (entry[1], entry[3]) for entry in resource[4]}
        for answer in answers
        for resource in answer.resources
    }


async def at_the_broker(broker: Broker, apply: bool = False) -> list[Difference]:
    """Look for differences, and mend them where asked. Raises `BrokerAway`."""
    client = AIOKafkaAdminClient(**broker.client, request_timeout_ms=10_000)
    try:
        await client.start()
        found = await differences(client)
        if apply:
            await mend(client, [difference for difference in found if difference.mendable])
    except BrokerAway:
        raise
    except IncompatibleBrokerVersion as error:
        raise BrokerAway(f"This broker does not let its settings be changed: {error}") from None
    except (KafkaError, OSError) as error:
        raise not_served(broker, error) from error
    finally:
        await client.close()
    return found


@topics.command("diff")
def diff_topics(*, as_json: AsJson = False) -> None:
    """Show what the broker has otherwise than the catalog; ends with 1 where there is anything."""
    with faults_told():
        found = asyncio.run(at_the_broker(settings_of_any().broker))
    _say(found, as_json=as_json)
    if found:
        raise typer.Exit(1)


@topics.command("apply")
def apply_topics(*, dry_run: DryRun = False, yes: Yes = False, as_json: AsJson = False) -> None:
    """Create what is missing, set what is set otherwise; ends with 1 where something is left that must not change."""
    broker = settings_of_any().broker
    with faults_told():
        found = asyncio.run(at_the_broker(broker))
        _say(found, as_json=as_json)
        if not dry_run and any(difference.mendable for difference in found):
            agree(f"Do this at {broker}?", yes=yes)
            asyncio.run(at_the_broker(broker, apply=True))
    if any(not difference.mendable for difference in found):
        fail("Some of it is not changed here; see above.")


def _say(found: Sequence[Difference], *, as_json: bool) -> None:
    for difference in found:
        show(asdict(difference) | {"mendable": difference.mendable}, str(difference), as_json=as_json)
    if not found and not as_json:
        typer.echo("Every topic is as the catalog wants it.")
