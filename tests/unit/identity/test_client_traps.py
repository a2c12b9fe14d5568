"""The core's traps with clients that prove who they are: how they may, what they are given, what they may look at."""

import base64
import json
from datetime import timedelta
from typing import Any

import pytest
from authlib.oauth2 import OAuth2Error
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, OctKey, OKPKey, RSAKey

from services.identity.domain.client import SCOPES, AuthMethod, Client, GrantType, Secret
from services.identity.domain.record import digest
from services.identity.oidc import shell
from services.identity.oidc.clients import ASSERTION_ALGORITHMS
from services.identity.oidc.hand import Hand, Shown
from services.identity.oidc.tokens import TokenNotGood
from services.identity.oidc.traps import Answer, PureRequest
from tests.unit.identity.examples import ISSUER, NOW, account, authorizing, client, code, grant, redeeming, ring, server

TOKEN = f"{ISSUER}/oauth2/token"
ASSERTED = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
KEYS: list[ECKey | RSAKey] = [
    ECKey.generate_key("P-256", auto_kid=True),
    RSAKey.generate_key(2048, auto_kid=True),
]
API = "https://api.example"


def machine(**changes: Any) -> Client:
    given: dict[str, Any] = {
        "id": "client-1",
        "name": "Reports",
        "redirect_uris": (),
        "resources": (API, ISSUER),
        "scopes": (*SCOPES, "reports:read", "reports:write"),
        "grant_types": (GrantType.CLIENT,),
        "auth_method": AuthMethod.KEY,
        "jwks": {"keys": [key.as_dict(private=False) for key in KEYS]},
        "secrets": (Secret(digest=digest("secret"), made_at=NOW),),
    }
    return Client(**given | changes)


def assertion(header: dict[str, Any] | None = None, key: Any = KEYS[0], **changes: Any) -> str:
    now = int(NOW.timestamp())
    said = {"iss": "client-1", "sub": "client-1", "aud": TOKEN, "iat": now, "exp": now + 60, "jti": "j-1", **changes}
    said = {name: value for name, value in said.items() if value is not None}
    head = {"alg": "ES256", "kid": KEYS[0].kid} | (header or {})
    return jwt.encode({name: value for name, value in head.items() if value}, said, key, algorithms=[head["alg"]])


def asking(sent: dict[str, str], authorization: str | None = None, path: str = "/oauth2/token") -> PureRequest:
    return PureRequest(ISSUER, path, {"grant_type": "client_credentials", **sent}, authorization)


def basic(id: str, secret: str) -> str:
    return "Basic " + base64.b64encode(f"{id}:{secret}".encode()).decode()


def answered(hand: Hand, sent: dict[str, str], authorization: str | None = None) -> Answer:
    return shell.ask_for_token(server(hand), asking(sent, authorization))


def asserting(token: str, **more: str) -> dict[str, str]:
    return {"client_assertion_type": ASSERTED, "client_assertion": token, **more}


@pytest.mark.parametrize("aud", [TOKEN, ISSUER, [TOKEN, ISSUER]])
def test_a_client_proves_itself_by_a_signed_assertion_for_us(aud: Any):
    hand = Hand(client=machine())
    assert answered(hand, asserting(assertion(aud=aud))).status == 200
    assert hand.assertion
    assert hand.assertion.forget_at >= NOW + timedelta(seconds=60)


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "https://evil.example"},
        {"aud": [ISSUER, "https://evil.example"]},
        {"aud": []},
        {"aud": None},
        {"aud": 7},
        {"iss": "client-2"},
        {"sub": "client-2"},
        {"sub": None},
        {"sub": ["client-1"]},
        {"exp": int(NOW.timestamp()) - 60},
        {"exp": int(NOW.timestamp()) + 2 * 3600},
        {"exp": 10**400},
        {"exp": "soon"},
        {"exp": None},
        {"nbf": int(NOW.timestamp()) + 600},
        {"jti": None},
        {"jti": ["j"]},
        {"jti": {"$ne": 1}},
    ],
)
def test_an_assertion_that_is_for_another_or_for_ever_or_without_a_number_proves_nothing(changes: dict[str, Any]):
    hand = Hand(client=machine())
    answer = answered(hand, asserting(assertion(**changes)))
    assert (answer.status, answer.body["error"], hand.assertion) == (400, "invalid_client", None)


def test_an_assertion_is_signed_with_a_key_of_the_client_that_it_names():
    for forged in (
        assertion(key=ECKey.generate_key("P-256")),
        assertion({"kid": "another"}),
        assertion({"kid": None}),
        assertion({"alg": "HS256"}, key=OctKey.import_key(json.dumps(KEYS[1].as_dict(private=False)))),
        assertion({"alg": "RS256", "kid": KEYS[1].kid}, key=RSAKey.generate_key(2048)),
        assertion()[:-4] + "AAAA",
    ):
        assert answered(Hand(client=machine()), asserting(forged)).body["error"] == "invalid_client"
    only = machine(jwks={"keys": [KEYS[0].as_dict(private=False)]})
    assert answered(Hand(client=only), asserting(assertion({"kid": None}))).status == 200


