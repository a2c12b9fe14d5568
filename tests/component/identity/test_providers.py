"""Sign-in providers: added by staff and by operators, their secrets sealed and never shown."""

import asyncio
import json
import os
import subprocess
import sys
from typing import Any

import httpx
import pytest

from contracts.identity import SignInProviderAdded, SignInProviderChanged
from deploy.local.layout import CHECKOUT
from tests.component.identity.provider import Provider
from tests.component.identity.test_commands import environment

SECRET = "a very secret secret"


@pytest.fixture(scope="module")
async def staff(provider: Provider) -> httpx.AsyncClient:
    return await provider.strong_caller(await provider.person("staff"))


def google(id: str, **changes: Any) -> dict[str, Any]:
    return {"id": id, "kind": "google", "client_id": "c-1", "client_secret": SECRET, **changes}


async def test_staff_add_a_provider_whose_secret_is_sealed_and_never_shown(
    provider: Provider, staff: httpx.AsyncClient
):
    answer = await staff.post("/v1/providers", json=google("google"))

    assert answer.status_code == 201, answer.text
    assert (answer.json()["label"], answer.json()["issuer"]) == ("Google", "https://accounts.google.com")
    listed = await staff.get("/v1/providers")
    assert "google" in [item["id"] for item in listed.json()["items"]]
    told = await provider.told("google")
    assert [type(event) for event in told] == [SignInProviderAdded]
    document = await provider.service.store.database["providers"].find_one({"_id": "google"})
    everything = f"{answer.text} {listed.text} {told} {document}"
    assert SECRET not in everything
    found = await provider.identity.providers.get("google")
    assert provider.identity.providers.secret_of(found) == SECRET
    assert "Sign in with Google" in (await (await provider.browser()).http.get("/sign-in")).text


async def test_a_name_is_given_once(staff: httpx.AsyncClient):
    answers = await asyncio.gather(*(staff.post("/v1/providers", json=google("once")) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    taken = next(answer.json() for answer in answers if answer.status_code == 409)
    assert taken["type"] == "/problems/provider-there"


@pytest.mark.parametrize(
    "changes",
    [
        {"kind": "openid"},
        {"kind": "openid", "issuer": "http://id.example"},
        {"kind": "myspace"},
        {"id": "Upper"},
        {"id": "passkey"},
        {"client_secret": ""},
        {"hosts": ["https://a.example/x"]},
        {"proves": True},
    ],
)
async def test_what_would_not_work_is_refused(staff: httpx.AsyncClient, changes: dict[str, Any]):
    assert (await staff.post("/v1/providers", json=google("refused") | changes)).status_code == 422


async def test_a_provider_is_disabled_enabled_and_given_another_secret(provider: Provider, staff: httpx.AsyncClient):
    await staff.post("/v1/providers", json=google("changing", label="Changing"))

    assert (await staff.post("/v1/providers/changing/disable")).json()["enabled"] is False
    assert "Changing" not in (await (await provider.browser()).http.get("/sign-in")).text
    assert (await staff.post("/v1/providers/changing/enable")).json()["enabled"] is True
    replaced = await staff.post("/v1/providers/changing/replace-secret", json={"client_secret": "another secret"})

    assert (replaced.status_code, "another secret" in replaced.text) == (200, False)
    found = await provider.identity.providers.get("changing")
    assert provider.identity.providers.secret_of(found) == "another secret"
    kinds = [type(event) for event in await provider.told("changing")]
    assert kinds == [SignInProviderAdded, *[SignInProviderChanged] * 3]
    assert (await staff.post("/v1/providers/nobody/enable")).status_code == 404


async def test_providers_are_for_staff_with_a_fresh_second_factor(provider: Provider):
    nobody, member = await provider.http(), await provider.caller(await provider.person())
    weak = await provider.caller(await provider.person("staff"))
    for path in ("", "/google/enable", "/google/disable"):
        body = google("x") if not path else None
        answers = [await http.post(f"/v1/providers{path}", json=body) for http in (nobody, member, weak)]
        assert [answer.status_code for answer in answers] == [401, 403, 401], path
    assert [(await http.get("/v1/providers")).status_code for http in (nobody, member, weak)] == [401, 403, 200]


async def test_a_token_that_is_older_than_the_end_of_a_role_adds_nothing(provider: Provider, staff: httpx.AsyncClient):
    other = await provider.person("staff")
    http = await provider.strong_caller(other)
    await staff.post(f"/v1/accounts/{other.id}/roles", json={"role": "staff", "granted": False})
    assert (await http.post("/v1/providers", json=google("late"))).status_code == 403
    assert await provider.told("late") == []


async def run(provider: Provider, *words: str, said: str = "") -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "services", "provider", *words]
    return await asyncio.to_thread(
        subprocess.run,
        command,
        cwd=CHECKOUT,
        env={**os.environ, **environment(provider)},
        input=said,
        capture_output=True,
        text=True,
        check=False,
        timeout=180,
    )


async def test_an_operator_adds_lists_and_disables_while_the_service_runs(provider: Provider):
    told = ("--kind", "github", "--client-id", "c-2", "--label", "Our Git", "--issuer", "https://git.acme.example")
    done = await run(provider, "add", "ours", *told, "--secret-stdin", "--json", said=f"{SECRET}\n")

    assert done.returncode == 0, done.stderr
    made = json.loads(done.stdout)
    assert (made["id"], made["hosts"], made["enabled"]) == ("ours", ["git.acme.example"], True)
    found = await provider.identity.providers.get("ours")
    assert provider.identity.providers.secret_of(found) == SECRET
    assert "Sign in with Our Git" in (await (await provider.browser()).http.get("/sign-in")).text
    assert (await provider.told("ours"))[0].by == "system:identity"

    again = await run(provider, "add", "ours", *told, "--secret-stdin", said=SECRET)
    assert (again.returncode, "already" in again.stderr) == (1, True)
    assert (await run(provider, "replace-secret", "ours", "--secret-stdin", said="new")).returncode == 0
    assert (await run(provider, "disable", "ours")).returncode == 0
    listed = await run(provider, "list")
    assert "ours: Our Git (github), https://git.acme.example, disabled." in listed.stdout
    assert SECRET not in listed.stdout + done.stdout + done.stderr
    assert (await run(provider, "enable", "nobody")).returncode == 1
    assert (await run(provider, "replace-secret", "ours", "--secret-stdin")).returncode == 2
