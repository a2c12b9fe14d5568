"""How long sessions, codes, grants and refresh tokens are good, to the instant."""

from datetime import timedelta

import pytest

from services.identity.domain import grant as grants
from tests.unit.identity.examples import NOW, code, grant, refresh_token, session

INSTANT = timedelta(milliseconds=1)


@pytest.mark.parametrize(("idle", "alive"), [(timedelta(hours=12) - INSTANT, True), (timedelta(hours=12), False)])
def test_a_session_ends_when_it_is_not_used_for_12_hours(idle: timedelta, alive: bool):
    assert session().is_alive(NOW + idle) is alive


@pytest.mark.parametrize(("age", "alive"), [(timedelta(days=7) - INSTANT, True), (timedelta(days=7), False)])
def test_a_session_ends_after_7_days_however_much_it_is_used(age: timedelta, alive: bool):
    used = session().model_copy(update={"seen_at": NOW + age - INSTANT})
    assert used.is_alive(NOW + age) is alive


@pytest.mark.parametrize(("age", "good"), [(timedelta(seconds=60) - INSTANT, True), (timedelta(seconds=60), False)])
def test_a_code_is_good_for_60_seconds(age: timedelta, good: bool):
    assert code().is_good(NOW + age) is good


def test_a_spent_code_or_refresh_token_is_not_good():
    assert not code(used_at=NOW).is_good(NOW)
    assert not refresh_token(used_at=NOW).is_good(NOW)


@pytest.mark.parametrize(("age", "good"), [(timedelta(days=14) - INSTANT, True), (timedelta(days=14), False)])
def test_a_refresh_token_is_good_for_14_days(age: timedelta, good: bool):
    assert refresh_token().is_good(NOW + age) is good


def test_no_refresh_token_outlives_the_30_days_of_its_grant():
    late = grants.refresh_token("id", grant(), at=NOW + timedelta(days=29))
    assert late.expires_at == NOW + timedelta(days=30)


@pytest.mark.parametrize(("age", "alive"), [(timedelta(days=30) - INSTANT, True), (timedelta(days=30), False)])
def test_a_grant_ends_after_30_days_or_when_it_is_revoked(age: timedelta, alive: bool):
    assert grant().is_alive(NOW + age) is alive
    assert not grant(revoked_at=NOW).is_alive(NOW)
