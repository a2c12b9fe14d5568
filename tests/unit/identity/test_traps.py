"""The traps of the core, each closed: what Authlib would let pass, crash on, or answer wrongly."""

import logging
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749.errors import InsecureTransportError
from joserfc import jwt
from joserfc.errors import JoseError

from contracts.identity import AccountStatus, PlatformRole
from services.identity.domain.key import Algorithm
from services.identity.oidc import shell
from services.identity.oidc.hand import Hand
from services.identity.oidc.tokens import TokenNotGood
from services.identity.oidc.traps import Answer, PureRequest
from tests.unit.identity.examples import (
    CALLBACK,
    ISSUER,
    NOW,
    account,
    authorizing,
    client,
    code,
    grant,
    redeeming,
    refresh_token,
    refreshing,
    ring,
    server,
    staff,
)


def refused(**changes: str | None) -> OAuth2Error:
    with pytest.raises(OAuth2Error) as error:
        server().get_consent_grant(authorizing(**changes), account())
    return error.value


def error_of(answer: Answer) -> tuple[int, str]:
    return answer.status, answer.body["error"]


def refreshable(**changes: Any) -> Hand:
    return Hand(client=client(), account=account(), grant=grant(**changes), refresh_token=refresh_token())


NOT_ASCII = ['http://x/"', "http://x/\\", "http://é/", "\u2028", "x" * 10_000]


@pytest.mark.parametrize("value", NOT_ASCII)
def test_a_redirect_address_outside_the_charset_of_errors_is_refused_in_our_words(value: str):
    error = refused(redirect_uri=value)
    assert (error.error, error.redirect_uri) == ("invalid_request", None)
    assert value not in error.description


@pytest.mark.parametrize("value", ["é", '"', "token", "code token", "none"])
def test_a_response_type_other_than_code_is_refused_in_our_words(value: str):
    error = refused(response_type=value)
    assert (error.error, error.redirect_uri) == ("unsupported_response_type", CALLBACK)
    assert refused(response_type=value, redirect_uri="https://evil.org").redirect_uri is None


def test_a_missing_response_type_is_an_invalid_request():
    assert refused(response_type=None).error == "invalid_request"


@pytest.mark.parametrize("value", ["é", '"\\', "a b"])
def test_a_grant_type_outside_the_charset_of_errors_is_refused(value: str):
    assert error_of(shell.ask_for_token(server(), redeeming(grant_type=value))) == (400, "unsupported_grant_type")


def test_a_missing_grant_type_is_an_invalid_request():
    assert error_of(server().create_token_response(redeeming(grant_type=None))) == (400, "invalid_request")


def test_tokens_live_for_10_minutes_whatever_grant_they_come_from():
    tokens = server().create_token_response(redeeming()).body
    refreshed = server(refreshable()).create_token_response(refreshing()).body
    for token in (tokens["access_token"], tokens["id_token"], refreshed["access_token"], refreshed["id_token"]):
        claims = jwt.decode(token, ring().public, algorithms=["RS256", "ES256"]).claims
        assert claims["exp"] - claims["iat"] == 600
    assert tokens["expires_in"] == refreshed["expires_in"] == 600


@pytest.mark.parametrize(("ended", "given", "issued"), [(1.3, 1.7, 2), (1.0, 1.7, 1), (1.3, 2.1, 2), (None, 1.7, 1)])
def test_a_token_that_is_given_after_the_earlier_ones_ended_is_none_of_them(
    ended: float | None, given: float, issued: int
):
    hand, at = refreshable(), timedelta(seconds=given)
    hand.ended_at = NOW + timedelta(seconds=ended) if ended else None
    token = server(hand, after=at).create_token_response(refreshing()).body["access_token"]
    claims = jwt.decode(token, ring().public, algorithms=["ES256"]).claims
    assert (claims["iat"], claims["exp"]) == (NOW.timestamp() + issued, NOW.timestamp() + issued + 600)
    assert server(after=at).mint.read(token).account_id == account().id, "identity believes it at once"


@pytest.mark.parametrize(
    "changes",
    [
        {"code_challenge": None, "code_challenge_method": None},
        {"code_challenge": None},
        {"code_challenge_method": None},
        {"code_challenge_method": "plain"},
        {"code_challenge_method": "s256"},
        {"code_challenge": "short"},
    ],
)
def test_only_a_challenge_by_s256_is_taken(changes: dict[str, str | None]):
    error = refused(**changes)
    assert (error.error, error.redirect_uri) == ("invalid_request", CALLBACK)


