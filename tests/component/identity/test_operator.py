"""What operators do from the command line beside the running service: roles, clients, keys."""

import asyncio
import base64
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
from joserfc.jwk import ECKey

from contracts.identity import PlatformRole
from deploy.local.layout import CHECKOUT
from services.identity.client_registration import Registered
from tests.component.identity.applications import Application
from tests.component.identity.browser import Pkce, answered
from tests.component.identity.provider import PASSWORD, Person, Provider, address

Ended = subprocess.CompletedProcess[str]


async def mentorship(provider: Provider, *words: str, typed: str = "") -> Ended:
    said = provider.service.settings
    environment = {
        "IDENTITY_MONGODB_URI": said.mongodb_uri.get_secret_value(),
        "IDENTITY_MONGODB_DATABASE": said.mongodb_database,
        "IDENTITY_KAFKA_BOOTSTRAP_SERVERS": said.kafka_bootstrap_servers,
        "IDENTITY_HTTP_PORT": "1",
        "IDENTITY_PUBLIC_URL": said.public_url,
        "IDENTITY_KEY_SECRET": base64.b64encode(provider.key_secret).decode(),
    }
    return await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "services", *words],
        cwd=CHECKOUT,
        env={**os.environ, **environment},
        input=typed,
        capture_output=True,
        text=True,
        check=False,
        timeout=180,
    )


async def told(provider: Provider, *words: str, typed: str = "") -> list[dict[str, Any]]:
    """What a command that goes well prints as JSON, a line each."""
    done = await mentorship(provider, *words, "--json", typed=typed)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


async def test_an_account_is_made_listed_and_given_roles(provider: Provider):
    email = address()
    words = ("account", "create", "--email", email, "--password-stdin", "--verified", "--role", "staff")
    made = (await told(provider, *words, typed=PASSWORD))[0]
    assert await told(provider, "account", "list", "--email", email.upper()) == [made]
    assert made in await told(provider, "account", "list", "--role", "staff")
    assert await told(provider, "account", "list", "--email", address()) == []

    changed = await told(provider, "account", "roles", email, "--grant", "finance")
    assert changed == [{**made, "roles": ["finance", "staff"]}]
    me = await (await provider.caller(Person(made["id"], "", email))).get("/v1/me")
    assert (me.json()["name"], me.json()["roles"]) == (email.partition("@")[0], ["finance", "staff"])
    assert {event.by for event in await provider.told(made["id"]) if event.type.startswith("account-roles")} == {
        "system:identity"
    }


async def test_the_last_staff_member_stays_and_an_unknown_address_is_said(provider: Provider):
    accounts = provider.identity.accounts.documents
    await accounts.update_many({"roles": PlatformRole.STAFF}, {"$set": {"roles": []}})
    boss = await provider.person("staff")
    last = await mentorship(provider, "account", "roles", boss.email, "--take", "staff")
    assert (last.returncode, "last staff member" in last.stderr, last.stdout) == (1, True, "")
    unknown = await mentorship(provider, "account", "roles", address(), "--grant", "staff")
    assert (unknown.returncode, "Nobody proved" in unknown.stderr) == (1, True)


async def test_a_client_is_made_with_a_secret_that_works_rotates_and_goes(provider: Provider):
    words = ("client", "create", "--redirect-uri", "https://app.example/callback", "--no-consent")
    made = (await told(provider, *words))[0]
    assert (made["name"], made["first_party"], made["auth_method"]) == ("app.example", True, "client_secret_basic")
    assert await introspecting(provider, made["id"], made["client_secret"]) == 200
    listed = {one["id"]: one for one in await told(provider, "client", "list")}
    assert "client_secret" not in listed[made["id"]]
    assert "secrets" not in listed[made["id"]]
    rotated = (await told(provider, "client", "rotate-secret", made["id"]))[0]
    secrets = (made["client_secret"], rotated["client_secret"])
    assert [await introspecting(provider, made["id"], secret) for secret in secrets] == [200, 200]
    await told(provider, "client", "rotate-secret", made["id"], "--at-once")
    assert [await introspecting(provider, made["id"], secret) for secret in secrets] == [401, 401]

    gone = await told(provider, "client", "delete", made["id"], "--yes")
    assert gone == [{"id": made["id"], "deleted": True}]
    again = await mentorship(provider, "client", "delete", made["id"], "--yes")
    assert (again.returncode, "There is no client" in again.stderr) == (1, True)


