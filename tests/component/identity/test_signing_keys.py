"""Signing keys: published before they sign and after; a warm verifier sees a rotation without asking again."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from joserfc import jws
from prometheus_client import REGISTRY

from deploy.local.platform import Platform
from services.chassis.domain import system
from services.chassis.mongo import Database
from services.chassis.service import now
from services.chassis.store import Store
from services.chassis.tokens import Keys as VerifierKeys
from services.chassis.tokens import Unauthenticated, Verifier
from services.chassis.vault import Vault
from services.identity.domain.key import IN_USE, KNOWN_AFTER, KNOWN_FIRST, Algorithm, KeyState, RotationInHand
from services.identity.oidc.tokens import Mint
from services.identity.store.keys import Keys
from tests.component.identity.provider import Clock, Provider, providing, settings
from tests.unit.identity.examples import account, grant

BY = system("identity")
MOMENT = timedelta(seconds=1)


@pytest.fixture
async def keys(platform: Platform) -> AsyncIterator[Keys]:
    said = settings(platform, "http://127.0.0.1:1")
    store = Store(Database(said.mongodb_uri.get_secret_value(), said.mongodb_database))
    await store.prepare()
    ring = Keys(store, Vault(lambda: said.sealing_keys))
    await ring.prepare()
    yield ring
    await store.database.drop()
    store.database.close()


async def states(keys: Keys) -> dict[str, list[str]]:
    """The ids of the keys in each state."""
    known = await keys.find({})
    return {state.value: sorted(key.id for key in known if key.state is state) for state in KeyState}


async def test_a_key_is_published_then_signs_then_retires_and_goes(keys: Keys):
    at = now()
    await keys.ring(at)
    first = (await states(keys))["active"]
    await keys.rotate(at_once=False, by=BY, at=at)
    after = await states(keys)
    assert (after["active"], len(after["next"])) == (first, 2)

    await keys.turn(at + KNOWN_FIRST - MOMENT)
    assert await states(keys) == after
    at += KNOWN_FIRST
    await keys.turn(at)
    assert await states(keys) == {"next": [], "active": after["next"], "retired": first}
    published = {key.kid for key in (await keys.ring(at)).public.keys}
    assert published == {*after["next"], *first}

    await keys.turn(at + KNOWN_AFTER)
    assert (await states(keys))["retired"] == first
    await keys.turn(at + KNOWN_AFTER + MOMENT)
    assert await states(keys) == {"next": [], "active": after["next"], "retired": []}


async def test_keys_are_rotated_every_90_days(keys: Keys):
    at = now()
    await keys.ring(at)
    first = (await states(keys))["active"]
    await keys.turn(at + IN_USE - KNOWN_FIRST - MOMENT)
    told = [REGISTRY.get_sample_value("mentorship_signing_key_age_seconds", {"algorithm": kind}) for kind in Algorithm]
    assert told == [(IN_USE - KNOWN_FIRST - MOMENT).total_seconds()] * 2
    assert (await states(keys))["next"] == []
    at += IN_USE - KNOWN_FIRST + MOMENT
    await keys.turn(at)
    assert len((await states(keys))["next"]) == 2
    await keys.turn(at + KNOWN_FIRST)
    assert (await states(keys))["retired"] == first
    await keys.turn(at + KNOWN_FIRST + timedelta(days=1))
    assert (await states(keys))["next"] == []


async def test_a_second_rotation_waits_for_the_first_also_at_the_same_time(keys: Keys):
    at = now()
    await keys.ring(at)
    made = await asyncio.gather(*(keys.rotate(at_once=False, by=BY, at=at) for _ in range(4)), return_exceptions=True)
    assert sum(isinstance(one, RotationInHand) for one in made) == 3
    assert len((await states(keys))["next"]) == 2


async def test_turning_at_the_same_time_turns_once(keys: Keys):
    at = now()
    await keys.ring(at)
    await keys.rotate(at_once=False, by=BY, at=at)
    await asyncio.gather(*(keys.turn(at + KNOWN_FIRST) for _ in range(4)))
    assert {state: len(ids) for state, ids in (await states(keys)).items()} == {"next": 0, "active": 2, "retired": 2}


async def test_after_a_leak_the_old_keys_are_gone_at_once(keys: Keys):
    at = now()
    await keys.ring(at)
    await keys.rotate(at_once=False, by=BY, at=at)
    before = await keys.find({})
    await keys.rotate(at_once=True, by=BY, at=at)
    assert {state: len(ids) for state, ids in (await states(keys)).items()} == {"next": 0, "active": 2, "retired": 0}
    assert not {key.id for key in before} & {key.kid for key in (await keys.ring(at)).public.keys}
    rows = await keys.store.database["outbox"].find({"key": "signing-keys/provider"})
    assert [row["headers"]["ce_type"] for row in rows] == ["signing-keys.rotated.v1"] * 2


class Counted(VerifierKeys):
    """A verifier's keys that count how often they are fetched."""

    fetched = 0

    async def _read(self) -> Any:
        self.fetched += 1
        return await super()._read()


