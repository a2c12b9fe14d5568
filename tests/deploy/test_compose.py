"""The compose file starts every service as its settings want it, and names nothing that is not there."""

import importlib
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from contracts.catalog import SERVICES
from services.chassis.service import Role

FILE = Path(__file__).parents[2] / "deploy" / "compose" / "compose.yaml"
SECRET = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
SECRETS = {"IDENTITY_KEY_SECRET": SECRET, "STIPENDS_PAYEE_SECRET": SECRET}


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    text = re.sub(r"\$\{(\w+):\?[^}]*\}", lambda found: SECRETS[found[1]], FILE.read_text())
    text = re.sub(r"\$\{\w+_PORT:-(\d+)\}", r"\1", text)
    found: dict[str, Any] = yaml.safe_load(text)["services"]
    return found


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("role", [Role.API, Role.WORKER])
def test_each_service_runs_in_each_role_with_settings_it_takes(
    services: dict[str, Any], monkeypatch: pytest.MonkeyPatch, service: str, role: Role
):
    part = services[service if role is Role.API else f"{service}-worker"]
    assert part["command"] == ["serve", service, "--role", role.value]
    settings = importlib.import_module(f"services.{service}.app").Settings
    prefix = settings.model_config["env_prefix"]
    known = {f"{prefix}{name}".upper() for name in settings.model_fields}
    assert set(part["environment"]) <= known
    for name in known & set(os.environ):
        monkeypatch.delenv(name)
    for name, value in part["environment"].items():
        monkeypatch.setenv(name, value)
    assert settings.from_environment().http_host == "0.0.0.0"  # noqa: S104 - in a container of its own


def test_all_services_say_the_same_of_what_they_share(services: dict[str, Any]):
    common = [
        {name.partition("_")[2]: value for name, value in services[service]["environment"].items()}
        for service in SERVICES
    ]
    for name in set.intersection(*(set(one) for one in common)):
        assert len({one[name] for one in common}) == 1, name


def test_every_address_is_a_part_of_it(services: dict[str, Any]):
    told = {value for part in services.values() for value in (part.get("environment") or {}).values()}
    hosts = {found for value in told for found in re.findall(r"(?:^|//)([a-z][\w-]*):\d+", value)}
    assert hosts - {"localhost"} <= set(services)
    assert {"mongo", "kafka", *SERVICES} <= hosts


def test_ours_run_with_nothing_they_do_not_need(services: dict[str, Any]):
    ours = [part for part in services.values() if part["image"].startswith("${MENTORSHIP_IMAGE")]
    assert len(ours) == 2 * len(SERVICES) + 1
    assert {(part["read_only"], *part["cap_drop"], *part["security_opt"]) for part in ours} == {
        (True, "ALL", "no-new-privileges:true")
    }


def test_the_gateway_is_told_all_that_it_asks_for(services: dict[str, Any]):
    caddyfile = (FILE.parents[1] / "gateway" / "Caddyfile").read_text()
    page = (FILE.parents[1] / "gateway" / "site" / "index.html").read_text()
    asked = set(re.findall(r"\{\$(\w+)[:}]", caddyfile)) | set(re.findall(r'env "(\w+)"', page))
    assert asked <= set(services["gateway"]["environment"])


def test_nothing_is_of_the_latest_version(services: dict[str, Any]):
    images = {part["image"] for part in services.values()} - {"${MENTORSHIP_IMAGE:-mentorship:latest}"}
    assert [image for image in images if not re.fullmatch(r"[\w/]+:v?\d+\.[\w.-]+", image)] == []


@pytest.mark.parametrize("command", [["docker", "compose"], ["docker-compose"]], ids=" ".join)
def test_compose_itself_takes_it(command: list[str]):
    if shutil.which(command[0]) is None or _run([*command, "version"]).returncode:
        pytest.skip(f"there is no `{' '.join(command)}` (Debian: apt-get install docker-compose)")
    done = _run([*command, "-f", str(FILE), "config"])
    assert done.returncode == 0, done.stderr
    assert set(SERVICES) < set(yaml.safe_load(done.stdout)["services"])
    without = _run([*command, "-f", str(FILE), "config"], dict.fromkeys(SECRETS, ""))
    assert without.returncode != 0
    assert "IDENTITY_KEY_SECRET" in without.stderr


def _run(words: list[str], secrets: dict[str, str] = SECRETS) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(words, env=os.environ | secrets, capture_output=True, text=True, check=False)  # noqa: S603