async def introspecting(provider: Provider, id: str, secret: str) -> int:
    http = await provider.http(auth=httpx.BasicAuth(id, secret))
    return (await http.post("/oauth2/introspect", data={"token": "t"})).status_code


async def test_a_public_client_signs_people_in_at_once(provider: Provider):
    words = ("client", "create", "--public", "--redirect-uri", "http://127.0.0.1/callback", "--no-consent")
    made = (await told(provider, *words))[0]
    assert (made["auth_method"], "client_secret" in made, "private_key" in made) == ("none", False, False)
    person, browser = await provider.person(), await provider.browser()
    await browser.sign_in(person.email, person.password)
    assert "code" in answered(await browser.authorize(Pkce.new(), client_id=made["id"]))


@pytest.mark.parametrize("own", [True, False])
async def test_a_client_with_keys_brings_its_own_or_is_shown_one_once(provider: Provider, tmp_path: Path, *, own: bool):
    key, place = ECKey.generate_key("P-256", auto_kid=True), tmp_path / "keys.json"
    place.write_text(json.dumps({"keys": [key.as_dict(private=False)]}))
    words = ("client", "create", "--auth", "private_key_jwt", "--by-itself", "--scope", "reports:read")
    made = (await told(provider, *words, *(("--jwks", str(place)) if own else ())))[0]
    assert ("private_key" in made) is not own
    known = await provider.identity.clients.get(made["id"])
    assert known
    private = dict(key.as_dict(private=True)) if own else made["private_key"]
    app = Application(Registered(known, private_key=private), provider.url)
    answer = await app.post(await provider.http(), "/oauth2/token", grant_type="client_credentials")
    assert (answer.status_code, answer.json()["scope"]) == (200, "reports:read")


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("--redirect-uri", "http://app.example/"), "is not good"),
        (("--public",), "sent back to"),
        (("--redirect-uri", "https://app.example/", "--auth", "password"), "auth_method"),
        (("--public", "--no-pkce", "--redirect-uri", "https://app.example/"), "always with PKCE"),
    ],
)
async def test_a_client_that_would_not_be_safe_ends_with_1_and_why(
    provider: Provider, words: tuple[str, ...], why: str
):
    done = await mentorship(provider, "client", "create", *words)
    assert (done.returncode, why in done.stderr, done.stdout) == (1, True, ""), done.stderr


async def test_the_keys_are_rotated_while_the_service_runs(provider: Provider):
    before = {key["id"] for key in await told(provider, "keys", "list")}
    rotated = await told(provider, "keys", "rotate")
    assert sorted(key["state"] for key in rotated) == ["active", "active", "next", "next"]
    assert not any({"sealed", "public"} & key.keys() for key in rotated)
    waiting = await mentorship(provider, "keys", "rotate")
    assert (waiting.returncode, "published already" in waiting.stderr) == (1, True)
    at_once = await told(provider, "keys", "rotate", "--at-once")
    assert {key["state"] for key in at_once} == {"active"}
    assert not before & {key["id"] for key in at_once}


async def test_a_file_that_is_no_key_set_is_said(provider: Provider, tmp_path: Path):
    place = tmp_path / "keys.json"
    for content, why in (("no JSON", "is no JSON"), ("{}", "no JSON Web Key Set"), ("[]", "valid dictionary")):
        place.write_text(content)
        words = ("client", "create", "--auth", "private_key_jwt", "--by-itself", "--jwks", str(place))
        done = await mentorship(provider, *words)
        assert (done.returncode != 0, why in done.stderr, done.stdout) == (True, True, ""), done.stderr
