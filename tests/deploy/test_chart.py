"""What no schema knows: the chart fits the code that it runs."""

import base64
import importlib
import inspect
import json
import re
import secrets
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import pytest
from fastapi.routing import iter_route_contexts
from pydantic import SecretStr

from contracts.catalog import PARTITIONS, SERVICES, TOPICS
from services.chassis import service as chassis
from services.chassis.service import Role
from services.chassis.settings import Settings as Common
from tests.contract.readers import BUILT
from tests.deploy.generated import BY_CHART, CHART, NEVER, heard_by, routes, secrets_of, settings_of
from tests.deploy.rendered import LONG, VALUES, Object, Rendering, objects, refused, render, run
from tests.deploy.tools import tools

KEDA_KAFKA: Final = frozenset(
    """bootstrapServers bootstrapServersFromEnv consumerGroup consumerGroupFromEnv topic topicFromEnv lagThreshold
    activationLagThreshold offsetResetPolicy allowIdleConsumers scaleToZeroOnInvalidOffset excludePersistentLag
    limitToPartitionsWithLag ensureEvenDistributionOfPartitions version partitionLimitation sasl tls
    unsafeSsl""".split()  # noqa: SIM905
)
"""Every key of KEDA's kafka scaler (its documentation, 2.22); it passes over one that it does not know."""
KEDA_AUTHENTICATION: Final = frozenset({"sasl", "username", "password", "tls", "ca", "cert", "key", "keyPassword"})
CLUSTER_WIDE: Final = frozenset({"Namespace", "ClusterRole", "ClusterRoleBinding", "PriorityClass", "GatewayClass"})
INTERNAL: Final = ("/health", "/metrics")


def configured(rendered: Rendering, service: str) -> dict[str, str]:
    """Give a service's settings from its ConfigMap, without the prefix."""
    data: dict[str, str] = rendered.named("ConfigMap", f"mentorship-{service}")["data"]
    return {name.removeprefix(f"{service.upper()}_"): value for name, value in data.items()}


def secret_files(pod: Object) -> set[str]:
    (volume,) = (one for one in pod["spec"]["volumes"] if one["name"] == "secrets")
    return {item["path"] for source in volume["projected"]["sources"] for item in source["secret"]["items"]}


def deployment(rendered: Rendering, service: str, role: str) -> Object:
    return rendered.named("Deployment", f"mentorship-{service}-{role}")


def drawn(name: str) -> str:
    """Draw a secret that is good enough for production."""
    if name.endswith(("KEY_SECRET", "PAYEE_SECRET")):
        return base64.b64encode(secrets.token_bytes(32)).decode()
    password = secrets.token_hex(24)
    return f"mongodb://mentorship:{password}@mongodb/" if name.endswith("MONGODB_URI") else password


