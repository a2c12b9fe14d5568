"""Accounts and profiles over the JSON interface: the same for known and unknown, links used once, roles guarded."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest

from contracts.identity import PlatformRole
from tests.component.identity.provider import PASSWORD, Clock, Provider, address
from tests.support.waiting import eventually


def account(email: str, **changes: Any) -> dict[str, Any]:
    return {"name": "Wanda Fry", "email": email, "password": PASSWORD, "terms_accepted": True} | changes


async def registered(provider: Provider) -> str:
    """Register somebody; gives the token of their link."""
    email = address()
    http = await provider.http()
    assert (await http.post("/v1/accounts", json=account(email))).status_code == 202
    return await provider.mailed_token(email)


async def verify(provider: Provider, token: str) -> httpx.Response:
    return await (await provider.http()).post("/v1/accounts/verify-email", json={"token": token})


async def test_nobody_learns_from_registering_or_asking_again_whether_an_address_is_known(provider: Provider):
    known, unknown = (await provider.person()).email, address()
    http = await provider.http()
    for path in ("/v1/accounts", "/v1/accounts/resend-verification"):
        said = [account(email) if path == "/v1/accounts" else {"email": email} for email in (known, unknown)]
        answers = [await http.post(path, json=body) for body in said]
        assert answers[0].status_code == answers[1].status_code == 202
        assert answers[0].json() == answers[1].json()
        assert list(answers[0].headers) == list(answers[1].headers)

    assert "already" in (await provider.mail_to(known))["subject"]
    assert "Confirm" in (await provider.mail_to(unknown))["subject"]
    assert await provider.identity.accounts.documents.count({"pending.email": known}) == 0


async def test_a_link_works_once(provider: Provider):
    token = await registered(provider)
    answers = await asyncio.gather(*(verify(provider, token) for _ in range(6)))
    assert sorted(answer.status_code for answer in answers) == [200, 422, 422, 422, 422, 422]
    refused = next(answer for answer in answers if answer.status_code == 422).json()
    assert refused["type"] == "/problems/link-not-good"


async def test_a_link_works_for_24_hours(provider: Provider, clock: Clock):
    early, late = await registered(provider), await registered(provider)
    try:
        clock.ahead = timedelta(hours=23, minutes=59)
        assert (await verify(provider, early)).status_code == 200
        clock.ahead = timedelta(hours=24, minutes=1)
        assert (await verify(provider, late)).status_code == 422
    finally:
        clock.ahead = timedelta()


@pytest.mark.parametrize("token", ["x", "a" * 32])
async def test_a_link_that_is_not_ours_does_nothing(provider: Provider, token: str):
    assert (await verify(provider, token)).status_code == 422


async def test_looking_at_a_link_uses_nothing_up(provider: Provider):
    token = await registered(provider)
    http = await provider.http()
    for _ in range(2):
        assert (await http.get("/verify-email", params={"token": token})).status_code == 200
    assert (await verify(provider, token)).status_code == 200


async def test_a_link_can_be_mailed_again_and_both_work_once(provider: Provider):
    email, http = address(), await provider.http()
    await http.post("/v1/accounts", json=account(email))
    first = (await provider.mail_to(email))["id"]
    await http.post("/v1/accounts/resend-verification", json={"email": email})
    again = await provider.mail_to(email, after=first)
    assert "verify-email?token=" in again["text"]
    assert (await verify(provider, await provider.mailed_token(email))).status_code == 200


async def test_of_two_registrations_under_one_address_the_first_that_proves_it_has_it(provider: Provider):
    email, http = address(), await provider.http()
    await http.post("/v1/accounts", json=account(email, name="Impostor"))
    first = await provider.mail_to(email)
    await http.post("/v1/accounts", json=account(email))
    second = await provider.mail_to(email, after=first["id"])
    tokens = [mail["text"].partition("token=")[2].split()[0] for mail in (first, second)]

    assert (await verify(provider, tokens[1])).status_code == 200
    late = await verify(provider, tokens[0])

    assert (late.status_code, late.json()["type"]) == (409, "/problems/address-taken")


async def test_nobody_has_a_mailbox_flooded(provider: Provider):
    email, http = address(), await provider.http()
    answers = [await http.post("/v1/accounts", json=account(email)) for _ in range(8)]
    assert {answer.status_code for answer in answers} == {202}
    assert await provider.identity.errands.documents.count({"told.email": email}) <= 5
    await eventually(lambda: _has_registered(provider, email, 5), what="5 registrations")
    assert await provider.identity.errands.documents.count({"told.email": email}) == 0
    assert await provider.identity.accounts.documents.count({"pending.email": email}) == 5


async def _has_registered(provider: Provider, email: str, times: int) -> bool:
    return await provider.identity.accounts.documents.count({"pending.email": email}) == times


async def test_a_repeated_registration_with_the_same_key_is_one(provider: Provider):
    email, http = address(), await provider.http(headers={"Idempotency-Key": "k-1"})
    answers = [await http.post("/v1/accounts", json=account(email)) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [202, 202]
    await eventually(lambda: _has_registered(provider, email, 1), what="the registration")
    assert await provider.identity.accounts.documents.count({"pending.email": email}) == 1


async def test_one_reads_and_describes_oneself(provider: Provider):
    person = await provider.person()
    http = await provider.caller(person)

    answer = await http.patch("/v1/me", json={"name": "  Wanda Brook "}, headers={"If-Match": '"1"'})

    assert answer.json() == {
        "id": person.id,
        "version": 2,
        "name": "Wanda Brook",
        "emails": [person.email],
        "roles": [],
    }
    assert (await http.get("/v1/me")).json() == answer.json()
    stale = await http.patch("/v1/me", json={"name": "x"}, headers={"If-Match": '"1"'})
    assert stale.status_code == 412
    described = (await provider.told(person.id))[-1]
    assert (described.type, described.sequence) == ("person.described.v1", 2)


async def test_staff_find_people_and_grant_roles_and_others_do_not(provider: Provider):
    boss, person = await provider.person("staff"), await provider.person()
    staff, anybody = await provider.strong_caller(boss), await provider.caller(person)

    found = (await staff.get("/v1/accounts", params={"email": person.email.upper()})).json()["items"]
    assert [(item["id"], item["name"], item["status"]) for item in found] == [(person.id, person.name, "active")]
    granted = await staff.post(f"/v1/accounts/{person.id}/roles", json={"role": "finance", "granted": True})
    assert (granted.status_code, granted.json()["roles"]) == (200, ["finance"])
    me = await (await provider.caller(person)).get("/v1/me")
    assert me.json()["roles"] == ["finance"]

    own = await staff.post(f"/v1/accounts/{boss.id}/roles", json={"role": "finance", "granted": True})
    assert (own.status_code, own.json()["type"]) == (403, "/problems/own-roles")
    for answer in (
        await anybody.get("/v1/accounts"),
        await anybody.post(f"/v1/accounts/{person.id}/roles", json={"role": "staff", "granted": True}),
    ):
        assert answer.status_code == 403
    assert (await (await provider.http()).get("/v1/accounts")).status_code == 401
    nobody = await staff.post("/v1/accounts/nobody/roles", json={"role": "staff", "granted": True})
    assert nobody.status_code == 404


async def test_a_token_that_is_older_than_the_loss_of_the_role_changes_nothing(provider: Provider):
    one, two, three = [await provider.person("staff") for _ in range(3)]
    lost = await provider.strong_caller(two)
    taken = await (await provider.strong_caller(one)).post(
        f"/v1/accounts/{two.id}/roles", json={"role": "staff", "granted": False}
    )
    assert taken.json()["roles"] == []
    answer = await lost.post(f"/v1/accounts/{three.id}/roles", json={"role": "staff", "granted": False})
    assert answer.status_code == 403


async def test_two_staff_members_cannot_remove_each_other(provider: Provider):
    await eventually(lambda: _demote_all(provider), what="nobody staff")
    one, two = await provider.person("staff"), await provider.person("staff")
    callers = [await provider.strong_caller(one), await provider.strong_caller(two)]
    answers = await asyncio.gather(
        callers[0].post(f"/v1/accounts/{two.id}/roles", json={"role": "staff", "granted": False}),
        callers[1].post(f"/v1/accounts/{one.id}/roles", json={"role": "staff", "granted": False}),
    )
    assert sorted(answer.status_code for answer in answers) == [200, 403]
    assert await provider.identity.accounts.documents.count({"roles": PlatformRole.STAFF}) == 1


async def _demote_all(provider: Provider) -> bool:
    """Nobody of the other tests of this module is staff any more."""
    accounts = provider.identity.accounts.documents
    await accounts.update_many({"roles": PlatformRole.STAFF}, {"$set": {"roles": []}})
    return await accounts.count({"roles": PlatformRole.STAFF}) == 0


async def test_roles_are_changed_only_with_a_second_factor_given_lately(provider: Provider):
    boss, person = await provider.person("staff"), await provider.person()
    command = {"role": "finance", "granted": True}
    weak = await (await provider.caller(boss)).post(f"/v1/accounts/{person.id}/roles", json=command)
    assert (weak.status_code, weak.json()["type"]) == (401, "/problems/insufficient-user-authentication")
    assert 'acr_values="mfa", max_age="900"' in weak.headers["www-authenticate"]
    strong = await provider.strong_caller(boss)
    assert (await strong.post(f"/v1/accounts/{person.id}/roles", json=command)).status_code == 200


async def test_a_suspended_account_is_signed_out_everywhere_and_nobody_signs_in(provider: Provider):
    staff = await provider.strong_caller(await provider.person("staff"))
    person, reason = await provider.person(), {"reason": "Sold the account."}
    browser = await provider.browser()
    tokens = await browser.tokens_for(person.email, person.password, scope="openid offline_access")

    done = await staff.post(f"/v1/accounts/{person.id}/suspend", json=reason)

    assert (done.status_code, done.json()["status"]) == (200, "suspended")
    assert (await browser.http.get("/account")).status_code == 303
    assert (await browser.refresh(tokens["refresh_token"])).status_code == 400
    assert (await browser.sign_in(person.email, person.password)).status_code == 422
    kinds = [event.type for event in await provider.told(person.id)][-2:]
    assert kinds == ["account.suspended.v1", "sessions.ended.v1"]
    assert "Sold" not in repr(await provider.told(person.id))
    assert (await staff.post(f"/v1/accounts/{person.id}/suspend", json=reason)).status_code == 409
    opened = await staff.post(f"/v1/accounts/{person.id}/unsuspend")
    assert (opened.status_code, opened.json()["status"]) == (200, "active")
    assert (await browser.sign_in(person.email, person.password)).status_code == 303


async def test_who_may_suspend_whom(provider: Provider):
    boss, person, reason = await provider.person("staff"), await provider.person(), {"reason": "x"}
    place = f"/v1/accounts/{person.id}/suspend"
    staff, weak = await provider.strong_caller(boss), await provider.caller(await provider.person("staff"))
    own = await staff.post(f"/v1/accounts/{boss.id}/suspend", json=reason)
    assert (own.status_code, own.json()["type"]) == (403, "/problems/own-account")
    assert (await weak.post(place, json=reason)).status_code == 401, "no second factor"
    anybody = await provider.caller(person)
    assert (await anybody.post(f"/v1/accounts/{boss.id}/suspend", json=reason)).status_code == 403
    assert (await staff.post(f"/v1/accounts/{person.id}/unsuspend")).status_code == 409


async def test_one_sees_ones_sessions_and_ends_one(provider: Provider):
    person = await provider.person()
    here, there, stranger = await provider.browser(), await provider.browser(), await provider.person()
    tokens = await here.tokens_for(person.email, person.password)
    elsewhere = await there.tokens_for(person.email, person.password, scope="openid offline_access")
    http = await provider.http(headers={"Authorization": f"Bearer {tokens['access_token']}"})

    listed = (await http.get("/v1/me/sessions")).json()["items"]
    assert [(item["current"], item["acr"]) for item in listed] == [(False, "pwd"), (True, "pwd")]
    place = f"/v1/me/sessions/{listed[0]['id']}"
    assert (await (await provider.caller(stranger)).delete(place)).status_code == 404
    assert (await http.delete(place)).json()["id"] == listed[0]["id"]

    assert (await http.delete(place)).status_code == 404
    assert (await there.http.get("/account")).status_code == 303
    assert (await there.refresh(elsewhere["refresh_token"])).status_code == 400
    assert (await here.http.get("/account")).status_code == 200
    assert len((await http.get("/v1/me/sessions")).json()["items"]) == 1
