"""Apache Kafka with the users and rights of `deploy/infra`: each service does its work as its own user, and no more."""

import asyncio
import importlib
import subprocess
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from signal import SIGKILL
from typing import Any, Final

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import TopicAuthorizationFailedError
from aiokafka.protocol.admin import CreateAclsRequest

from contracts.catalog import SERVICES, written_by
from deploy.local import tied
from deploy.local.binaries import NotHere
from deploy.local.kafka import new_cluster_id
from deploy.local.kafka.__main__ import java, properties
from deploy.local.platform import Platform
from deploy.local.ports import HOST, choose, somewhere
from services.chassis.broker import Broker
from services.chassis.service import Service
from services.chassis.topics import BrokerAway, lag
from services.operators.doctor import Finding, examine
from services.operators.topics import at_the_broker
from tests.contract.readers import NOWHERE
from tests.deploy.rendered import Rendering
from tests.support.issuer import Issuer, issuing
from tests.support.served import Served, serving
from tests.support.waiting import eventually

PASSWORD: Final = "of-no-use"
NONSENSE: Final = "nonsense/1"
"""The key of a message that nobody can read, one in each topic: it is heard and set aside."""
SUPER: Final = "admin"
RESOURCES: Final = {"topic": 2, "group": 3}
OPERATIONS: Final = {"Read": 3, "Write": 4}
LITERAL, ALLOW = 3, 3
"""Numbers of Kafka's protocol."""


@dataclass(frozen=True)
class Kafka:
    servers: str

    def as_user(self, name: str) -> Broker:
        return Broker(self.servers, name, PASSWORD)

    def settings(self, service: str, user: str = "") -> dict[str, object]:
        """Say what a service is told of this bus, and what it wants to be told of others."""
        said = {"bootstrap_servers": self.servers, "username": user or f"mentorship-{service}", "password": PASSWORD}
        said |= {"group": service}
        own = {name: value for name, value in NOWHERE.items() if "secret" in name or name.startswith("sandbox")}
        return (
            own
            | {f"kafka_{name}": value for name, value in said.items()}
            | {"kafka_idempotence": True, "dead_letters_in_a_row": 100}
        )


def secured(port: int, controller: int, data: Path) -> dict[str, object]:
    """Say how it is to run: as Strimzi sets it up, but for TLS."""
    plain = properties(port, f"{HOST}:{port}", controller, data)
    login = "org.apache.kafka.common.security.scram.ScramLoginModule required"
    return plain | {
        "listeners": f"SASL_PLAINTEXT://{HOST}:{port},CONTROLLER://{HOST}:{controller}",
        "advertised.listeners": f"SASL_PLAINTEXT://{HOST}:{port}",
        "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,SASL_PLAINTEXT:SASL_PLAINTEXT",
        "inter.broker.listener.name": "SASL_PLAINTEXT",
        "sasl.enabled.mechanisms": "SCRAM-SHA-512",
        "sasl.mechanism.inter.broker.protocol": "SCRAM-SHA-512",
        "listener.name.sasl_plaintext.scram-sha-512.sasl.jaas.config": (
            f'{login} username="{SUPER}" password="{PASSWORD}";'
        ),
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "super.users": f"User:{SUPER};User:ANONYMOUS",  # nobody signs in at the controller's own listener
    }


@pytest.fixture(scope="module")
def kafka(tmp_path_factory: pytest.TempPathFactory, rendered: Mapping[str, Rendering]) -> Iterator[Kafka]:
    folder, ports = tmp_path_factory.mktemp("kafka"), choose(somewhere())
    file = folder / "server.properties"
    settings = secured(ports["broker"], ports["controller"], folder)
    file.write_text("".join(f"{name}={value}\n" for name, value in settings.items()))
    users = rendered["kafka/ha"].of("KafkaUser")
    names = [SUPER, *(user["metadata"]["name"] for user in users)]
    scram = [word for name in names for word in ("--add-scram", f"SCRAM-SHA-512=[name={name},password={PASSWORD}]")]
    try:
        form = java("kafka.tools.StorageTool", "format", "--cluster-id", new_cluster_id(), "--config", str(file))
    except NotHere as reason:
        pytest.skip(f"Apache Kafka is not started here: {reason}")
    with (folder / "broker.log").open("w") as log:
        subprocess.run([*form, *scram], stdout=log, stderr=log, check=True)  # noqa: S603 - ours
        words = tied.command(SIGKILL, *java("kafka.Kafka", str(file)))
        process = subprocess.Popen(words, stdout=log, stderr=log)  # noqa: S603 - ours
        try:
            made = Kafka(f"{HOST}:{ports['broker']}")
            asyncio.run(_furnish(made, users))
            yield made
        finally:
            process.kill()
            process.wait()


