"""Projects, served alone, and the `mentorship` command with the environment of that very service."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from typer.testing import CliRunner, Result
from uuid6 import uuid7

from contracts.identity import PersonDescribed
from contracts.ids import AccountId, ActorId
from deploy.local.platform import Platform
from services.__main__ import app
from services.projects import app as rooms
from tests.support.issuer import Issuer
from tests.support.served import Served, serving


@dataclass
class Operator:
    """Somebody with a terminal, and the environment of one service."""

    environment: dict[str, str]

    async def tries(self, *words: str) -> Result:
        """Run the command in a thread: it has an event loop of its own."""
        return await asyncio.to_thread(CliRunner(env=self.environment).invoke, app, words)

    async def does(self, *words: str) -> str:
        done = await self.tries(*words)
        assert done.exit_code == 0, done.output + repr(done.exception)
        return done.stdout

    async def sees(self, *words: str) -> list[dict[str, Any]]:
        return [json.loads(line) for line in (await self.does(*words, "--json")).splitlines()]


@pytest.fixture(scope="module")
async def projects(platform: Platform, issuer: Issuer) -> AsyncIterator[Served]:
    async with serving(rooms, platform, issuer) as served:
        yield served


@pytest.fixture
def operator(platform: Platform, projects: Served) -> Operator:
    return operating(platform, projects)


def operating(platform: Platform, projects: Served) -> Operator:
    settings = projects.service.settings
    own = {"MONGODB_DATABASE": settings.mongodb_database, "KAFKA_GROUP": settings.kafka_group}
    own |= {"PUBLIC_URL": settings.public_url, "DISCOVERY_URL": settings.discovery_url}
    own |= {"SMTP_HOST": settings.smtp_host, "SMTP_PORT": str(settings.smtp_port)}
    environment = platform.environment("projects") | {f"PROJECTS_{name}": value for name, value in own.items()}
    return Operator(environment)


def described(name: str = "Mira", *, sequence: int = 1, id: str | None = None) -> PersonDescribed:
    account = AccountId(ActorId(id or str(uuid7())))
    return PersonDescribed(id=account, name=name, emails=(), sequence=sequence, at=datetime.now(UTC), by=account)
