"""What keeps the rooms apart, beyond import-linter: policies, one driver's name, the words that do not belong."""

import ast
import importlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import APIRouter, FastAPI

from contracts.catalog import SERVICES
from services.chassis.http import RouteWithoutPolicy, refuse_routes_without_policy
from services.chassis.service import Service

ROOT = Path(__file__).parents[2]


def built(service: str) -> Service[object]:
    rooms = importlib.import_module(f"services.{service}.app")
    said = {
        "mongodb_uri": "mongodb://nowhere/?replicaSet=rs0",
        "kafka_bootstrap_servers": "nowhere:9092",
        "http_port": 1,
        "public_url": "https://nowhere",
    }
    secrets = dict.fromkeys(("key_secret", "payee_secret"), "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")
    sandbox = {"sandbox_url": "http://nowhere", "sandbox_api_key": "key", "sandbox_callback_secret": "secret"}
    return rooms.build(rooms.Settings(**said, **secrets, **sandbox))  # type: ignore[no-any-return]


@pytest.mark.parametrize("service", SERVICES)
async def test_every_route_says_who_may_call_it(service: str):
    assert built(service).app().title == f"Mentorship {service}"


def test_a_route_without_policy_keeps_a_service_from_starting():
    app, router = FastAPI(docs_url=None, redoc_url=None), APIRouter()
    router.add_api_route("/v1/secrets", lambda: "everything")
    app.include_router(router)
    with pytest.raises(RouteWithoutPolicy, match="/v1/secrets"):
        refuse_routes_without_policy(app)


def test_the_driver_is_named_in_one_room():
    naming = {path.parent.relative_to(ROOT) for path, name in imports() if name.split(".")[0] in {"motor", "pymongo"}}
    assert naming == {Path("services/chassis/mongo")}


def test_the_chassis_knows_no_business_word():
    words = re.compile(
        r"\b(mentee|mentor(?!ship)|stipend|applicant|enroll|term|evaluation|installment)s?\b", re.IGNORECASE
    )
    chassis = (ROOT / "services" / "chassis").glob("*.py")
    assert {path.name: words.findall(path.read_text()) for path in chassis if words.search(path.read_text())} == {}


@pytest.mark.parametrize("service", SERVICES)
def test_every_service_has_the_same_rooms(service: str):
    folder = ROOT / "services" / service
    rooms = {path.stem for path in folder.iterdir()}
    assert {"__init__", "domain", "store", "api", "consumers", "app", "settings"} <= rooms
    card = (folder / "__init__.py").read_text()
    assert all(word in card for word in ("Owns", "Publishes", "Listens to")), card


def imports() -> Iterator[tuple[Path, str]]:
    for path in (ROOT / "services").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                yield from ((path, alias.name) for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module:
                yield path, node.module