@pytest.mark.filterwarnings("ignore:EdDSA")
@pytest.mark.parametrize("algorithm", ASSERTION_ALGORITHMS)
def test_an_assertion_may_be_signed_by_every_algorithm_that_the_description_names(algorithm: str):
    own = OKPKey.generate_key("Ed25519", auto_kid=True)
    key = {"ES256": KEYS[0], "RS256": KEYS[1], "PS256": KEYS[1]}.get(algorithm, own)
    subject = machine(jwks={"keys": [known.as_dict(private=False) for known in (*KEYS, own)]})
    signed = assertion({"alg": algorithm, "kid": key.kid}, key=key)
    assert answered(Hand(client=subject), asserting(signed)).status == 200


@pytest.mark.parametrize("token", ["x", "a.b.c", "é.é.é", "..", "[" * 9000, f"{'e30'}.{'W1tb' * 3000}.x"])
def test_what_is_no_assertion_is_refused_without_a_fault(token: str):
    assert answered(Hand(client=machine()), asserting(token)).body["error"] == "invalid_client"


def test_a_client_proves_itself_in_its_registered_way_alone_and_not_in_two():
    by_basic, by_post = machine(auth_method=AuthMethod.BASIC), machine(auth_method=AuthMethod.POST)
    in_body = {"client_id": "client-1", "client_secret": "secret"}
    assert answered(Hand(client=by_basic), {}, basic("client-1", "secret")).status == 200
    assert answered(Hand(client=by_post), in_body).status == 200
    for refused in (
        answered(Hand(client=by_basic), in_body),
        answered(Hand(client=by_basic), asserting(assertion())),
        answered(Hand(client=by_basic), {"client_id": "client-1"}),
        answered(Hand(client=by_basic), {}, basic("client-1", "wrong")),
        answered(Hand(client=by_basic), {}, basic("client-2", "secret")),
        answered(Hand(client=by_basic), {"client_id": "client-2"}, basic("client-1", "secret")),
        answered(Hand(client=by_post), {}, basic("client-1", "secret")),
        answered(Hand(client=machine()), in_body),
    ):
        assert refused.body["error"] == "invalid_client"
    both = answered(Hand(client=by_post), in_body, basic("client-1", "secret"))
    assert (both.status, both.body["error"]) == (400, "invalid_request")


def test_a_failed_proof_by_header_is_answered_with_a_challenge():
    answer = answered(Hand(client=machine(auth_method=AuthMethod.BASIC)), {}, basic("client-1", "wrong"))
    assert (answer.status, answer.headers["WWW-Authenticate"].startswith("Basic ")) == (401, True)


def test_a_secret_that_ended_proves_nothing():
    ended = Secret(digest=digest("secret"), made_at=NOW, ends_at=NOW + timedelta(seconds=1))
    hand = Hand(client=machine(auth_method=AuthMethod.BASIC, secrets=(ended,)))
    assert answered(hand, {}, basic("client-1", "secret")).body["error"] == "invalid_client"


def test_a_token_of_its_own_names_the_client_as_subject_and_no_person_for_10_minutes():
    hand = Hand(client=machine())
    told = answered(hand, asserting(assertion(), scope="reports:read")).body
    claims = jwt.decode(told["access_token"], ring().public, algorithms=["ES256"]).claims
    issued = int(NOW.timestamp()) + 1
    assert hand.new_machine
    assert claims.pop("jti").startswith(f"{hand.new_machine.id}.")
    assert claims == {
        "iss": ISSUER,
        "sub": "client-1",
        "client_id": "client-1",
        "aud": API,
        "scope": "reports:read",
        "iat": issued,
        "exp": issued + 600,
    }
    assert told.keys() == {"access_token", "token_type", "expires_in", "scope"}
    assert told["expires_in"] == 600
    with pytest.raises(TokenNotGood):
        server().mint.read(told["access_token"])


@pytest.mark.parametrize("scope", ["openid", "reports:read admin", "offline_access reports:read", "*"])
def test_a_client_by_itself_has_no_scope_that_a_person_allows_nor_one_it_was_not_given(scope: str):
    answer = answered(Hand(client=machine()), asserting(assertion(), scope=scope))
    assert answer.body["error"] == "invalid_scope"


def test_a_client_by_itself_has_all_its_own_scopes_unless_it_asks_for_less():
    assert answered(Hand(client=machine()), asserting(assertion())).body["scope"] == "reports:read reports:write"


