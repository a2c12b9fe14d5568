"""Sign-in against its bare hash and signatures: `python -m benchmarks.identity [--scale 0.1]`."""

import argparse
import asyncio
import os
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, Final

import httpx
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from joserfc.jwk import ECKey, KeySet, RSAKey

from benchmarks.measured import Measured, draw, show
from contracts.identity import AccountStatus
from deploy.local.journey.person import CALLBACK, CLIENT_ID, Person
from deploy.local.platform import Platform
from services.chassis.tokens import Keys as VerifierKeys
from services.chassis.tokens import Verifier
from services.identity import operations
from services.identity.domain import grant as grants
from services.identity.domain import session as sessions
from services.identity.domain.account import Account, account_id
from services.identity.domain.client import web_client
from services.identity.domain.key import Algorithm
from services.identity.domain.record import digest
from services.identity.domain.session import Method, Proof
from services.identity.hashing import PARAMETERS
from services.identity.oidc.hand import Hand
from services.identity.oidc.tokens import Mint
from services.identity.oidc.traps import PureRequest, Server
from services.identity.store.keys import Ring

NEEDED: Final = ("mongod", "broker", "mailbox", "gateway", "identity")
ISSUER: Final = "https://mentorship.example"
VERIFIER: Final = "v" * 43
CHALLENGE: Final = "7w_YNF9DSfIdPf_pRjSq646_kPr-2-o9NAl16JGghdM"
PASSWORD: Final = "wren lantern gravel sofa"  # noqa: S105 - of accounts that live as long as the benchmark
OFFERED: Final = 50
"""Sign-ins a second."""
SECONDS: Final = 10
PEOPLE: Final = 50


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--scale", type=float, default=1.0, help="less repetitions and seconds, for a try")
    scale = parser.parse_args().scale
    rows = [*asyncio.run(engine(scale)), *under_load(scale)]
    show(rows)
    draw(rows, "identity")