@pytest.mark.parametrize(
    ("verifier", "kind"), [(None, "invalid_request"), ("x" * 43, "invalid_grant"), ("short", "invalid_request")]
)
def test_a_code_without_its_verifier_gives_nothing(verifier: str | None, kind: str):
    assert error_of(server().create_token_response(redeeming(code_verifier=verifier))) == (400, kind)


def test_a_code_that_was_asked_for_without_challenge_takes_no_verifier():
    hand = Hand(client=client(), account=account(), grant=grant(), code=code(challenge=None))
    assert error_of(server(hand).create_token_response(redeeming())) == (400, "invalid_request")


@pytest.mark.parametrize("_", range(5))
def test_of_several_keys_the_active_one_signs_and_is_named(_: int):
    tokens = server().create_token_response(redeeming()).body
    for token, algorithm, typ in (
        (tokens["access_token"], Algorithm.ES256, "at+jwt"),
        (tokens["id_token"], Algorithm.RS256, "JWT"),
    ):
        active = ring().active[algorithm]
        header = jwt.decode(token, active, algorithms=[algorithm.value]).header
        assert header == {"alg": algorithm.value, "typ": typ, "kid": active.kid}


def test_the_issuer_is_named_on_success_and_on_error():
    granted = server()
    consent = granted.get_consent_grant(authorizing(), account())
    good = granted.create_authorization_response(authorizing(), account(), consent)
    bad = server().refuse(refused(code_challenge=None))
    for answer in (good, bad):
        said = parse_qs(urlsplit(answer.headers["Location"]).query)
        assert (said["iss"], said["state"]) == ([ISSUER], ["s-1"])


@pytest.mark.parametrize("value", ["-1", "x", "1.5", "٣", "9" * 10])
def test_a_max_age_that_is_no_number_of_seconds_is_refused(value: str):
    error = refused(max_age=value)
    assert (error.error, error.redirect_uri) == ("invalid_request", CALLBACK)


def test_prompt_none_asks_for_nothing_else_and_needs_somebody_signed_in():
    assert refused(prompt="none login").error == "invalid_request"
    with pytest.raises(OAuth2Error) as error:
        server().get_consent_grant(authorizing(prompt="none"), None)
    assert (error.value.error, error.value.redirect_uri) == ("login_required", CALLBACK)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("request", "request_not_supported"),
        ("request_uri", "request_uri_not_supported"),
        ("registration", "registration_not_supported"),
        ("resource", "invalid_target"),
        ("response_mode", "invalid_request"),
    ],
)
def test_what_we_do_not_offer_is_refused_by_name(name: str, kind: str):
    error = refused(**{name: "https://elsewhere.example"})
    assert (error.error, error.redirect_uri) == (kind, CALLBACK)


def test_a_spent_or_old_code_gives_nothing():
    spent = Hand(client=client(), account=account(), grant=grant(), code=code(used_at=NOW))
    revoked = Hand(client=client(), account=account(), grant=grant(revoked_at=NOW), code=code())
    for tried in (server(spent), server(revoked), server(after=timedelta(seconds=60))):
        assert error_of(tried.create_token_response(redeeming())) == (400, "invalid_grant")


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"redirect_uri": "http://127.0.0.1:1/callback"}, "invalid_grant"),
        ({"redirect_uri": None}, "invalid_grant"),
        ({"client_id": "another"}, "invalid_client"),
        ({"client_id": None}, "invalid_client"),
        ({"client_secret": "guessed"}, "invalid_client"),
        ({"code": None}, "invalid_request"),
    ],
)
def test_a_code_is_bound_to_its_client_and_address(changes: dict[str, str | None], kind: str):
    assert error_of(server().create_token_response(redeeming(**changes)))[1] == kind


def test_a_code_or_refresh_token_of_another_client_gives_nothing():
    taken = Hand(client=client(), account=account(), grant=grant(), code=code(client_id="another"))
    assert error_of(server(taken).create_token_response(redeeming())) == (400, "invalid_grant")
    theirs = refreshable()
    theirs.refresh_token = refresh_token(client_id="another")
    assert error_of(server(theirs).create_token_response(refreshing())) == (400, "invalid_grant")