@pytest.mark.parametrize("values", VALUES)
@pytest.mark.parametrize("service", SERVICES)
def test_a_service_starts_with_exactly_what_the_chart_tells_it(
    rendered: Mapping[str, Rendering], values: str, service: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    said = configured(rendered[f"helm4 {values}"], service)
    files = secret_files(deployment(rendered[f"helm4 {values}"], service, "api")["spec"]["template"])
    secret = {name.removeprefix(f"{service.upper()}_") for name in files}
    known = {name.upper() for name in settings_of(service).model_fields}
    assert {*said, *secret} <= known
    assert not set(said) & set(secrets_of(settings_of(service))), "a secret lies in a ConfigMap"
    for name in files:
        (tmp_path / name).write_text(drawn(name))
    for name, value in said.items():
        monkeypatch.setenv(f"{service.upper()}_{name}", value)
    built = settings_of(service)(_secrets_dir=tmp_path)
    assert built.mongodb_uri.get_secret_value() == (tmp_path / f"{service.upper()}_MONGODB_URI").read_text()
    assert {name.upper() for name in built.model_fields_set} >= {*said, *secret}


@pytest.mark.parametrize("service", ["", *SERVICES])
def test_every_setting_can_be_said_by_values_and_no_other(service: str):
    definitions = json.loads((CHART / "values.schema.json").read_text())["$defs"]
    kind = settings_of(service) if service else Common
    said = definitions[f"{service}Settings" if service else "settings"]["properties"]
    secret = definitions[f"{service}Secrets" if service else "secrets"]["properties"]
    assert {*said, *secret} | BY_CHART | NEVER == {name.upper() for name in kind.model_fields}
    plain = {
        name.upper() for name, field in kind.model_fields.items() if field.annotation in {SecretStr, SecretStr | None}
    }
    assert plain <= set(secret)


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("role", ["api", "worker"])
def test_probes_and_ports_are_in_the_app(full: Rendering, service: str, role: str):
    (container,) = deployment(full, service, role)["spec"]["template"]["spec"]["containers"]
    assert container["args"] == ["serve", service, "--role", role]
    paths = {context.path for context in iter_route_contexts(BUILT[service].app(Role(role)).routes)}
    ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    assert ports == {"http": int(configured(full, service)["HTTP_PORT"])}
    for probe, path in (("startup", "/health/live"), ("liveness", "/health/live"), ("readiness", "/health/ready")):
        asked = container[f"{probe}Probe"]["httpGet"]
        assert asked["path"] == path
        assert asked["path"] in paths
        assert asked["port"] in ports
    (monitor,) = full.of("PodMonitor")
    (endpoint,) = monitor["spec"]["podMetricsEndpoints"]
    assert endpoint["path"] in paths
    assert endpoint["port"] in ports
    service_port = full.named("Service", f"mentorship-{service}")["spec"]["ports"][0]
    assert (service_port["targetPort"], service_port["port"]) == ("http", ports["http"])


def test_identity_is_asked_for_its_keys_where_it_is(full: Rendering):
    for service in SERVICES:
        assert configured(full, service)["DISCOVERY_URL"] == (
            "http://mentorship-identity:8080/.well-known/openid-configuration"
        )
    assert full.named("Service", "mentorship-identity")


@pytest.mark.parametrize("service", SERVICES)
def test_keda_knows_what_it_is_told(full: Rendering, service: str):
    scaled = full.named("ScaledObject", f"mentorship-{service}-worker")["spec"]
    group = BUILT[service].settings.kafka_group
    assert {trigger["metadata"]["topic"] for trigger in scaled["triggers"]} == set(heard_by(service))
    for trigger in scaled["triggers"]:
        assert trigger["type"] == "kafka"
        assert set(trigger["metadata"]) <= KEDA_KAFKA
        assert {"bootstrapServers", "consumerGroup", "topic", "lagThreshold"} <= set(trigger["metadata"])
        assert all(isinstance(value, str) for value in trigger["metadata"].values())
        assert trigger["metadata"]["consumerGroup"] == configured(full, service).get("KAFKA_GROUP", group) == group
        assert trigger["metadata"]["topic"] in {topic.name for topic in TOPICS}
        assert int(trigger["metadata"]["lagThreshold"]) > 0
    assert 1 <= scaled["minReplicaCount"] <= scaled["fallback"]["replicas"] <= scaled["maxReplicaCount"] <= PARTITIONS
    assert scaled["scaleTargetRef"]["name"] == f"mentorship-{service}-worker"
    shown = full.named("TriggerAuthentication", trigger["authenticationRef"]["name"])["spec"]
    parameters = {one["parameter"] for one in (*shown["env"], *shown["secretTargetRef"])}
    assert {"username", "password"} <= parameters <= KEDA_AUTHENTICATION
    assert shown["env"][0]["name"].removeprefix(f"{service.upper()}_") in configured(full, service)


def test_what_is_scaled_has_no_number_of_its_own(rendered: Mapping[str, Rendering]):
    for values, scaled in (("full", True), ("minimal", False)):
        for one in rendered[f"helm4 {values}"].of("Deployment"):
            ours = one["spec"]["template"]["metadata"]["labels"].get("mentorship.role")
            assert ("replicas" in one["spec"]) is not (scaled and bool(ours))


def test_a_pod_has_time_to_finish_before_it_is_killed(rendered: Mapping[str, Rendering]):
    server = re.search(r"timeout_graceful_shutdown=(\d+)", inspect.getsource(chassis.serve))
    settled = re.search(r"timeout=(\d+)", inspect.getsource(chassis._settled))
    assert server
    assert settled
    closing = 5 + 5  # the relay's producer and the cluster's client
    for some in ("helm4 minimal", "helm4 prod"):
        for role in ("api", "worker"):
            for service in SERVICES:
                spec = deployment(rendered[some], service, role)["spec"]["template"]["spec"]
                (container,) = spec["containers"]
                drained = container["lifecycle"]["preStop"]["sleep"]["seconds"]
                gone = container["readinessProbe"]["periodSeconds"] * container["readinessProbe"]["failureThreshold"]
                assert 0 < drained <= gone
                needed = drained + int(server[1]) + int(settled[1]) + closing
                assert spec["terminationGracePeriodSeconds"] >= needed
    assert "45" in refused("minimal", "--set", "terminationGracePeriodSeconds=44")


def test_every_pod_is_confined(rendered: Mapping[str, Rendering]):
    """Hold them to Kubernetes's `restricted`, and more: no token, no address of others, nothing to write."""
    for name, some in rendered.items():
        for pod, made in some.pods().items():
            spec, where = made["spec"], f"{name}: {pod}"
            assert spec["automountServiceAccountToken"] is False, where
            assert spec["enableServiceLinks"] is False, where
            assert spec["securityContext"]["runAsNonRoot"] is True, where
            assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}, where
            for container in spec["containers"]:
                locked = container["securityContext"]
                assert locked["allowPrivilegeEscalation"] is False, where
                assert locked["readOnlyRootFilesystem"] is True, where
                assert locked["capabilities"]["drop"] == ["ALL"], where
                assert set(locked["capabilities"].get("add", ())) <= {"NET_BIND_SERVICE"}, where
                assert container["resources"]["requests"].keys() == {"cpu", "memory"}, where
                assert "memory" in container["resources"]["limits"], where


