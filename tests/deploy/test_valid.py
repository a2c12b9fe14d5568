"""Helm 3 and 4 say the same, lint finds nothing, and Kubernetes 1.30 to 1.37 take it."""

import json
import shutil
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any, Final

import jsonschema
import pytest
import referencing
import yaml
from kubernetes_validate.utils import all_versions, schema_contents

from tests.deploy.generated import CHART, ROOT
from tests.deploy.rendered import OVERLAYS, VALUES, Object, Rendering, run
from tests.deploy.tools import WHEELS, tools

KUBERNETES: Final = tuple(f"1.{minor}.0" for minor in range(30, 38))
NOT_OURS_TO_CHECK: Final = {
    ("external-secrets.io/v1", "ExternalSecret"),
    ("gateway.networking.k8s.io/v1", "Gateway"),
    ("gateway.networking.k8s.io/v1", "HTTPRoute"),
    ("kafka.strimzi.io/v1", "Kafka"),
    ("kafka.strimzi.io/v1", "KafkaNodePool"),
    ("kafka.strimzi.io/v1", "KafkaTopic"),
    ("kafka.strimzi.io/v1", "KafkaUser"),
    ("keda.sh/v1alpha1", "ScaledObject"),
    ("keda.sh/v1alpha1", "TriggerAuthentication"),
    ("mongodbcommunity.mongodb.com/v1", "MongoDBCommunity"),
    ("monitoring.coreos.com/v1", "PodMonitor"),
    ("monitoring.coreos.com/v1", "PrometheusRule"),
}
"""Kinds of operators; Kubernetes has no schema of them. Our own tests look at what matters in them."""
CHECKOV: Final = "checkov==3.3.30"
MEANT: Final = {
    "CKV_K8S_11": ("", "a limit on CPU slows down what has CPU to itself; memory is limited"),
    "CKV_K8S_21": ("", "the namespace is said when it is installed"),
    "CKV_K8S_25": ("mentorship-site", "Caddy's binary has that capability set, and does not start without it"),
    "CKV_K8S_8": ("mentorship-smoke", "it looks once and ends"),
    "CKV_K8S_9": ("mentorship-smoke", "it looks once and ends"),
    "CKV_K8S_15": ("mentorship-backup", "the image is MongoDB's, by its version"),
    "CKV_K8S_43": ("mentorship-backup", "the image is MongoDB's, by its version"),
    "CKV_DOCKER_7": ("Dockerfile.FROM", "the base is an argument, which a release gives by digest"),
}
"""What checkov finds and we mean, where, and why."""


@cache
def registry(version: str) -> Any:
    """Load the definitions of one version; they are large, and each kind refers to them."""
    return referencing.Resource.from_contents(_schema(version, "_definitions")) @ referencing.Registry()


def _schema(version: str, name: str) -> Any:
    return schema_contents(f"kubernetes-json-schema/v{version}-local-strict/{name}.json", version)


@cache
def validator(version: str, api: str, kind: str) -> Any:
    """Give what checks such an object, None where Kubernetes has no such kind."""
    group, _, number = api.rpartition("/")
    try:
        schema = _schema(version, "-".join(filter(None, (kind.lower(), group.partition(".")[0], number))))
    except FileNotFoundError:
        return None
    resource = referencing.Resource.from_contents(schema) @ registry(version)
    return jsonschema.Draft202012Validator(schema, registry=resource)


def distinct(rendered: Mapping[str, Rendering]) -> list[Object]:
    return [json.loads(one) for one in {json.dumps(one, sort_keys=True) for some in rendered.values() for one in some}]


@pytest.mark.parametrize("version", KUBERNETES)
def test_kubernetes_takes_every_object(rendered: Mapping[str, Rendering], version: str):
    assert version in all_versions()
    wrong, unknown = [], set()
    for one in distinct(rendered):
        check = validator(version, one["apiVersion"], one["kind"])
        if check is None:
            unknown.add((one["apiVersion"], one["kind"]))
        else:
            wrong += [f"{one['kind']}/{one['metadata']['name']}: {fault.message}" for fault in check.iter_errors(one)]
    assert wrong == []
    assert unknown <= NOT_OURS_TO_CHECK


def test_a_field_that_kubernetes_does_not_know_is_found(full: Rendering):
    deployment = json.loads(json.dumps(full.of("Deployment")[0]))
    deployment["spec"]["template"]["spec"]["enableServiceLink"] = False
    assert not validator(KUBERNETES[-1], "apps/v1", "Deployment").is_valid(deployment)


@pytest.mark.parametrize("values", VALUES)
def test_helm_3_and_4_render_the_same(rendered: Mapping[str, Rendering], values: str):
    assert rendered[f"helm3 {values}"].objects == rendered[f"helm4 {values}"].objects


def test_lint_finds_nothing():
    def lint(pair: tuple[str, str]) -> str:
        helm, values = pair
        return run(tools(helm).helm, "lint", "--strict", CHART, "--values", CHART / "ci" / f"{values}-values.yaml")

    with ThreadPoolExecutor(4) as pool:
        assert all("0 chart(s) failed" in told for told in pool.map(lint, product(WHEELS, VALUES)))


def test_checkov_finds_nothing_that_is_not_meant(rendered: Mapping[str, Rendering], tmp_path: Path):
    for number, name in enumerate(("helm4 prod", *OVERLAYS)):
        (tmp_path / f"{number}.yaml").write_text(yaml.safe_dump_all(rendered[name].objects))
    shutil.copy(ROOT / "deploy" / "docker" / "Dockerfile", tmp_path)
    checkov = (Path(sys.executable).with_name("uv"), "tool", "run", "-q", "--from", CHECKOV, "checkov")
    frameworks = ("--framework", "kubernetes", "dockerfile")
    words = ("-d", tmp_path, *frameworks, "--skip-download", "--soft-fail", "--quiet", "-o", "json")
    told = run(*checkov, *words, patience=900)  # the first time it is installed
    reports = json.loads(told)
    assert {report["check_type"] for report in reports} == {"kubernetes", "dockerfile"}
    found = {(one["check_id"], one["resource"]) for report in reports for one in report["results"]["failed_checks"]}
    assert {(check, where) for check, where in found if check not in MEANT or MEANT[check][0] not in where} == set()
    assert {check for check, _ in found} == set(MEANT), "what is meant is still found"


def test_every_object_is_said_once(rendered: Mapping[str, Rendering]):
    for name, some in rendered.items():
        keys = [(one["kind"], one["metadata"]["name"]) for one in some]
        assert len(keys) == len(set(keys)), name
