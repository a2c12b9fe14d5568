"""Who may call whom, and who may read and write which topic: what the code does, and nothing beyond."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

import pytest
import yaml

from contracts.catalog import SERVICES, TOPICS
from services.operators.doctor import topics_of
from services.operators.topics import settings
from tests.contract.readers import BUILT
from tests.deploy.generated import CHART, ROOT
from tests.deploy.rendered import Object, Rendering

Flow = tuple[str, str, int]
OUTSIDE: Final = {"identity": ("api", "worker"), "stipends": ("worker",)}
"""Who calls the internet: sign-in at third parties and clients' logout; the payment provider."""


def policy_values() -> dict[str, Any]:
    values: dict[str, Any] = yaml.safe_load((CHART / "values.yaml").read_text())["networkPolicy"]
    return values


def graph() -> set[Flow]:
    """Give every flow that the code needs."""
    flows: set[Flow] = {("gateway", "site", 8080)}
    for service in SERVICES:
        api, worker, prepare = (f"{service}-{one}" for one in ("api", "worker", "prepare"))
        flows |= {(one, "mongodb", 27017) for one in (api, worker, prepare)}
        flows |= {("gateway", api, 8080), ("smoke", api, 8080)}
        flows |= {(one, "identity-api", 8080) for one in (api, worker)}  # tokens; `doctor`, which is run in a worker
        flows |= {("monitoring", one, 8080) for one in (api, worker)}
        flows |= {(one, "otlp", 4318) for one in (api, worker)}
        flows |= {(f"{service}-{role}", "internet", 443) for role in OUTSIDE.get(service, ())}
        flows |= {(worker, "kafka", 9093)}
        if any(job.name == "mail" for job in BUILT[service].jobs):
            flows.add((worker, "smtp", 587))
    flows |= {("topics", "kafka", 9093), ("staff", "mongodb", 27017)}
    asking = {one for one, _, _ in flows if one not in {"gateway", "monitoring"}}
    return flows | {(one, "dns", 53) for one in asking}


def allowed(rendered: Rendering) -> set[Flow]:
    """Work out what the policies let through; between two of our pods both must."""
    components = {pod["metadata"]["labels"]["app.kubernetes.io/component"]: pod["metadata"]["labels"]
                  for pod in rendered.pods().values()}  # fmt: skip
    into, out = set(), set()
    for policy in rendered.of("NetworkPolicy"):
        spec = policy["spec"]
        assert spec["policyTypes"] == ["Ingress", "Egress"]
        for one in (name for name, labels in components.items() if _selects(spec["podSelector"], labels)):
            into |= {(peer, one, port) for peer, port in _named(spec.get("ingress", ()), "from", components)}
            out |= {(one, peer, port) for peer, port in _named(spec.get("egress", ()), "to", components)}
    within = {flow for flow in into | out if flow[0] in components and flow[1] in components}
    return ((into | out) - within) | (within & into & out)


def _named(rules: Any, side: str, components: Mapping[str, Mapping[str, str]]) -> Iterator[tuple[str, int]]:
    for rule in rules:
        for port in {one["port"] for one in rule["ports"]}:
            known = [name for name, peers, its in _outside() if peers == rule[side] and port in its]
            if known:
                yield known[0], port
                continue
            for peer in rule[side]:
                assert set(peer) == {"podSelector"}, peer
                yield from ((one, port) for one, labels in components.items() if _selects(peer["podSelector"], labels))


def _outside() -> Iterator[tuple[str, Any, tuple[int, ...]]]:
    for name, said in policy_values().items():
        if isinstance(said, dict):
            yield name, said["peers"], (said["port"],)
        elif isinstance(said, list):
            yield name, said, (53,) if name == "dns" else (8080,)


def _selects(selector: Object, labels: Mapping[str, str]) -> bool:
    equal = all(labels.get(key) == value for key, value in selector.get("matchLabels", {}).items())
    return equal and all(
        labels.get(one["key"]) in one["values"] if one["operator"] == "In" else one["key"] in labels
        for one in selector.get("matchExpressions", ())
    )


def test_the_network_lets_through_the_service_graph_and_nothing_else(full: Rendering):
    assert allowed(full) == graph()


def test_whoever_calls_the_internet_is_known():
    calling = {
        path.relative_to(ROOT / "services").parts[0]
        for path in (ROOT / "services").rglob("*.py")
        if re.search(r"^\s*(import|from) (httpx|stripe)\b", path.read_text(), re.MULTILINE)
    }
    assert calling - {"chassis", "operators"} == set(OUTSIDE)


@pytest.mark.parametrize("values", ["minimal", "full", "prod"])
def test_what_no_policy_names_is_refused_for_every_pod(rendered: Mapping[str, Rendering], values: str):
    some = rendered[f"helm4 {values}"]
    nothing = some.named("NetworkPolicy", "mentorship-nothing")["spec"]
    assert "ingress" not in nothing
    assert "egress" not in nothing
    for pod in some.pods().values():
        assert _selects(nothing["podSelector"], pod["metadata"]["labels"])