async def _furnish(made: Kafka, users: list[dict[str, Any]]) -> None:
    """Make topics and give users their rights, as Strimzi's operators do; and say what makes no sense in each."""

    async def topics() -> bool:
        try:
            return await at_the_broker(made.as_user(SUPER), apply=True) == []
        except BrokerAway:
            return False

    await eventually(topics, what="a broker with all topics")
    client = AIOKafkaAdminClient(**made.as_user(SUPER).client)
    await client.start()
    for user in users:
        for acl in user["spec"]["authorization"]["acls"]:
            for operation in acl["operations"]:
                await _allow(client, user["metadata"]["name"], acl["resource"], operation)
    await client.close()
    async with AIOKafkaProducer(**made.as_user(SUPER).client) as producer:
        for topic in sorted({topic for service in SERVICES for topic in written_by(service)}):
            await producer.send_and_wait(topic, b"{}", key=NONSENSE.encode(), headers=[("ce_sequence", b"1")])


async def _allow(client: AIOKafkaAdminClient, user: str, resource: Mapping[str, str], operation: str) -> None:
    assert resource["patternType"] == "literal"
    what = (RESOURCES[resource["type"]], resource["name"], LITERAL)
    answer = await client._send_request(CreateAclsRequest(*what, f"User:{user}", "*", OPERATIONS[operation], ALLOW))
    assert [code for code, *_ in answer.creation_responses] == [0], answer


@pytest.fixture(scope="module")
async def issuer() -> AsyncIterator[Issuer]:
    async with issuing() as made:
        yield made


@pytest.mark.parametrize("service", SERVICES)
async def test_a_service_hears_tells_and_is_well_as_its_own_user(
    kafka: Kafka, platform: Platform, issuer: Issuer, service: str
):
    rooms = importlib.import_module(f"services.{service}.app")
    async with serving(rooms, platform, issuer, more=kafka.settings(service)) as served:
        running = served.service
        await eventually(lambda: _well(running), what=f"{service} of which the doctor finds nothing wrong")

        await _tell(served, *written_by(service))
        await eventually(lambda: _all_told(running), what="all topics written")
        await eventually(lambda: _nothing_left(running), what="all that was heard acknowledged")


async def _well(running: Service[Any]) -> bool:
    """Say whether everything is; but for what makes no sense, which the other tests have left on the bus."""
    found = await examine(running)
    of_the_bus = [one.outcome for one in found if one.check in {"broker", "topics", "consumer lag"}]
    wrong = [one for one in found if one.outcome == "wrong" and one.check != "dead letters"]
    return of_the_bus == ["ok", "ok", "ok"] and not wrong


async def _tell(served: Served, *topics: str) -> None:
    store = served.service.store

    async def work() -> None:
        for place, topic in enumerate(topics, start=1):
            await store.outbox.send(topic, topic, f"test/{topic}", 1, {}, b"{}", place)

    await store.transaction(work)


async def _all_told(running: Service[Any]) -> bool:
    return await running.store.outbox.depth() == 0


async def _nothing_left(running: Service[Any]) -> bool:
    behind = await lag(running.settings.broker, running.settings.kafka_group, running.listener.topics)
    return behind == dict.fromkeys(running.listener.topics, 0)


@pytest.mark.parametrize("service", SERVICES)
async def test_a_service_may_not_write_what_another_tells(kafka: Kafka, service: str):
    others = {topic for other in SERVICES if other != service for topic in written_by(other)}
    async with AIOKafkaProducer(**kafka.as_user(f"mentorship-{service}").client) as producer:
        for topic in sorted(others):
            with pytest.raises(TopicAuthorizationFailedError):
                await producer.send_and_wait(topic, b"{}", key=b"test/1")


async def test_the_doctor_says_which_user_may_not_do_what(kafka: Kafka, platform: Platform, issuer: Issuer):
    rooms = importlib.import_module("services.projects.app")
    at = {"mongodb_uri": platform.addresses.mongodb_uri, "mongodb_database": "projects_rights", "http_port": 1}
    at |= {"public_url": issuer.url, "discovery_url": issuer.discovery_url}
    at |= {"smtp_host": platform.addresses.smtp_host, "smtp_port": platform.addresses.smtp_port}
    running = rooms.build(rooms.Settings(**at, **kafka.settings("projects", user="mentorship-stipends")))

    found = {(one.check, one.says) for one in await _bus(running)}

    hidden = {("topics", f"{topic} is missing, or mentorship-stipends may not see it.") for topic in HIDDEN}
    assert found >= hidden
    assert ("consumer lag", f"The broker at {kafka.servers} does not let mentorship-stipends do this.") in {
        (check, says.removeprefix("Not told by this broker: ")) for check, says in found
    }


HIDDEN: Final = ("projects.dead-letters", "projects.exports")
"""What is written by projects and not heard by stipends."""


async def _bus(running: Service[Any]) -> list[Finding]:
    try:
        return [one for one in await examine(running) if one.check in {"topics", "consumer lag"}]
    finally:
        await running.cluster.close()
        running.store.database.close()
