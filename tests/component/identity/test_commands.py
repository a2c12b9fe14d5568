"""The operator's command, beside a running service."""

import asyncio
import base64
import json
import os
import subprocess
import sys
from pathlib import Path

from deploy.local.layout import CHECKOUT
from tests.component.identity.provider import PASSWORD, Provider, address

Ended = subprocess.CompletedProcess[str]


async def create(provider: Provider, email: str, *more: str, password: str = PASSWORD) -> Ended:
    return await asyncio.to_thread(_create, provider, email, *more, password=password)


def environment(provider: Provider) -> dict[str, str]:
    """Tell a command of the same store."""
    said = provider.service.settings
    return {
        "IDENTITY_MONGODB_URI": said.mongodb_uri.get_secret_value(),
        "IDENTITY_MONGODB_DATABASE": said.mongodb_database,
        "IDENTITY_KAFKA_BOOTSTRAP_SERVERS": said.kafka_bootstrap_servers,
        "IDENTITY_HTTP_PORT": "1",
        "IDENTITY_PUBLIC_URL": said.public_url,
        "IDENTITY_KEY_SECRET": base64.b64encode(provider.key_secret).decode(),
    }


def _create(provider: Provider, email: str, *more: str, password: str) -> Ended:
    words = ("account", "create", "--email", email, "--name", "Otto Brook", "--password-stdin", *more)
    return _run(provider, *words, typed=password)


async def mentorship(provider: Provider, *words: str) -> Ended:
    return await asyncio.to_thread(_run, provider, *words)


def _run(provider: Provider, *words: str, typed: str = "") -> Ended:
    return subprocess.run(  # noqa: S603 - ours
        [sys.executable, "-m", "services", *words],
        cwd=CHECKOUT,
        env={**os.environ, **environment(provider)},
        input=typed,
        capture_output=True,
        text=True,
        check=False,
        timeout=180,
    )


async def test_an_operator_makes_the_first_staff_member(provider: Provider):
    email = address()
    done = await create(provider, email, "--verified", "--role", "staff", "--role", "finance", "--json")

    assert done.returncode == 0, done.stderr
    made = json.loads(done.stdout)
    assert made == {"id": made["id"], "email": email, "status": "active", "roles": ["staff", "finance"]}
    tokens = await (await provider.browser()).tokens_for(email, PASSWORD)
    me = await (await provider.http()).get("/v1/me", headers={"Authorization": f"Bearer {tokens['access_token']}"})
    assert (me.json()["id"], me.json()["roles"]) == (made["id"], ["finance", "staff"])
    kinds = [event.type for event in await provider.told(made["id"])]
    assert kinds.count("account-roles.changed.v1") == 2


async def test_a_taken_address_or_a_bad_password_ends_with_1_and_says_why(provider: Provider):
    taken = await create(provider, (await provider.person()).email, "--verified")
    assert (taken.returncode, "already" in taken.stderr, taken.stdout) == (1, True, "")
    weak = await create(provider, address(), "--verified", password="password1234")
    assert (weak.returncode, "guessed" in weak.stderr) == (1, True)
    wrong = await create(provider, "nobody", "--verified")
    assert (wrong.returncode, "email" in wrong.stderr) == (1, True)


async def test_an_account_that_is_not_verified_is_mailed_a_link(provider: Provider):
    email = address()
    done = await create(provider, email)
    assert (done.returncode, "unverified" in done.stdout) == (0, True)
    assert await provider.mailed_token(email)


async def test_a_job_makes_the_first_staff_member_once_however_often_it_runs(provider: Provider, tmp_path: Path):
    email, kept = address(), tmp_path / "password"
    kept.write_text(PASSWORD + "\n")
    words = ("account", "create", "--email", email, "--password-file", str(kept), "--verified", "--unless-there")
    first = await mentorship(provider, *words)
    assert (first.returncode, "active" in first.stdout) == (0, True), first.stderr
    again = await mentorship(provider, *words)
    assert (again.returncode, "nothing was done" in again.stdout) == (0, True), again.stderr
    assert await (await provider.browser()).tokens_for(email, PASSWORD)
    both = await mentorship(provider, *words, "--password-stdin")
    assert (both.returncode, "either" in both.stderr) == (2, True)