def used(service: str) -> set[tuple[str, str, str]]:
    """Say what the code does at the broker, from what it is put together of: no generator between."""
    consumer = {kind.topic for kind, _ in BUILT[service].listener._handlers}
    if service != "identity":
        consumer.add("identity.sessions")
    written = {topic.name for topic in TOPICS if topic.name.partition(".")[0] == service}
    return (
        {("topic", name, "Read") for name in consumer}
        | {("topic", name, "Write") for name in written}
        | {("group", BUILT[service].settings.kafka_group, "Read")}
    )


@pytest.mark.parametrize("overlay", ["kafka/single", "kafka/ha"])
@pytest.mark.parametrize("service", SERVICES)
def test_a_user_may_do_at_the_broker_what_the_code_does_and_no_more(
    rendered: Mapping[str, Rendering], overlay: str, service: str
):
    user = rendered[overlay].named("KafkaUser", f"mentorship-{service}")["spec"]
    assert user["authentication"] == {"type": "scram-sha-512"}
    assert all(acl["resource"]["patternType"] == "literal" for acl in user["authorization"]["acls"])
    assert used(service) == {
        (acl["resource"]["type"], acl["resource"]["name"], operation)
        for acl in user["authorization"]["acls"]
        for operation in acl["operations"]
    }
    assert all(acl.get("type", "allow") == "allow" for acl in user["authorization"]["acls"])


@pytest.mark.parametrize("service", SERVICES)
def test_the_doctor_looks_at_the_topics_that_the_user_may_see_and_at_no_other(service: str):
    assert topics_of(BUILT[service]) == {name for kind, name, _ in used(service) if kind == "topic"}


def test_users_are_those_the_chart_signs_in_as(rendered: Mapping[str, Rendering]):
    users = {one["metadata"]["name"] for one in rendered["kafka/ha"].of("KafkaUser")}
    assert users == {
        rendered["helm4 minimal"].named("ConfigMap", f"mentorship-{service}")["data"][
            f"{service.upper()}_KAFKA_USERNAME"
        ]
        for service in SERVICES
    }


@pytest.mark.parametrize(("overlay", "brokers"), [("kafka/single", 1), ("kafka/ha", 3)])
def test_topics_are_those_of_the_catalog(rendered: Mapping[str, Rendering], overlay: str, brokers: int):
    some = rendered[overlay]
    (kafka,), (pool,) = some.of("Kafka"), some.of("KafkaNodePool")
    assert pool["spec"]["replicas"] == kafka["spec"]["kafka"]["config"]["default.replication.factor"] == brokers
    assert kafka["spec"]["kafka"]["config"]["auto.create.topics.enable"] is False
    assert {one["metadata"]["name"] for one in some.of("KafkaTopic")} == {topic.name for topic in TOPICS}
    for topic in TOPICS:
        spec = some.named("KafkaTopic", topic.name)["spec"]
        assert (spec["partitions"], spec["replicas"]) == (topic.partitions, brokers)
        assert {key: str(value).lower() for key, value in spec["config"].items()} == settings(topic, brokers)


@pytest.mark.parametrize("overlay", ["mongodb/single", "mongodb/ha"])
def test_a_service_has_a_database_of_its_own_and_sees_no_other(rendered: Mapping[str, Rendering], overlay: str):
    (store,) = rendered[overlay].of("MongoDBCommunity")
    users = {one["name"]: one for one in store["spec"]["users"]}
    assert set(users) == {f"mentorship-{service}" for service in (*SERVICES, "backup")}
    chart = rendered["helm4 minimal"]
    for service in SERVICES:
        user = users[f"mentorship-{service}"]
        assert user["roles"] == [{"name": "readWrite", "db": BUILT[service].settings.mongodb_database}]
        pod = json.dumps(chart.named("Deployment", f"mentorship-{service}-api")["spec"]["template"]["spec"]["volumes"])
        assert json.dumps(user["connectionStringSecretName"]) in pod
    assert users["mentorship-backup"]["roles"] == [{"name": "backup", "db": "admin"}]


def test_the_copy_of_the_stores_is_made_by_its_own_user(rendered: Mapping[str, Rendering]):
    some = rendered["mongodb/ha"]
    (job,), (store,) = some.of("CronJob"), some.of("MongoDBCommunity")
    spec = job["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    mounted = {one["secret"]["secretName"] for one in spec["volumes"] if "secret" in one}
    assert mounted == {
        one["connectionStringSecretName"] for one in store["spec"]["users"] if one["name"].endswith("backup")
    }
    assert "--oplog" in spec["containers"][0]["command"][-1]
    (claim,) = some.of("PersistentVolumeClaim")
    assert claim["metadata"]["name"] in json.dumps(spec["volumes"])


def test_the_namespace_takes_restricted_pods_alone(rendered: Mapping[str, Rendering]):
    (namespace,) = rendered["namespace"].of("Namespace")
    assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
