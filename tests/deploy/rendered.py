"""The chart and the infrastructure as Kubernetes gets them, and how to look at them."""

import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from tests.deploy.generated import CHART, ROOT
from tests.deploy.tools import WHEELS, tools

INFRA: Final = ROOT / "deploy" / "infra"
OVERLAYS: Final = ("namespace", "gateway", "kafka/single", "kafka/ha", "mongodb/single", "mongodb/ha")
VALUES: Final = tuple(sorted(path.name.removesuffix("-values.yaml") for path in (CHART / "ci").glob("*-values.yaml")))
Object = dict[str, Any]
LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def run(*command: str | Path, patience: float = 120) -> str:
    """Run it, and give what it wrote. Raises `AssertionError` with its own words."""
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=patience)  # noqa: S603  ours
    assert done.returncode == 0, f"{' '.join(map(str, command))}\n{done.stdout}{done.stderr}"
    return done.stdout


def refused(values: str, *more: str) -> str:
    """Give the words with which the chart refuses these values."""
    command = template("helm4", values, "mentorship", *more)
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)  # noqa: S603  ours
    assert done.returncode, f"{values} with {more} was not refused"
    return done.stderr


def template(helm: str, values: str, release: str, *more: str) -> list[str]:
    said = str(CHART / "ci" / f"{values}-values.yaml")
    return [str(tools(helm).helm), "template", release, str(CHART), "--namespace", "ours", "--values", said, *more]


def objects(text: str) -> tuple[Object, ...]:
    return tuple(one for one in yaml.load_all(text, LOADER) if one)


@dataclass(frozen=True)
class Rendering:
    """What one render gave."""

    objects: tuple[Object, ...]

    def __iter__(self) -> Iterator[Object]:
        return iter(self.objects)

    def of(self, *kinds: str) -> list[Object]:
        return [one for one in self.objects if one["kind"] in kinds]

    def named(self, kind: str, name: str) -> Object:
        (found,) = (one for one in self.of(kind) if one["metadata"]["name"] == name)
        return found

    def pods(self) -> dict[str, Object]:
        """Give the pod of everything that makes pods, as metadata and spec, by its maker's kind and name."""
        found = {}
        for one in self.objects:
            if one["kind"] == "Pod":
                found[f"Pod/{one['metadata']['name']}"] = one
            elif one["kind"] == "CronJob":
                found[f"CronJob/{one['metadata']['name']}"] = one["spec"]["jobTemplate"]["spec"]["template"]
            elif one["kind"] in {"Deployment", "Job"}:
                found[f"{one['kind']}/{one['metadata']['name']}"] = one["spec"]["template"]
        return found


def render(helm: str, values: str, release: str = "mentorship", *more: str) -> Rendering:
    return Rendering(objects(run(*template(helm, values, release, *more))))


def build(overlay: str) -> Rendering:
    return Rendering(objects(run(tools("helm4").kubectl, "kustomize", INFRA / overlay)))


LONG: Final = "a-release-with-as-long-a-name-as-helm-lets-it-have-x53"[:53]


def everything() -> dict[str, Rendering]:
    """Render it all, side by side: each values file by each Helm, long and second releases, each overlay."""
    with ThreadPoolExecutor(4) as pool:
        jobs = {f"{helm} {values}": pool.submit(render, helm, values) for helm in WHEELS for values in VALUES}
        jobs["long"] = pool.submit(render, "helm4", "full", LONG)
        jobs["other"] = pool.submit(render, "helm4", "full", "other")
        jobs |= {overlay: pool.submit(build, overlay) for overlay in OVERLAYS}
        return {name: job.result() for name, job in jobs.items()}
