"""Farewells: where one may be sent, and how long it is tried."""

from datetime import timedelta

import pytest

from services.identity.domain.account import account_id
from services.identity.domain.farewell import GIVE_UP_AFTER, LONGEST_PAUSE, Farewell, is_good_address
from tests.unit.identity.examples import NOW


def farewell(attempts: int) -> Farewell:
    about = {"client_id": "client-1", "account_id": account_id("account-1"), "sid": "sid-1"}
    return Farewell(id="farewell-1", **about, told_at=NOW, due_at=NOW, attempts=attempts)


@pytest.mark.parametrize(
    "uri", ["https://app.example/logout", "https://app.example:8443/logout?x=1", "http://127.0.0.1:7777/logout"]
)
def test_https_and_this_machine_are_told(uri: str):
    assert is_good_address(uri)


@pytest.mark.parametrize(
    "uri",
    [
        "",
        "logout",
        "http://app.example/logout",
        "http://127.0.0.1.example/logout",
        "http://10.0.0.1/logout",
        "ftp://127.0.0.1/logout",
        "file:///etc/passwd",
        "https:///logout",
        "https://user@app.example/logout",
        "https://app.example/logout#here",
        "https://app.example/\r\nlogout",
        "https://[::1/logout",
        "https://app.example:99999/",
    ],
)
def test_nobody_else_is_told(uri: str):
    assert not is_good_address(uri)


def test_it_is_tried_later_each_time_and_for_a_day():
    pauses = [(farewell(n).next_attempt(NOW) or NOW) - NOW for n in range(30)]
    assert pauses[:4] == [timedelta(seconds=seconds) for seconds in (1, 2, 4, 8)]
    assert pauses == sorted(pauses)
    assert pauses[-1] == LONGEST_PAUSE
    assert farewell(3).next_attempt(NOW + GIVE_UP_AFTER - timedelta(seconds=1)) is not None
    assert farewell(3).next_attempt(NOW + GIVE_UP_AFTER) is None