def test_only_clients_that_staff_let_act_by_themselves_do():
    for_people = machine(grant_types=(GrantType.CODE,), redirect_uris=("https://app.example/",))
    assert answered(Hand(client=for_people), asserting(assertion())).body["error"] == "unauthorized_client"
    assert answered(Hand(client=client()), {"client_id": client().id}).body["error"] == "invalid_client"


@pytest.mark.parametrize(("resource", "aud"), [(API, API), (ISSUER, ISSUER)])
def test_a_client_by_itself_chooses_among_its_resources(resource: str, aud: str):
    told = answered(Hand(client=machine(), resource=resource), asserting(assertion())).body
    assert jwt.decode(told["access_token"], ring().public, algorithms=["ES256"]).claims["aud"] == aud
    other = Hand(client=machine(), resource="https://other.example")
    assert answered(other, asserting(assertion())).body["error"] == "invalid_target"


def test_a_client_that_acts_by_itself_alone_signs_nobody_in():
    known = server(Hand(client=machine())).query_client("client-1")
    assert known
    assert not known.check_response_type("code")


@pytest.mark.parametrize(
    ("required", "sent", "fine"),
    [
        (True, {"code_challenge": None, "code_challenge_method": None}, False),
        (False, {"code_challenge": None, "code_challenge_method": None}, True),
        (False, {}, True),
        (False, {"code_challenge_method": "plain"}, False),
        (False, {"code_challenge_method": None}, False),
        (False, {"code_challenge": None}, False),
    ],
)
def test_a_confidential_client_goes_without_pkce_only_if_staff_said_so(
    *, required: bool, sent: dict[str, str | None], fine: bool
):
    web = client().model_copy(update={"auth_method": AuthMethod.BASIC, "pkce_required": required})
    asking_server, request = server(Hand(client=web)), authorizing(**sent)
    if fine:
        assert asking_server.get_consent_grant(request, account())
    else:
        with pytest.raises(OAuth2Error) as refused:
            asking_server.get_consent_grant(request, account())
        assert refused.value.error == "invalid_request"


def test_a_token_has_the_audience_that_was_asked_for_among_those_granted():
    for resource, aud in ((None, ISSUER), (API, API)):
        given = grant(resource=f"{ISSUER} {API}")
        hand = Hand(client=client(), account=account(), grant=given, code=code(), resource=resource)
        token = server(hand).create_token_response(redeeming()).body["access_token"]
        claims = jwt.decode(token, ring().public, algorithms=["ES256"]).claims
        assert claims["aud"] == aud
        assert ("roles" in claims) is (aud == ISSUER), "roles are told to the platform alone"
    beyond = Hand(client=client(), account=account(), grant=grant(), code=code(), resource=API)
    assert server(beyond).create_token_response(redeeming()).body["error"] == "invalid_target"


def introspected(sent: dict[str, str], **changes: Any) -> Answer:
    hand = Hand(client=machine(**changes), shown=Shown("client-2", API, {"sub": "account-1"}))
    return shell.ask_at("introspection", server(hand), asking({"token": "t", **sent}, path="/oauth2/introspect"))


def test_introspection_tells_whoever_serves_the_audience_and_others_that_there_is_nothing():
    assert introspected(asserting(assertion()), serves=(API,)).body == {"active": True, "sub": "account-1"}
    assert introspected(asserting(assertion())).body == {"active": False}


@pytest.mark.parametrize("hint", ["access_token", "refresh_token", "saml", "é"])
def test_introspection_passes_over_hints(hint: str):
    assert introspected(asserting(assertion(), token_type_hint=hint), serves=(API,)).body["active"] is True


def test_introspection_and_revocation_take_every_way_that_clients_have():
    public = Hand(client=client(), shown=Shown(client().id, ISSUER, {}))
    asked = asking({"token": "t", "client_id": client().id}, path="/oauth2/introspect")
    assert shell.ask_at("introspection", server(public), asked).body["error"] == "invalid_client"
    ways: list[tuple[dict[str, Any], dict[str, str], str | None]] = [
        ({"auth_method": AuthMethod.BASIC}, {}, basic("client-1", "secret")),
        ({"auth_method": AuthMethod.POST}, {"client_id": "client-1", "client_secret": "secret"}, None),
        ({}, asserting(assertion()), None),
    ]
    for changes, sent, header in ways:
        for endpoint in ("introspection", "revocation"):
            request = asking({"token": "t", **sent}, header)
            assert shell.ask_at(endpoint, server(Hand(client=machine(**changes))), request).status == 200


def test_the_client_of_an_assertion_is_found_before_it_is_trusted():
    assert KeySet.import_key_set({"keys": [KEYS[0].as_dict(private=False)]})
    assert shell._named_in_assertion(asserting(assertion())) == "client-1"
    assert shell._named_in_assertion({}) is None