def test_an_account_that_cannot_be_used_any_more_ends_the_grant():
    gone = Hand(
        client=client(), account=account(status=AccountStatus.UNVERIFIED), grant=grant(), refresh_token=refresh_token()
    )
    assert error_of(server(gone).create_token_response(refreshing())) == (400, "invalid_grant")


def test_auth_time_stays_when_tokens_are_refreshed():
    refreshed = server(refreshable(), after=timedelta(days=3)).create_token_response(refreshing()).body
    for token in (refreshed["id_token"], refreshed["access_token"]):
        claims = jwt.decode(token, ring().public, algorithms=["RS256", "ES256"]).claims
        assert claims["auth_time"] == int(NOW.timestamp())


def test_the_id_token_says_who_and_how_and_nothing_of_the_person():
    tokens = server().create_token_response(redeeming()).body
    claims = jwt.decode(tokens["id_token"], ring().public, algorithms=["RS256"]).claims
    at_hash = claims.pop("at_hash")
    assert len(at_hash) == 22
    issued = int(NOW.timestamp()) + 1
    assert claims == {
        "iss": ISSUER,
        "sub": "account-1",
        "aud": client().id,
        "iat": issued,
        "exp": issued + 600,
        "auth_time": issued - 1,
        "acr": "pwd",
        "amr": ["pwd"],
        "sid": "sid-1",
        "nonce": "n-1",
    }


def test_the_access_token_says_what_services_need():
    hand = Hand(client=client(), account=staff(), grant=grant(), code=code())
    tokens = server(hand).create_token_response(redeeming()).body
    claims = jwt.decode(tokens["access_token"], ring().public, algorithms=["ES256"]).claims
    issued = int(NOW.timestamp()) + 1
    assert claims.pop("jti").startswith("grant-1.")
    assert claims == {
        "iss": ISSUER,
        "sub": "account-1",
        "aud": ISSUER,
        "client_id": client().id,
        "sid": "sid-1",
        "scope": "openid offline_access",
        "roles": [PlatformRole.STAFF.value],
        "auth_time": issued - 1,
        "acr": "pwd",
        "iat": issued,
        "exp": issued + 600,
    }


def test_a_refresh_token_comes_with_offline_access_alone():
    hand = Hand(client=client(), account=account(), grant=grant("openid"), code=code(scope="openid"))
    assert "refresh_token" not in server(hand).create_token_response(redeeming()).body
    assert "refresh_token" in server().create_token_response(redeeming()).body


def test_a_refresh_may_narrow_the_scope_and_never_widen_it():
    narrowed = server(refreshable()).create_token_response(refreshing(scope="openid")).body
    assert narrowed["scope"] == "openid"
    widened = server(refreshable()).create_token_response(refreshing(scope="openid email"))
    assert error_of(widened) == (400, "invalid_scope")


@pytest.mark.parametrize("hint", [None, "refresh_token", "access_token", "saml", "é"])
def test_a_public_client_revokes_whatever_it_hints_at(hint: str | None):
    asked = {"token": "refresh", "client_id": client().id} | ({"token_type_hint": hint} if hint else {})
    answer = shell.ask_for_revocation(server(refreshable()), PureRequest(ISSUER, "/oauth2/revoke", asked))
    assert (answer.status, answer.body) == (200, {})


def test_an_id_token_is_not_taken_for_an_access_token_nor_the_other_way_round():
    tokens = server().create_token_response(redeeming()).body
    mint = server().mint
    assert mint.read(tokens["access_token"]).account_id == "account-1"
    with pytest.raises(TokenNotGood):
        mint.read(tokens["id_token"])
    hinted = PureRequest(ISSUER, "/oauth2/logout", {"id_token_hint": tokens["access_token"]})
    with pytest.raises((JoseError, OAuth2Error, ValueError)):
        server().validate_endpoint_request("end_session", hinted)


def test_the_url_of_a_request_is_the_issuers_never_the_host_headers():
    assert PureRequest("http://127.0.0.1:8080", "/oauth2/token", {}).uri == "http://127.0.0.1:8080/oauth2/token"
    with pytest.raises(InsecureTransportError):
        PureRequest("http://mentorship.example", "/oauth2/token", {})


def test_the_core_does_not_write_tokens_into_the_log():
    assert logging.getLogger("authlib.oauth2.rfc6749.grants.authorization_code").getEffectiveLevel() >= logging.INFO
