"""Two replicas on one store: one ring of keys, one use of everything that is used once."""

import asyncio
import os
from collections.abc import AsyncIterator

import pytest

from deploy.local.platform import Platform
from services.chassis.mongo import Database
from services.chassis.service import Role, now
from services.chassis.store import Store
from services.chassis.tokens import Keys as VerifierKeys
from services.chassis.tokens import Verifier
from services.chassis.vault import Vault
from services.identity.store.keys import Keys, WrongKeySecret
from tests.component.identity.browser import Browser, Pkce
from tests.component.identity.provider import Clock, Provider, providing, settings


@pytest.fixture(scope="module")
async def replica(platform: Platform, provider: Provider, clock: Clock) -> AsyncIterator[Provider]:
    like = provider.service.settings.model_copy()
    async with providing(platform, clock, like=like, role=Role.API) as replica:  # type: ignore[arg-type]
        yield replica


async def test_both_sign_with_the_same_keys(provider: Provider, replica: Provider):
    published = [(await (await one.http()).get("/oauth2/jwks")).json() for one in (provider, replica)]
    assert published[0] == published[1]
    assert len(published[0]["keys"]) == 2


async def test_a_session_and_a_code_of_one_are_good_at_the_other(provider: Provider, replica: Provider):
    wanda, pkce = await provider.person(), Pkce.new()
    code = await (await provider.browser()).code_for(wanda.email, wanda.password, pkce)
    tokens = (await (await replica.browser()).redeem(code, pkce)).json()
    keys = VerifierKeys(f"{provider.url}/.well-known/openid-configuration")
    actor = await Verifier(keys, issuer=provider.url, audience=provider.url).verify(tokens["access_token"])
    assert actor.id == wanda.id


async def test_a_code_and_a_refresh_token_are_spent_once_at_both_together(provider: Provider, replica: Provider):
    wanda, pkce = await provider.person(), Pkce.new()
    browsers: list[Browser] = [await provider.browser(), await replica.browser()]
    scope = "openid offline_access"

    code = await browsers[0].code_for(wanda.email, wanda.password, pkce, scope=scope)
    redeemed = await asyncio.gather(*(browsers[n % 2].redeem(code, pkce) for n in range(12)))
    assert sorted(answer.status_code for answer in redeemed) == [200] + [400] * 11

    fresh = await (await provider.browser()).tokens_for(wanda.email, wanda.password, scope=scope)
    refreshed = await asyncio.gather(*(browsers[n % 2].refresh(fresh["refresh_token"]) for n in range(12)))
    assert sorted(answer.status_code for answer in refreshed) == [200] + [400] * 11


async def test_replicas_that_start_together_make_one_ring(platform: Platform):
    said = settings(platform, "http://127.0.0.1:1")
    stores = [Store(Database(said.mongodb_uri.get_secret_value(), said.mongodb_database)) for _ in range(4)]
    try:
        rings = await asyncio.gather(*(Keys(store, Vault(lambda: said.sealing_keys)).ring(now()) for store in stores))
        active = [{key.kid for key in ring.active.values()} for ring in rings]
        assert all(kids == active[0] for kids in active)
        assert await stores[0].database["keys"].count({}) == 2
    finally:
        await stores[0].database.drop()
        for store in stores:
            store.database.close()


async def test_private_keys_are_sealed_and_open_under_their_secret_alone(provider: Provider):
    kept = await provider.service.store.database["keys"].find({})
    assert not any(b"PRIVATE" in key["sealed"] or "d" in key["public"] for key in kept)
    with pytest.raises(WrongKeySecret):
        await Keys(provider.service.store, Vault(lambda: [os.urandom(32)])).ring(now())