def test_a_changed_setting_rolls_the_pods(full: Rendering):
    changed = render("helm4", "full", "mentorship", "--set", "services.projects.settings.LOG_LEVEL=ERROR")
    for service in SERVICES:
        for role in ("api", "worker"):
            before, after = (deployment(some, service, role)["spec"]["template"] for some in (full, changed))
            assert (before != after) is (service == "projects")
    jobs = {one["metadata"]["name"] for one in full.of("Job")} ^ {one["metadata"]["name"] for one in changed.of("Job")}
    assert {name.rpartition("-")[0] for name in jobs} == {"mentorship-prepare-projects", "mentorship-topics"}


def test_a_job_of_another_image_is_another_job(full: Rendering):
    newer = render("helm4", "full", "mentorship", "--set", "image.tag=0.2.0")
    assert not {one["metadata"]["name"] for one in full.of("Job")} & {
        one["metadata"]["name"] for one in newer.of("Job")
    }
    assert all("helm.sh/hook" not in one["metadata"].get("annotations", {}) for one in full.of("Job"))


def test_jobs_run_commands_that_there_are(full: Rendering):
    tried = importlib.import_module("typer.main").get_command(importlib.import_module("services.__main__").app)
    for job in full.of("Job"):
        command, words = tried, list(job["spec"]["template"]["spec"]["containers"][0]["args"])
        while words and words[0] in getattr(command, "commands", {}):
            command = command.commands[words.pop(0)]
        options = {flag for parameter in command.params for flag in parameter.opts}
        assert not hasattr(command, "commands"), words
        assert {word for word in words if word.startswith("--")} <= options, words


@pytest.mark.parametrize("kind", ["HTTPRoute", "Ingress"])
def test_the_same_paths_lead_inside_as_at_the_gateway(full: Rendering, kind: str):
    led: dict[str, dict[str, set[str]]] = {}
    for to, path, exact in _led(full, kind):
        led.setdefault(to, {"prefixes": set(), "exact": set()})["exact" if exact else "prefixes"].add(path)
    wanted = {f"mentorship-{to}": {how: set(paths) for how, paths in said.items()} for to, said in routes().items()}
    assert led == wanted
    everything = [(path, exact) for _, path, exact in _led(full, kind)]
    for inside in (*INTERNAL, "/health/live", "/health/ready"):
        assert not any(_leads(inside, path, exact=exact) for path, exact in everything), inside
    assert len(everything) == len(set(everything))


