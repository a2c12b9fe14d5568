"""Things to decide about, valid unless a test says otherwise."""

from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from joserfc.jwk import ECKey, KeySet, RSAKey

from contracts.identity import AccountStatus, PlatformRole
from contracts.ids import ActorId
from services.chassis.domain import Actor
from services.identity.domain import grant as grants
from services.identity.domain import session as sessions
from services.identity.domain.account import Account, Registration, account_id
from services.identity.domain.client import Client, web_client
from services.identity.domain.grant import Code, Grant, RefreshToken
from services.identity.domain.key import Algorithm
from services.identity.domain.record import digest
from services.identity.domain.session import Method, Proof, Session
from services.identity.oidc.hand import Hand
from services.identity.oidc.tokens import Mint
from services.identity.oidc.traps import PureRequest, Server
from services.identity.store.keys import Key, Ring

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
ISSUER = "https://mentorship.example"
CALLBACK = f"{ISSUER}/signed-in"
VERIFIER = "v" * 43
CHALLENGE = "7w_YNF9DSfIdPf_pRjSq646_kPr-2-o9NAl16JGghdM"
STAFF = Actor(ActorId("staff-1"), frozenset({"staff"}))


def account(**changes: Any) -> Account:
    waiting = changes.get("status", AccountStatus.ACTIVE) is AccountStatus.UNVERIFIED
    given: dict[str, Any] = {
        "id": account_id("account-1"),
        "status": AccountStatus.ACTIVE,
        "password": "hashed",
        "pending": Registration(name="Wanda Fry", email="wanda@example.org") if waiting else None,
        "registered_at": NOW,
        "terms_accepted_at": NOW,
    }
    return Account(**given | changes)


def staff(**changes: Any) -> Account:
    return account(**{"roles": (PlatformRole.STAFF,), **changes})


def client() -> Client:
    return web_client(ISSUER)


def session(at: datetime = NOW) -> Session:
    proofs = [Proof(method=Method.PASSWORD, at=at)]
    return sessions.begin(digest("cookie"), sid="sid-1", account_id=account_id("account-1"), proofs=proofs, at=at)


def grant(scope: str = "openid offline_access", **changes: Any) -> Grant:
    begun = grants.begin(
        "grant-1", session=session(), client_id=client().id, scope=scope, resource=ISSUER, nonce="n-1", at=NOW
    )
    return begun.model_copy(update=changes)


def code(**changes: Any) -> Code:
    made = grants.code(digest("code"), grant(), redirect_uri=CALLBACK, challenge=CHALLENGE, at=NOW)
    return made.model_copy(update=changes)


def refresh_token(**changes: Any) -> RefreshToken:
    return grants.refresh_token(digest("refresh"), grant(), at=NOW).model_copy(update=changes)


@cache
def ring() -> Ring:
    """Two keys of each kind are published; the first of each signs."""
    rsa = [RSAKey.generate_key(2048, {"use": "sig"}, auto_kid=True) for _ in range(2)]
    ec = [ECKey.generate_key("P-256", {"use": "sig"}, auto_kid=True) for _ in range(2)]
    active: dict[Algorithm, Key] = {Algorithm.RS256: rsa[0], Algorithm.ES256: ec[0]}
    keys: list[Any] = [*rsa, *ec]
    return Ring(active, KeySet(keys), NOW)


def server(hand: Hand | None = None, *, after: timedelta = timedelta(seconds=1)) -> Server:
    """The core with everything in hand that a code needs to be redeemed."""
    given = hand or Hand(client=client(), account=account(), grant=grant(), code=code())
    return Server(given, Mint(ring(), ISSUER, NOW + after))


def authorizing(**changes: str | None) -> PureRequest:
    asked = {
        "response_type": "code",
        "client_id": client().id,
        "redirect_uri": CALLBACK,
        "scope": "openid",
        "state": "s-1",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
        **changes,
    }
    return PureRequest(ISSUER, "/oauth2/authorize", {name: value for name, value in asked.items() if value is not None})


def redeeming(**changes: str | None) -> PureRequest:
    asked = {
        "grant_type": "authorization_code",
        "code": "code",
        "redirect_uri": CALLBACK,
        "client_id": client().id,
        "code_verifier": VERIFIER,
        **changes,
    }
    return PureRequest(ISSUER, "/oauth2/token", {name: value for name, value in asked.items() if value is not None})


def refreshing(**changes: str | None) -> PureRequest:
    asked = {"grant_type": "refresh_token", "refresh_token": "refresh", "client_id": client().id, **changes}
    return PureRequest(ISSUER, "/oauth2/token", {name: value for name, value in asked.items() if value is not None})
