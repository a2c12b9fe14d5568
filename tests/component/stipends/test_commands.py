"""What an operator does with payees and payments from the command line, beside the running service."""

import asyncio
import base64
import json
import secrets

import pytest
from typer.testing import CliRunner

from deploy.local.platform import Platform
from services.stipends import commands
from tests.component.stipends.scene import Scene, somebody


@pytest.fixture
def environment(scene: Scene, platform: Platform, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    database = {"STIPENDS_MONGODB_DATABASE": scene.served.service.store.database.name}
    for name, value in (platform.environment("stipends") | database).items():
        monkeypatch.setenv(name, str(value))
    return monkeypatch


async def test_reconcile_lists_what_differs_and_ends_with_1(scene: Scene, environment: pytest.MonkeyPatch):
    strange = f"strange-{somebody()}"
    await scene.pay_by_hand(strange)
    today = f"{scene.clock():%Y-%m-%d}"
    told = await asyncio.to_thread(CliRunner().invoke, commands.payments, ["reconcile", "--since", today, "--json"])
    assert told.exit_code == 1, told.output
    found = [json.loads(line) for line in told.stdout.splitlines()]
    assert {
        "reference": strange,
        "words": "The provider has 1.00 USD paid; the ledger has nothing of it.",
    } in found

    nothing = await asyncio.to_thread(CliRunner().invoke, commands.payments, ["reconcile", "--since", "2099-01-01"])
    assert (nothing.exit_code, nothing.stdout) == (0, "The provider's books and the ledger agree.\n")


async def test_rotate_key_seals_anew_until_nothing_is_left(scene: Scene, environment: pytest.MonkeyPatch):
    mira = await scene.served.caller(somebody())
    await scene.describe(mira, "sandbox-paid")
    old = base64.b64encode(scene.served.service.settings.payee_secret).decode()  # type: ignore[attr-defined]
    new = base64.b64encode(secrets.token_bytes(32)).decode()
    counts = []
    for key_, other in ((new, old), (new, old), (old, new)):
        environment.setenv("STIPENDS_PAYEE_SECRET", key_)
        environment.setenv("STIPENDS_PAYEE_SECRET_OTHER", other)
        told = await asyncio.to_thread(CliRunner().invoke, commands.payees, ["rotate-key"])
        assert told.exit_code == 0, told.output
        counts.append(int(told.stdout.split()[0]))
    assert counts[0] >= 1
    assert counts[1] == 0
    assert counts[2] == counts[0]
