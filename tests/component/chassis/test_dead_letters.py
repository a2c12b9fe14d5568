"""A dead letter is listed, understood, and retried by the command alone, beside the running service."""

import asyncio
from datetime import UTC, datetime

import pytest
from typer.testing import CliRunner
from uuid6 import uuid7

from contracts.identity import PersonDescribed
from contracts.ids import AccountId, ActorId
from deploy.local.platform import Platform
from services.__main__ import app
from services.chassis.messages import Message
from services.projects import app as rooms
from tests.support.issuer import Issuer
from tests.support.served import serving


async def test_a_dead_letter_is_listed_and_retried(platform: Platform, issuer: Issuer, monkeypatch: pytest.MonkeyPatch):
    async with serving(rooms, platform, issuer) as projects:
        event = described()
        letter = Message(event.topic, "0/0", event.key, 1, event.headers(), event.model_dump_json().encode())
        await projects.service.inbox.set_aside(letter, "ValueError: Not this one.", attempts=3)
        for name, value in platform.environment("projects").items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("PROJECTS_MONGODB_DATABASE", projects.service.settings.mongodb_database)

        listed = await command("dead-letters", "list", "projects")
        assert "ValueError: Not this one." in listed
        assert "person.described.v1" in listed

        assert "Applied." in await command("dead-letters", "retry", "projects", listed.splitlines()[0])
        assert await projects.service.data.people.get(event.id) is not None
        assert await command("dead-letters", "list", "projects") == ""


def described() -> PersonDescribed:
    id = AccountId(ActorId(str(uuid7())))
    return PersonDescribed(id=id, name="Mira", emails=(), sequence=1, at=datetime.now(UTC), by=id)


async def command(*words: str) -> str:
    """Run it in a thread: it has an event loop of its own."""
    done = await asyncio.to_thread(CliRunner().invoke, app, words)
    assert done.exit_code == 0, done.output
    return done.output
