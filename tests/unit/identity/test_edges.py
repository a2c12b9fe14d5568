"""What depends on where identity runs: https or this machine, its cookies and headers, and how much it takes on."""

import asyncio
import base64
from typing import Any

import pytest
from fastapi import FastAPI, Request, Response
from pydantic import ValidationError

from services.identity.hashing import Hasher, Overloaded
from services.identity.pages import browser
from services.identity.pages.rendering import safe_headers
from services.identity.settings import Settings


def settings(public_url: str) -> Settings:
    given: dict[str, Any] = {"key_secret": base64.b64encode(bytes(32)), "http_port": 1, "public_url": public_url}
    return Settings(mongodb_uri="mongodb://nowhere", kafka_bootstrap_servers="nowhere:1", **given)


def request(public_url: str, *headers: tuple[str, str], host: str = "192.0.2.1") -> Request:
    app = FastAPI()
    app.state.settings = settings(public_url)
    raw = [(name.encode(), value.encode()) for name, value in headers]
    return Request({"type": "http", "app": app, "headers": raw, "client": (host, 1)})


@pytest.mark.parametrize("url", ["https://m.example", "http://localhost:8080", "http://127.0.0.1:1", "http://[::1]:1"])
def test_a_public_url_is_https_or_this_machine(url: str):
    assert settings(url).public_url == url


@pytest.mark.parametrize(
    "url", ["http://m.example", "http://10.0.0.1", "http://127.0.0.1.evil.org", "http://localhost.m"]
)
def test_plain_http_for_others_is_refused_at_the_start(url: str):
    with pytest.raises(ValidationError, match="https"):
        settings(url)


def test_over_https_cookies_are_bound_to_host_and_tls_and_the_browser_is_told_to_stay():
    asked, answer = request("https://m.example"), Response()
    browser.keep_session(asked, answer, "a" * 32)
    for cookie in answer.headers.getlist("set-cookie"):
        assert cookie.startswith("__Host-")
        assert {"Secure", "HttpOnly", "Path=/", "SameSite=lax"} <= set(cookie.split("; "))
    assert "max-age=31536000" in safe_headers(asked)["Strict-Transport-Security"]


def test_over_loopback_http_cookies_have_no_prefix_that_browsers_would_drop():
    asked, answer = request("http://127.0.0.1:1"), Response()
    browser.keep_session(asked, answer, "a" * 32)
    assert [cookie.partition("=")[0] for cookie in answer.headers.getlist("set-cookie")] == ["session", "csrf"]


@pytest.mark.parametrize("value", ["", "short", "a" * 33, "A" * 32, "a" * 31 + "é"])
def test_a_cookie_that_is_none_of_ours_is_not_looked_up(value: str):
    assert browser.session_secret(request("http://127.0.0.1:1", ("cookie", f"session={value}"))) is None


@pytest.mark.parametrize(
    ("host", "network"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8::1", "2001:db8::/64"),
        ("2001:db8::ffff:1", "2001:db8::/64"),
        ("testclient", "testclient"),
    ],
)
def test_a_network_is_an_address_or_what_one_household_has(host: str, network: str):
    assert browser.network(request("https://m.example", host=host)) == network


async def test_more_passwords_than_a_second_can_hash_are_refused_at_once():
    hasher = Hasher()
    results = await asyncio.gather(*(hasher.matches(None, "x") for _ in range(400)), return_exceptions=True)
    refused = [result for result in results if isinstance(result, Overloaded)]
    assert 0 < len(refused) < 400
    assert (refused[0].status_code, refused[0].headers) == (503, {"Retry-After": "2"})
    assert await hasher.matches(None, "x") is False


async def test_while_passwords_are_hashed_the_loop_goes_on():
    hasher, turns = Hasher(), 0
    hashing = asyncio.gather(*(hasher.matches(None, "x") for _ in range(20)))
    while not hashing.done():
        await asyncio.sleep(0)
        turns += 1
    assert turns > 100