def test_no_route_ends_a_stream_or_asks_twice(full: Rendering):
    rules = [rule for route in full.of("HTTPRoute") for rule in route["spec"]["rules"]]
    assert len(rules) == len(SERVICES) + 1
    for rule in rules:
        assert rule["timeouts"] == {"request": "0s"}
        assert "retry" not in rule
        assert rule["filters"][0]["requestHeaderModifier"]["remove"] == ["Forwarded", "X-Real-IP"]


@pytest.mark.parametrize(("values", "production"), [("prod", "true"), ("full", "false")])
def test_every_service_knows_whether_it_is_in_production_and_whom_it_believes(
    rendered: Mapping[str, Rendering], values: str, production: str
):
    settings = {
        name: value
        for config in rendered[f"helm4 {values}"].of("ConfigMap")
        for name, value in config.get("data", {}).items()
    }
    for service in SERVICES:
        assert settings[f"{service.upper()}_PRODUCTION"] == production
        assert "10.0.0.0/8" in settings[f"{service.upper()}_TRUSTED_PROXIES"].split(",")


def _led(rendered: Rendering, kind: str) -> list[tuple[str, str, bool]]:
    if kind == "Ingress":
        (ingress,) = rendered.of("Ingress")
        paths = ingress["spec"]["rules"][0]["http"]["paths"]
        return [(one["backend"]["service"]["name"], one["path"], one["pathType"] == "Exact") for one in paths]
    found = []
    for route in rendered.of("HTTPRoute"):
        (rule,) = route["spec"]["rules"]
        assert len(rule["matches"]) <= 64, "the Gateway API takes no more"
        (backend,) = rule["backendRefs"]
        found += [(backend["name"], one["path"]["value"], one["path"]["type"] == "Exact") for one in rule["matches"]]
    return found


def _leads(asked: str, path: str, *, exact: bool) -> bool:
    return asked == path or (not exact and asked.startswith(f"{path.rstrip('/')}/"))


@pytest.mark.parametrize("service", SERVICES)
def test_every_route_of_a_service_is_reached_by_a_path(full: Rendering, service: str):
    led = [(path, exact) for to, path, exact in _led(full, "HTTPRoute") if to == f"mentorship-{service}"]
    paths = [context.path or "" for context in iter_route_contexts(BUILT[service].app(Role.API).routes)]
    assert len(paths) > 20
    for path in (re.sub(r"\{[^}]+\}", "x", path) for path in paths):
        inside = path.startswith(INTERNAL)
        assert any(_leads(path, to, exact=exact) for to, exact in led) is not inside, path


def test_rules_and_dashboards_are_loaded(tmp_path: Path):
    chart = tmp_path / "mentorship"
    shutil.copytree(CHART, chart)
    alert = "groups:\n  - name: it\n    rules: [{alert: It, expr: up == 0, annotations: {is: '{{ $value }}'}}]\n"
    (chart / "files" / "alerts" / "planted.yaml").write_text(alert)
    (chart / "files" / "dashboards" / "planted.json").write_text('{"title": "{{ planted }}"}')
    values = str(CHART / "ci" / "full-values.yaml")
    some = Rendering(objects(run(tools("helm4").helm, "template", "mentorship", chart, "--values", values)))
    (rule,) = some.named("PrometheusRule", "mentorship-planted")["spec"]["groups"]
    assert rule["rules"][0]["annotations"] == {"is": "{{ $value }}"}
    loaded = some.named("ConfigMap", "mentorship-dashboard-planted")
    assert json.loads(loaded["data"]["planted.json"]) == {"title": "{{ planted }}"}
    assert loaded["metadata"]["labels"]["grafana_dashboard"] == "1"
    assert {path.stem for path in (chart / "files" / "alerts").glob("*.yaml")} == {
        one["metadata"]["name"].removeprefix("mentorship-") for one in some.of("PrometheusRule")
    }
    assert len(list((chart / "files" / "dashboards").glob("*.json"))) == sum(
        "-dashboard-" in one["metadata"]["name"] for one in some.of("ConfigMap")
    )


