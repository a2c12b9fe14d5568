"""Topics are made what the catalog wants; the number of partitions is never touched."""

import pytest
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from uuid6 import uuid7

from contracts.catalog import Topic
from deploy.local.addresses import Broker
from deploy.local.platform import Platform
from services.operators import topics
from tests.component.operators.conftest import Operator


async def test_a_missing_topic_is_told_rehearsed_and_created(operator: Operator, monkeypatch: pytest.MonkeyPatch):
    new = Topic(f"new-{uuid7().hex}.events", partitions=2)
    monkeypatch.setattr(topics, "TOPICS", (new,))

    assert (await operator.tries("topics", "diff")).exit_code == 1
    (rehearsed,) = await operator.sees("topics", "apply", "--dry-run")
    assert (rehearsed["topic"], rehearsed["what"]) == (new.name, "missing")
    assert (await operator.tries("topics", "diff")).exit_code == 1
    await operator.does("topics", "apply", "--yes")
    assert "as the catalog wants it" in await operator.does("topics", "diff")


async def test_another_number_of_partitions_is_refused_and_left(operator: Operator, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(topics, "TOPICS", (Topic("identity.people", partitions=13, compacted=True),))

    refused = await operator.tries("topics", "apply", "--yes")

    assert refused.exit_code == 1
    assert "identity.people has 12 partitions, not 13. That is never changed" in refused.output
    assert (await operator.tries("topics", "diff")).exit_code == 1


async def test_a_setting_that_drifted_is_set_back_and_others_are_left(
    platform: Platform, operator: Operator, monkeypatch: pytest.MonkeyPatch
):
    if platform.addresses.broker is Broker.EMBEDDED:
        pytest.skip("The embedded broker has no settings of topics.")
    new = Topic(f"drifted-{uuid7().hex}.events", partitions=1)
    monkeypatch.setattr(topics, "TOPICS", (new,))
    await operator.does("topics", "apply", "--yes")
    client = AIOKafkaAdminClient(bootstrap_servers=platform.addresses.kafka)
    await client.start()
    drifted = {"retention.ms": "1000", "cleanup.policy": "delete", "segment.bytes": "1048576"}
    await client.alter_configs([ConfigResource(ConfigResourceType.TOPIC, new.name, drifted)])

    assert "retention.ms is 1000, not -1." in (await operator.tries("topics", "diff")).output
    await operator.does("topics", "apply", "--yes")

    assert "as the catalog wants it" in await operator.does("topics", "diff")
    told = (await topics._settings(client, [new.name]))[new.name]
    assert told["segment.bytes"][0] == "1048576"
    await client.close()


@pytest.mark.parametrize(
    ("topic", "replicas", "wanted"),
    [
        (Topic("a"), 1, ("delete", "-1", "1")),
        (Topic("a", compacted=True), 3, ("compact", "-1", "2")),
    ],
    ids=str,
)
def test_how_a_topic_is_kept(topic: Topic, replicas: int, wanted: tuple[str, str, str]):
    said = topics.settings(topic, replicas)
    assert (said["cleanup.policy"], said["retention.ms"], said["min.insync.replicas"]) == wanted
