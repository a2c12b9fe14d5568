"""Every sign-in leaves a note, also in vain, and tells whoever tries no more than before."""

from datetime import datetime
from typing import Any

import pytest

from services.chassis.mongo import Document
from services.chassis.service import now
from tests.component.identity.browser import Browser
from tests.component.identity.provider import Clock, Person, Provider, address
from tests.component.identity.test_second_factor import half_way, set_up


@pytest.fixture
async def wanda(provider: Provider) -> Person:
    return await provider.person()


@pytest.fixture
async def browser(provider: Provider) -> Browser:
    return await provider.browser()


async def noted(provider: Provider, **where: Any) -> list[tuple[str, str, str]]:
    """Give action, outcome and reason, oldest first."""
    notes = await provider.service.store.audit.notes.find(where)
    return [(note["action"], note["outcome"], reason(note)) for note in notes]


def reason(note: Document) -> str:
    return str(note["said"].get("reason", {}).get("text", ""))


async def since(provider: Provider, at: datetime) -> list[Document]:
    return await provider.service.store.audit.notes.find({"at": {"$gte": at}})


async def test_a_sign_in_and_the_way_out_are_noted_with_the_network_they_came_from(
    provider: Provider, browser: Browser, wanda: Person
):
    await browser.sign_in(wanda.email, wanda.password)
    await browser.submit(await browser.http.get("/account"))

    notes = await provider.service.store.audit.notes.find({"concerns": wanda.id, "action": {"$regex": "^sign_"}})
    assert [(note["action"], note["outcome"], reason(note)) for note in notes] == [
        ("sign_in", "done", "pwd"),
        ("sign_out", "done", ""),
    ]
    assert {(note["actor"], note["subject"]) for note in notes} == {(wanda.id, f"accounts/{wanda.id}")}
    assert {note["said"]["address"]["text"] for note in notes} == {"127.0.0.0/24"}


async def test_a_sign_in_in_vain_is_noted_of_a_known_and_of_an_unknown_account(
    provider: Provider, browser: Browser, wanda: Person
):
    began, unknown = now(), address()
    for email in (wanda.email, unknown):
        await browser.sign_in(email, "wrong wrong wrong")

    notes = [note for note in await since(provider, began) if note["outcome"] == "refused"]
    assert [(note["subject"], note["actor"], note["concerns"]) for note in notes] == [
        (f"accounts/{wanda.id}", "anonymous", [wanda.id]),
        ("accounts/unknown", "anonymous", []),
    ]
    assert {reason(note) for note in notes} == {"The password was wrong."}
    for told in (unknown, wanda.email, "wrong wrong wrong"):
        assert told not in str(notes)


async def test_who_is_suspended_leaves_a_note_that_says_so_and_is_told_nothing(
    provider: Provider, browser: Browser, wanda: Person
):
    await provider.identity.accounts.documents.update({"_id": wanda.id}, {"$set": {"status": "suspended"}})
    answer = await browser.sign_in(wanda.email, wanda.password)
    assert (answer.status_code, "suspended" in answer.text) == (422, False)
    (last,) = await noted(provider, concerns=wanda.id, action="sign_in")
    assert last == ("sign_in", "refused", "The password was right, but the account is not active.")


async def test_a_second_factor_is_noted_wrong_and_right(provider: Provider, wanda: Person, clock: Clock):
    app, _, _ = await set_up(provider, wanda, clock)
    browser, page = await half_way(provider, wanda)
    page = await browser.submit(page, code="000000")
    await browser.submit(page, code=app.next_code())

    steps = await noted(provider, concerns=wanda.id, action={"$in": ["prove_second_factor", "sign_in"]})
    assert [step[:2] for step in steps[-2:]] == [("prove_second_factor", "refused"), ("sign_in", "done")]
    assert steps[-1][2] == "pwd, otp, mfa"
    assert "000000" not in str(steps)


async def test_what_a_client_is_given_and_what_ends_it_is_noted(provider: Provider, wanda: Person):
    me = await provider.caller(wanda, "openid offline_access")
    sid = (await me.get("/v1/me/sessions")).json()["items"][0]["id"]
    assert (await me.delete(f"/v1/me/sessions/{sid}")).status_code == 200
    actions = [action for action, _, _ in await noted(provider, concerns=wanda.id)]
    assert actions.index("sign_in") < actions.index("begin_grant") < actions.index("end_session")


async def test_a_password_that_is_wrong_where_it_is_asked_for_again_is_noted(provider: Provider, wanda: Person):
    me = await provider.caller(wanda)
    refused = await me.request("DELETE", "/v1/me", json={"password": "not this one"})
    assert refused.status_code == 422
    assert ("prove_password", "refused", "The password was wrong.") in await noted(provider, concerns=wanda.id)