async def engine(scale: float) -> list[Measured]:
    """CPU of the protocol's work alone, without network and store, beside the bare signatures that are in it."""
    repeats, ring, now = int(1000 * scale), _ring(), datetime.now(UTC)
    bare = {
        Algorithm.RS256: _cpu(_bare_rsa(), repeats),
        Algorithm.ES256: _cpu(_bare_ec()[0], repeats),
    }
    signatures = sum(bare.values())
    redeeming = _cpu(lambda: _redeem(ring, now), repeats)
    token = Server(Hand(), Mint(ring, ISSUER, now)).mint.access_token(_grant(now), _account(now), "openid", ISSUER)
    verifier = Verifier(_Held(ring.public), issuer=ISSUER, audience=ISSUER)
    checking = await _cpu_of(lambda: verifier.verify(token), repeats)
    bare_check, hashing = _cpu(_bare_ec()[1], repeats), _cpu(lambda: PARAMETERS.hash(PASSWORD), max(5, repeats // 50))
    return [
        Measured("bare hash of a password", hashing * 1e3, "ms"),
        Measured("token request, engine / bare hash", redeeming / hashing, ""),
        Measured("bare signatures of a token request (RS256 and ES256)", signatures * 1e3, "ms"),
        Measured("token request, engine, CPU", redeeming * 1e3, "ms", 1, at_least=False),
        Measured("token request, engine without signatures, CPU", (redeeming - signatures) * 1e3, "ms"),
        Measured("token request, engine / bare signatures", redeeming / signatures, ""),
        Measured("verification in a service, CPU", checking * 1e6, "µs", 150, at_least=False),
        Measured("verification in a service / bare check of a signature", checking / bare_check, ""),
    ]


def under_load(scale: float) -> list[Measured]:
    with tempfile.TemporaryDirectory() as folder, Platform.start(Path(folder), NEEDED) as platform:
        os.environ.update(platform.environment("identity"))
        return asyncio.run(_under_load(platform, max(2.0, SECONDS * scale)))


async def _under_load(platform: Platform, seconds: float) -> list[Measured]:
    async with AsyncExitStack() as clients:
        http = await clients.enter_async_context(httpx.AsyncClient(timeout=30))
        people = await _people(platform, http)
        tokens = people[0]
        await tokens.sign_in()
        browsers = [await _browser(platform, person, clients) for person in people]
        quiet = await _token_times(platform, tokens, 2.0)
        began, answers = time.monotonic(), Counter[str]()
        load = asyncio.create_task(_offer(browsers, seconds, answers))
        busy = await _token_times(platform, tokens, seconds)
        await load
        taken = time.monotonic() - began
    offered = sum(answers.values())
    return [
        Measured("token endpoint at rest, p95", _p95(quiet), "ms"),
        Measured(f"token endpoint at {OFFERED} sign-ins a second, p95", _p95(busy), "ms", 100, at_least=False),
        Measured(f"token endpoint at {OFFERED} sign-ins a second, median", statistics.median(busy), "ms"),
        Measured("sign-ins offered", offered / taken, "a second"),
        Measured("signed in", answers["signed in"] / offered, "of 1"),
        Measured("surplus, 503 with Retry-After", answers["surplus"] / offered, "of 1"),
        Measured("signed in or told to come again", 1 - answers["neither"] / offered, "of 1", 1),
    ]


async def _people(platform: Platform, http: httpx.AsyncClient) -> list[Person]:
    """Make accounts as an operator does, in this process."""
    at = platform.addresses
    people = [Person.new("Wanda Fry", at.gateway, at.mailbox, http) for _ in range(PEOPLE)]
    for person in people:
        await operations.create(person.email, person.name, person.password, verified=True, roles=())
    return people


class _Csrf(HTMLParser):
    token = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = dict(attrs)
        if tag == "input" and said.get("name") == "csrf":
            self.token = said.get("value") or ""


SignIn = Callable[[], Awaitable[httpx.Response]]


async def _browser(platform: Platform, person: Person, clients: AsyncExitStack) -> SignIn:
    """Open the sign-in page; gives what presses its button, as a browser that is new each time."""
    base = f"http://127.0.0.1:{platform.addresses.ports['identity']}"
    http = await clients.enter_async_context(httpx.AsyncClient(base_url=base, timeout=30))
    page = await http.get("/sign-in")
    parser = _Csrf()
    parser.feed(page.text)
    cookies = "; ".join(f"{name}={value}" for name, value in http.cookies.items())
    form = {"email": person.email, "password": person.password, "csrf": parser.token}
    headers = {"Origin": platform.addresses.gateway, "Cookie": cookies}

    async def press() -> httpx.Response:
        http.cookies.clear()
        return await http.post("/sign-in", data=form, headers=headers)

    return press


async def _offer(browsers: list[SignIn], seconds: float, answers: "Counter[str]") -> None:
    """Offer sign-ins evenly, however many are answered."""

    async def one(press: SignIn) -> None:
        answer = await press()
        surplus = answer.status_code == httpx.codes.SERVICE_UNAVAILABLE and "retry-after" in answer.headers
        kind = "signed in" if answer.status_code == httpx.codes.SEE_OTHER else "surplus" if surplus else "neither"
        answers[kind] += 1

    began = time.monotonic()
    async with asyncio.TaskGroup() as group:
        for number in range(int(OFFERED * seconds)):
            await asyncio.sleep(max(0.0, began + number / OFFERED - time.monotonic()))
            group.create_task(one(browsers[number % len(browsers)]))


async def _token_times(platform: Platform, person: Person, seconds: float) -> list[float]:
    """Milliseconds of refreshes, one after the other, ten a second."""
    base, times, end = f"http://127.0.0.1:{platform.addresses.ports['identity']}", [], time.monotonic() + seconds
    async with httpx.AsyncClient(base_url=base, timeout=30) as http:
        while time.monotonic() < end:
            form = {"grant_type": "refresh_token", "client_id": CLIENT_ID, "refresh_token": person.refresh_token}
            began = time.perf_counter()
            answer = await http.post("/oauth2/token", data=form)
            times.append((time.perf_counter() - began) * 1000)
            person.refresh_token = answer.raise_for_status().json()["refresh_token"]
            await asyncio.sleep(max(0.0, 0.1 - times[-1] / 1000))
    return times


def _p95(values: list[float]) -> float:
    return sorted(values)[int(len(values) * 0.95)]


def _cpu(work: Callable[[], Any], repeats: int) -> float:
    """Seconds of CPU, the median of ten rounds."""
    each = max(1, repeats // 10)

    def round_() -> float:
        began = time.process_time()
        for _ in range(each):
            work()
        return (time.process_time() - began) / each

    work()
    return statistics.median(round_() for _ in range(10))


async def _cpu_of(work: Callable[[], Awaitable[Any]], repeats: int) -> float:
    each, rounds = max(1, repeats // 10), []
    await work()
    for _ in range(10):
        began = time.process_time()
        for _n in range(each):
            await work()
        rounds.append((time.process_time() - began) / each)
    return statistics.median(rounds)


def _bare_rsa() -> Callable[[], bytes]:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return lambda: key.sign(b"x" * 400, padding.PKCS1v15(), hashes.SHA256())


def _bare_ec() -> tuple[Callable[[], bytes], Callable[[], None]]:
    """What signs, and what checks."""
    key = ec.generate_private_key(ec.SECP256R1())
    signed, public = key.sign(b"x" * 400, ec.ECDSA(hashes.SHA256())), key.public_key()
    return (
        lambda: key.sign(b"x" * 400, ec.ECDSA(hashes.SHA256())),
        lambda: public.verify(signed, b"x" * 400, ec.ECDSA(hashes.SHA256())),
    )


class _Held(VerifierKeys):
    """Keys that were fetched before."""

    def __init__(self, keys: KeySet) -> None:
        super().__init__(ISSUER)
        self._keys, self._fetched = keys, time.monotonic()


def _ring() -> Ring:
    made = RSAKey.generate_key(2048, {"use": "sig"}, auto_kid=True), ECKey.generate_key("P-256", auto_kid=True)
    return Ring({Algorithm.RS256: made[0], Algorithm.ES256: made[1]}, KeySet([*made]), datetime.now(UTC))


def _account(at: datetime) -> Account:
    return Account(
        id=account_id("account-1"),
        status=AccountStatus.ACTIVE,
        password="hashed",  # noqa: S106 - nobody's
        pending=None,
        registered_at=at,
        terms_accepted_at=at,
    )


def _grant(at: datetime) -> grants.Grant:
    proofs = [Proof(method=Method.PASSWORD, at=at)]
    session = sessions.begin("session", sid="sid-1", account_id=account_id("account-1"), proofs=proofs, at=at)
    scope = "openid offline_access"
    return grants.begin("grant-1", session=session, client_id=CLIENT_ID, scope=scope, resource=ISSUER, nonce="n", at=at)


def _redeem(ring: Ring, at: datetime) -> None:
    """Give tokens for a code: everything but the store."""
    grant = _grant(at)
    code = grants.code(digest("code"), grant, redirect_uri=CALLBACK, challenge=CHALLENGE, at=at)
    hand = Hand(client=web_client(ISSUER), account=_account(at), grant=grant, code=code)
    asked = {"grant_type": "authorization_code", "code": "code", "redirect_uri": CALLBACK}
    asked |= {"client_id": CLIENT_ID, "code_verifier": VERIFIER}
    answer = Server(hand, Mint(ring, ISSUER, at)).create_token_response(PureRequest(ISSUER, "/oauth2/token", asked))
    assert answer.status == httpx.codes.OK, answer.body


if __name__ == "__main__":
    main()