async def test_a_warm_verifier_sees_a_rotation_without_fetching_again(platform: Platform):
    """It fetched after the next keys were published; that they sign is news to nobody."""
    clock = Clock()
    async with providing(platform, clock) as provider:
        await provider.identity.keys.rotate(at_once=False, by=BY, at=clock())
        warm = Counted(f"{provider.url}/.well-known/openid-configuration")
        verifier = Verifier(warm, issuer=provider.url, audience=provider.url)
        old = await signed(provider)
        await verifier.verify(old)

        await provider.identity.keys.turn(clock() + KNOWN_FIRST)
        new = await signed(provider)

        assert kid(new) != kid(old)
        for token in (old, new):
            await verifier.verify(token)
        assert warm.fetched == 1


async def test_after_a_leak_a_verifier_refuses_the_old_keys_with_the_first_new_token(platform: Platform):
    async with providing(platform, Clock()) as provider:
        warm = Counted(f"{provider.url}/.well-known/openid-configuration")
        verifier = Verifier(warm, issuer=provider.url, audience=provider.url)
        old = await signed(provider)
        await verifier.verify(old)
        await provider.identity.keys.rotate(at_once=True, by=BY, at=provider.clock())
        warm._tried -= 10
        await verifier.verify(await signed(provider))
        warm._tried -= 10
        with pytest.raises(Unauthenticated):
            await verifier.verify(old)


async def signed(provider: Provider) -> str:
    """An access token as the provider signs it right now."""
    ring = await provider.identity.keys.ring(provider.clock())
    return Mint(ring, provider.url, provider.clock()).access_token(grant(), account(), "openid", provider.url)


def kid(token: str) -> str:
    return str(jws.extract_compact(token.encode()).headers()["kid"])


async def test_staff_rotate_the_keys(provider: Provider):
    staff = await provider.strong_caller(await provider.person("staff"))
    listed = (await staff.get("/v1/signing-keys")).json()["items"]
    assert {key["state"] for key in listed} == {"active"}
    assert not any({"sealed", "public"} & key.keys() for key in listed)
    rotated = await staff.post("/v1/signing-keys/rotate", json={})
    assert sorted(key["state"] for key in rotated.json()["items"]) == ["active", "active", "next", "next"]
    again = await staff.post("/v1/signing-keys/rotate", json={})
    assert (again.status_code, again.json()["type"]) == (409, "/problems/rotation-in-hand")
    at_once = await staff.post("/v1/signing-keys/rotate", json={"at_once": True})
    assert [key["state"] for key in at_once.json()["items"]] == ["active", "active"]


async def test_after_a_leak_identity_refuses_earlier_tokens_at_once_and_takes_those_of_the_new_keys(platform: Platform):
    async with providing(platform, Clock()) as provider:
        person = await provider.person()
        me = await provider.caller(person)
        assert (await me.get("/v1/me/sessions")).status_code == 200

        await provider.identity.keys.rotate(at_once=True, by=BY, at=provider.clock())

        for place in ("/v1/me/sessions", "/v1/me"):
            refused = await me.get(place)
            assert (refused.status_code, refused.headers["content-type"]) == (401, "application/problem+json")
        anew = await provider.caller(person)
        assert (await anew.get("/v1/me")).status_code == 200
