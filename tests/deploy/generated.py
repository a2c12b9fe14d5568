"""Writes what the deploy files say about the code: `python -m tests.deploy.generated`; a test keeps it true.

The chart gets the topics that each service hears and the gateway's routes, its schema the settings, Kafka its topics
and its users with no more rights than the code uses. The dashboards are made in `tests.deploy.dashboards`.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import yaml
from pydantic import SecretStr

from contracts.catalog import PARTITIONS, SERVICES, TOPICS, Topic, written_by
from services.chassis.settings import Settings as Common
from services.operators.topics import settings as topic_settings
from tests.contract.readers import BUILT
from tests.deploy.dashboards import dashboards

ROOT: Final = Path(__file__).parents[2]
CHART: Final = ROOT / "deploy" / "chart" / "mentorship"
KAFKA: Final = ROOT / "deploy" / "infra" / "kafka"
CADDYFILE: Final = ROOT / "deploy" / "gateway" / "Caddyfile"
CLUSTER: Final = "mentorship"
NOTE: Final = "# Written by `python -m tests.deploy.generated`; a test keeps it true.\n"

BY_CHART: Final = frozenset(
    {
        *("PRODUCTION", "PUBLIC_URL", "DISCOVERY_URL", "HTTP_HOST", "HTTP_PORT"),
        *("KAFKA_BOOTSTRAP_SERVERS", "KAFKA_TLS", "KAFKA_CA_FILE"),
    }
)
"""Settings that the chart makes from values of its own."""
NEVER: Final = frozenset({"KAFKA_IDEMPOTENCE"})
"""Off only on the embedded broker, which is not deployed."""


def heard_by(service: str) -> tuple[str, ...]:
    return tuple(sorted(BUILT[service].hears))


def settings_of(service: str) -> type[Common]:
    return type(BUILT[service].settings)


def secrets_of(settings: type[Common]) -> tuple[str, ...]:
    """Name the settings that must lie in no ConfigMap: those that pydantic keeps out of what it prints."""
    return tuple(
        name.upper()
        for name, field in settings.model_fields.items()
        if field.annotation is SecretStr or not field.repr or "Base64" in str(field.annotation)
    )


def open_settings_of(settings: type[Common]) -> tuple[str, ...]:
    """Name the settings that values may say."""
    aside = {*secrets_of(settings), *BY_CHART, *NEVER}
    return tuple(name.upper() for name in settings.model_fields if name.upper() not in aside)


def routes() -> dict[str, dict[str, list[str]]]:
    """Read from the gateway's own file which paths go where; `site` are its own pages."""
    found = dict(re.findall(r"^\t@(\w+) path (.+)$", CADDYFILE.read_text(), re.MULTILINE))
    (site,) = re.findall(r"@page \{[^}]*?path ([^\n]+)", CADDYFILE.read_text())
    return {service: _matches(found[service].split()) for service in SERVICES} | {"site": _matches(site.split())}


def _matches(paths: list[str]) -> dict[str, list[str]]:
    """Say it in the Gateway API's words: a prefix there is of whole segments, `/a` and what is below it."""
    below = [path.removesuffix("/*") for path in paths if path.endswith("/*")]
    return {"prefixes": sorted(below), "exact": sorted(path for path in paths if path.removesuffix("/*") not in below)}


def catalog() -> dict[str, Any]:
    """Give what the chart's templates read."""
    return {
        "partitions": PARTITIONS,
        "services": {service: {"hears": list(heard_by(service))} for service in SERVICES},
        "routes": routes(),
    }


def values_schema() -> dict[str, Any]:
    """Give the chart's schema with the settings as they are now; the rest of it is written by hand."""
    schema: dict[str, Any] = json.loads((CHART / "values.schema.json").read_text())
    schema["$defs"]["settings"] = _names(open_settings_of(Common), {"$ref": "#/$defs/setting"})
    schema["$defs"]["secrets"] = _names(secrets_of(Common), {"$ref": "#/$defs/secret"})
    for service in SERVICES:
        settings = settings_of(service)
        schema["$defs"][f"{service}Settings"] = _names(open_settings_of(settings), {"$ref": "#/$defs/setting"})
        schema["$defs"][f"{service}Secrets"] = _names(secrets_of(settings), {"$ref": "#/$defs/secret"})
    return schema


def _names(names: tuple[str, ...], each: dict[str, str]) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": False, "properties": dict.fromkeys(names, each)}


def kafka_topic(topic: Topic, replicas: int) -> dict[str, Any]:
    """Say it in Strimzi's words. The settings are those that `mentorship topics diff` compares with."""
    settings = topic_settings(topic, replicas)
    return {
        "apiVersion": "kafka.strimzi.io/v1",
        "kind": "KafkaTopic",
        "metadata": {"name": topic.name, "labels": {"strimzi.io/cluster": CLUSTER}},
        "spec": {
            "partitions": topic.partitions,
            "replicas": replicas,
            "config": {key: int(value) if re.fullmatch(r"-?\d+", value) else value for key, value in settings.items()},
        },
    }


def acls(service: str) -> Iterator[dict[str, Any]]:
    """Give the least rights: write one's own topics, read what is heard, and the consumer group.

    `Read` and `Write` bring `Describe` with them, and `Write` the idempotent producer.
    """
    for topic in heard_by(service):
        yield _acl("topic", topic, "Read")
    for topic in written_by(service):
        yield _acl("topic", topic, "Write")
    yield _acl("group", BUILT[service].settings.kafka_group, "Read")


def _acl(kind: str, name: str, operation: str) -> dict[str, Any]:
    return {"resource": {"type": kind, "name": name, "patternType": "literal"}, "operations": [operation]}


def kafka_user(service: str) -> dict[str, Any]:
    return {
        "apiVersion": "kafka.strimzi.io/v1",
        "kind": "KafkaUser",
        "metadata": {"name": f"mentorship-{service}", "labels": {"strimzi.io/cluster": CLUSTER}},
        "spec": {
            "authentication": {"type": "scram-sha-512"},
            "authorization": {"type": "simple", "acls": list(acls(service))},
        },
    }


def files() -> dict[Path, str]:
    """Give every generated file."""
    users = [kafka_user(service) for service in SERVICES]
    return {
        CHART / "files" / "catalog.yaml": NOTE + yaml.safe_dump(catalog(), sort_keys=False, width=120),
        CHART / "values.schema.json": json.dumps(values_schema(), indent=2) + "\n",
        **{CHART / "files" / "dashboards" / f"{name}.json": made for name, made in dashboards()},
        KAFKA / "base" / "users.yaml": NOTE + yaml.safe_dump_all(users, sort_keys=False),
        **{
            KAFKA / overlay / "topics.yaml": NOTE
            + yaml.safe_dump_all([kafka_topic(topic, replicas) for topic in TOPICS], sort_keys=False)
            for overlay, replicas in (("single", 1), ("ha", 3))
        },
    }


if __name__ == "__main__":
    for path, content in files().items():
        path.write_text(content)
