"""Secrets that rotate under a running service: it reads their files anew once they change."""

import base64
import secrets
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from deploy.local.platform import Platform
from services.chassis.vault import SealBroken
from tests.component.stipends.scene import Mentee, Scene, playing, somebody
from tests.component.stipends.test_provider import CALLBACK, signed, word
from tests.support.waiting import eventually

PAYEE = {"account": "sandbox-paid", "holder_name": "Mira Maker", "country": "DE"}


@pytest.fixture
async def scene(platform: Platform, tmp_path: Path) -> AsyncIterator[Scene]:
    async with playing(platform, secrets=tmp_path) as scene:
        yield scene


def say(folder: Path, name: str, value: str) -> None:
    """Exchange a file as a cluster does: the new one takes the old one's place."""
    (folder / "..new").write_text(value)
    (folder / "..new").rename(folder / f"STIPENDS_{name}")


async def test_a_callback_counts_by_the_secret_of_now(scene: Scene, tmp_path: Path):
    anybody, told = await scene.served.caller(), word(Mentee(somebody()))

    async def heard(secret: str) -> int:
        return (await anybody.post(CALLBACK, **signed(scene, told, secret=secret))).status_code

    assert [await heard(scene.secret), await heard("the next one")] == [404, 403]
    say(tmp_path, "SANDBOX_CALLBACK_SECRET", "the next one")
    assert [await heard(scene.secret), await heard("the next one")] == [403, 404]
    say(tmp_path, "SANDBOX_API_KEY", "")
    say(tmp_path, "SANDBOX_CALLBACK_SECRET", "one that is not taken, for a setting beside it is missing")
    assert await heard("the next one") == 404


async def test_payments_are_asked_for_by_the_key_of_now(scene: Scene, tmp_path: Path):
    right = (tmp_path / "STIPENDS_SANDBOX_API_KEY").read_text()
    say(tmp_path, "SANDBOX_API_KEY", "one that the provider does not know")
    project = await scene.project(deposit=20_000)
    mentee = await scene.requested(project)
    await scene.approved(project, mentee)
    asked = {"_id": f"{mentee.application}.1.1", "asked": {"$gt": 0}}
    await eventually(lambda: scene.store.payments.find_one(asked), what="an answer of the provider")
    assert await scene.payments_of(mentee) == []
    say(tmp_path, "SANDBOX_API_KEY", right)
    await scene.becomes(mentee, "paid")


async def test_the_key_that_seals_payees_is_rotated(scene: Scene, tmp_path: Path):
    mira, stored = await scene.served.caller(somebody()), scene.store.payees
    assert (await mira.put("/v1/payees/me", json=PAYEE)).status_code == 200
    (before,) = await stored.documents.find({})
    first = (tmp_path / "STIPENDS_PAYEE_SECRET").read_text()
    second = base64.b64encode(secrets.token_bytes(32)).decode()

    say(tmp_path, "PAYEE_SECRET_OTHER", second)
    assert (await mira.put("/v1/payees/me", json=PAYEE)).json()["version"] == before["version"]
    say(tmp_path, "PAYEE_SECRET", second)
    say(tmp_path, "PAYEE_SECRET_OTHER", first)
    assert (await stored.renew_seals()).count == 1
    (tmp_path / "STIPENDS_PAYEE_SECRET_OTHER").unlink()

    (after,) = await stored.documents.find({})
    assert stored.opened(after["_id"], after["sealed"]).account == "sandbox-paid"
    with pytest.raises(SealBroken):
        stored.opened(after["_id"], before["sealed"])
