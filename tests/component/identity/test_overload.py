"""More sign-ins than passwords can be hashed: refused at once and told when to come back; the rest goes on."""

from tests.component.identity.browser import Browser
from tests.component.identity.provider import Person, Provider


async def statuses(browser: Browser, person: Person, times: int) -> set[int]:
    return {(await browser.sign_in(person.email, "wrong wrong wrong")).status_code for _ in range(times)}


async def test_the_surplus_is_told_when_to_come_back_and_counts_as_no_try(provider: Provider):
    person, browser, hasher = await provider.person(), await provider.browser(), provider.identity.hasher
    tokens = await (await provider.browser()).tokens_for(person.email, person.password, scope="openid offline_access")
    hasher._inside += 10**9
    try:
        refused = await browser.sign_in(person.email, person.password)
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "2")
        assert "in a moment" in refused.text
        assert await statuses(browser, person, 20) == {503}
        assert (await browser.refresh(tokens["refresh_token"])).status_code == 200
    finally:
        hasher._inside -= 10**9
    assert (await browser.sign_in(person.email, person.password)).status_code == 303
