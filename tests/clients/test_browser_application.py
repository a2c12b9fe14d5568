"""An application in Chromium on another origin, with npm `oidc-client-ts`: signs in, renews silently, signs out."""

from collections.abc import AsyncIterator

import httpx
import pytest
from playwright.async_api import Browser, Page, expect

from services.identity.domain.client import WEB, Client
from tests.clients.application import application
from tests.clients.looking import PATIENCE
from tests.component.identity.provider import Person, Provider

HOSTS = ("localhost", "127.0.0.1")
"""To a browser the first is of the provider's site, so that cookies go along; the second is another site."""


@pytest.fixture(params=HOSTS, scope="module")
async def origin(provider: Provider, request: pytest.FixtureRequest) -> AsyncIterator[str]:
    async with application(request.param) as origin:
        await provider.identity.clients.documents.replace({"_id": origin}, document_of(provider, origin), upsert=True)
        yield origin


def document_of(provider: Provider, origin: str) -> dict[str, object]:
    client = Client(
        id=origin,
        name="Somebody's application",
        redirect_uris=(f"{origin}/callback",),
        post_logout_redirect_uris=(f"{origin}/",),
        resources=(provider.url,),
        first_party=True,
    )
    document = client.model_dump()
    return {"_id": document.pop("id"), **document}


@pytest.fixture
async def page(chromium: Browser, provider: Provider, origin: str, wanda: Person) -> AsyncIterator[Page]:
    """Give the application's page after somebody signed in."""
    async with await chromium.new_context() as context:
        context.set_default_timeout(PATIENCE)
        page = await context.new_page()
        await page.goto(f"{origin}/?authority={provider.url}&client_id={origin}")
        await page.evaluate("void app.signIn()")
        await page.get_by_label("E-mail address").fill(wanda.email)
        await page.get_by_label("Password").fill(wanda.password)
        await page.get_by_role("button", name="Sign in", exact=True).click()
        await expect(page.get_by_role("status")).to_have_text(f"{wanda.name} is signed in.")
        yield page


async def test_it_signs_in_and_knows_who_that_is(page: Page, origin: str, wanda: Person):
    assert page.url.startswith(f"{origin}/callback?code=")
    user = await page.evaluate("app.user()")
    assert (user["sub"], user["name"]) == (wanda.id, wanda.name)


async def test_it_renews_silently_with_its_refresh_token(page: Page, wanda: Person):
    before = await page.evaluate("app.user()")
    after = await page.evaluate("app.renew()")
    assert (after["sub"], after["token"] == before["token"]) == (wanda.id, False)


async def test_it_renews_in_a_hidden_frame_where_the_browser_sends_our_cookie_along(
    page: Page, origin: str, wanda: Person
):
    after = await page.evaluate("app.renewInFrame()")
    if "localhost" in origin:
        assert after["sub"] == wanda.id
    else:
        assert after == {"refused": "login_required"}, "the cookie is of our site alone"


async def test_it_signs_out_and_comes_back_to_itself(page: Page, origin: str, provider: Provider):
    await page.evaluate("void app.signOut()")
    await page.wait_for_url(f"{origin}/")
    assert await page.evaluate("app.user()") is None
    await page.goto(f"{provider.url}/account")
    assert page.url == f"{provider.url}/sign-in"


@pytest.mark.parametrize("path", ["/oauth2/token", "/oauth2/userinfo", "/oauth2/jwks"])
async def test_a_browser_that_asks_first_is_told_that_it_may(provider: Provider, path: str):
    asked = {"Origin": "https://app.example", "Access-Control-Request-Method": "POST"}
    asked |= {"Access-Control-Request-Headers": "authorization"}
    async with httpx.AsyncClient(base_url=provider.url, timeout=90) as http:
        told = await http.options(path, headers=asked)
    assert told.headers["access-control-allow-origin"] == "*"
    assert "authorization" in told.headers["access-control-allow-headers"].lower()
    assert "access-control-allow-credentials" not in told.headers, "nothing of a browser's own counts there"


@pytest.mark.parametrize("path", ["/oauth2/authorize", "/oauth2/logout", "/account", "/v1/me"])
async def test_what_a_cookie_opens_no_other_origin_may_read(provider: Provider, path: str):
    async with httpx.AsyncClient(base_url=provider.url, timeout=90) as http:
        answer = await http.get(path, headers={"Origin": "https://app.example"}, params={"client_id": WEB})
    assert "access-control-allow-origin" not in answer.headers