def test_names_fit_for_the_longest_release(rendered: Mapping[str, Rendering]):
    assert len(LONG) == 53
    for one in rendered["long"]:
        most = 54 if one["kind"] == "ScaledObject" else 63  # KEDA makes a label of it, with keda-hpa- before
        assert len(one["metadata"]["name"]) <= most, one["metadata"]["name"]
        assert all(len(str(value)) <= 63 for value in one["metadata"].get("labels", {}).values())


def test_two_releases_do_not_clash(full: Rendering, rendered: Mapping[str, Rendering]):
    def keys(some: Rendering) -> set[tuple[str, str]]:
        return {(one["kind"], one["metadata"]["name"]) for one in some}

    for name in ("helm4 full", "other", "long"):
        assert not {one["kind"] for one in rendered[name]} & CLUSTER_WIDE
    for one, two in ((full, rendered["other"]), (full, rendered["long"]), (rendered["other"], rendered["long"])):
        assert not keys(one) & keys(two)
    theirs = {
        json.dumps(one["spec"]["selector"], sort_keys=True) for one in rendered["other"].of("Deployment", "Service")
    }
    ours = {json.dumps(one["spec"]["selector"], sort_keys=True) for one in full.of("Deployment", "Service")}
    assert not theirs & ours


def test_a_secret_from_a_store_lies_where_the_pod_looks(full: Rendering):
    external = full.named("ExternalSecret", "mentorship-stipends")
    keys = {one["secretKey"] for one in external["spec"]["data"]}
    assert keys == {"SANDBOX_API_KEY", "SANDBOX_CALLBACK_SECRET", "SMTP_PASSWORD"}
    (volume,) = (
        one
        for one in deployment(full, "stipends", "worker")["spec"]["template"]["spec"]["volumes"]
        if one["name"] == "secrets"
    )
    named = {source["secret"]["name"]: source["secret"]["items"] for source in volume["projected"]["sources"]}
    assert external["spec"]["target"]["name"] in named


REFUSED: Final[list[tuple[str, dict[str, Any], str]]] = [
    ("minimal", {"services.identity.worker.autoscaling.max": PARTITIONS + 1}, "more than the 12 partitions"),
    ("minimal", {"worker.autoscaling.fallback": 7}, "over its max"),
    ("minimal", {"api.autoscaling.min": 9}, "over its max"),
    ("minimal", {"publicUrl": ""}, "publicUrl is missing"),
    ("minimal", {"services.stipends.settings.PAYMENT_PROVIDER": "stripe"}, "STRIPE_API_KEY"),
    ("minimal", {"services.identity.settings.KEY_SECRET": "x"}, "KEY_SECRET"),
    ("minimal", {"services.identity.secrets.KEY_SECRET": "null"}, "KEY_SECRET is missing"),
    ("minimal", {"services.projects.secrets.KAFKA_PASSWORD": "null"}, "KAFKA_PASSWORD is missing"),
    ("minimal", {"services.projects.settings.LOG_LEVELS": "x"}, "LOG_LEVELS"),
    ("minimal", {"jobs.staff.enabled": "true"}, "jobs.staff.password.name"),
    ("full", {"externalSecrets.store.name": ""}, "names no store"),
    ("prod", {"image.digest": ""}, "image.digest is missing"),
    ("prod", {"site.image.digest": ""}, "site.image.digest is missing"),
    ("prod", {"publicUrl": "http://mentorship.example.org"}, "https alone"),
    ("prod", {"kafka.tls": "false"}, "kafka.tls is off"),
    ("full", {"production": "true"}, "the sandbox pays nobody"),
]


@pytest.mark.parametrize(("values", "changed", "words"), REFUSED, ids=lambda one: str(one)[:60])
def test_values_that_cannot_be_meant_are_refused_in_words(values: str, changed: dict[str, Any], words: str):
    assert words in refused(values, *(word for name, value in changed.items() for word in ("--set", f"{name}={value}")))
