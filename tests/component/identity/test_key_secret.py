"""The key that seals what identity keeps: rotated beside the running service, by files; nothing is lost on the way."""

import asyncio
import base64
import secrets
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from aiokafka import AIOKafkaProducer
from typer.testing import CliRunner, Result

from contracts.identity import SignInProviderKind
from deploy.local.platform import Platform
from services.chassis.mongo import Document
from services.chassis.seals import Renewed
from services.identity import key_commands
from services.identity.domain.provider import Provider as ThirdParty
from services.identity.relying.going import Going
from services.identity.store import exporting, identity
from services.identity.store.keys import HELD, WrongKeySecret
from services.identity.store.travelers import NotOnTheWay
from tests.component.identity.browser import Browser
from tests.component.identity.provider import Clock, Person, Provider, providing
from tests.component.identity.test_commands import environment
from tests.component.identity.test_export import HELD as TOLD
from tests.component.identity.test_export import answer, asked, complete
from tests.component.identity.test_second_factor import App, half_way, set_up
from tests.component.identity.test_signing_keys import BY

SEALED = {
    "keys": ("sealed",),
    "second_factors": ("offered", "sealed"),
    "providers": ("sealed",),
    "demographics": ("given",),
    "exports": ("sealed_key",),
}
"""By collection, the fields that the key seals."""
GENDER = "/v1/me/demographics/gender"


def drawn() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()


def say(folder: Path, name: str, value: str) -> None:
    """Exchange a file as a cluster does: the new one takes the old one's place."""
    (folder / "..new").write_text(value)
    (folder / "..new").rename(folder / f"IDENTITY_{name}")


def unsay(folder: Path, name: str) -> None:
    (folder / f"IDENTITY_{name}").unlink()


@pytest.fixture
async def provider(platform: Platform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Provider]:
    """One whose key is in a file."""
    monkeypatch.delenv("IDENTITY_KEY_SECRET", raising=False)
    say(tmp_path, "KEY_SECRET", drawn())
    async with providing(platform, Clock(), _secrets_dir=tmp_path) as provider:
        yield provider


@dataclass
class Kept:
    """Somebody of whom everything is kept that is sealed."""

    person: Person
    http: httpx.AsyncClient
    app: App
    other_app: App
    """Offered to somebody else, and not confirmed."""
    other: httpx.AsyncClient
    third_party: ThirdParty
    export: str


async def told_all(provider: Provider) -> Kept:
    clock, wanda = provider.clock, await provider.person()
    app, _, http = await set_up(provider, wanda, clock)
    other = await provider.caller(await provider.person())
    offered = (await other.post("/v1/me/mfa", json={})).json()["secret"]
    assert (await http.put(GENDER, json={"answers": ["woman"], "consent": True})).status_code == 200
    said: dict[str, Any] = {"kind": SignInProviderKind.GOOGLE, "client_id": "c-1", "secret": "shared with us"}
    third_party = await provider.identity.providers.take("google", **said, by=BY, at=clock())
    export = (await other.post("/v1/me/export", json={})).json()["id"]
    return Kept(wanda, http, app, App(offered, clock), other, third_party, export)


async def rest_of_the_store(provider: Provider) -> dict[str, list[Document]]:
    """Give what lies beside the seals, and what was told to others and noted."""
    database = provider.service.store.database
    rows = {name: await database[name].find({}) for name in SEALED}
    rest = {name: [without(row, SEALED[name]) for row in found] for name, found in rows.items()}
    return rest | {name: await database[name].find({}, fields={"_id": 1}) for name in ("outbox", "audit")}


def without(row: Any, fields: tuple[str, ...]) -> Any:
    if not isinstance(row, dict):
        return row
    return {name: without(value, fields) for name, value in row.items() if name not in fields}


async def exchanged(provider: Provider, folder: Path) -> str:
    """Take the first two steps: both keys open, then the new one seals; gives the old one."""
    first, second = (folder / "IDENTITY_KEY_SECRET").read_text(), drawn()
    say(folder, "KEY_SECRET_OTHER", second)
    await provider.identity.keys.ring(provider.clock() + HELD)
    say(folder, "KEY_SECRET", second)
    say(folder, "KEY_SECRET_OTHER", first)
    return first


async def test_the_key_is_rotated_under_the_running_service(provider: Provider, platform: Platform, tmp_path: Path):
    kept = await told_all(provider)
    await exchanged(provider, tmp_path)
    before = await rest_of_the_store(provider)
    assert await provider.identity.renew_seals() == Renewed(7)
    assert await rest_of_the_store(provider) == before
    assert await provider.identity.renew_seals() == Renewed(0)
    unsay(tmp_path, "KEY_SECRET_OTHER")

    assert (await kept.http.get("/v1/me/demographics")).json()["given"]["gender"]["answers"] == ["woman"]
    assert provider.identity.providers.secret_of(await provider.identity.providers.get("google")) == "shared with us"
    confirmed = await kept.other.post("/v1/me/mfa/confirm", json={"code": kept.other_app.code()})
    assert confirmed.status_code == 200, confirmed.text
    async with AIOKafkaProducer(bootstrap_servers=platform.addresses.kafka, acks="all") as producer:
        await answer(producer, await asked(provider, kept.export))
        await complete(kept.other)
    assert (await kept.other.get("/v1/me/export/document")).json()["projects"] == TOLD

    await provider.identity.keys.ring(provider.clock() + HELD)
    code = kept.app.next_code()
    tokens = await (await provider.browser()).tokens_for(kept.person.email, kept.person.password, code=code)
    assert tokens["access_token"]


async def test_whoever_has_read_something_before_the_rotation_may_change_it_after(provider: Provider, tmp_path: Path):
    kept = await told_all(provider)
    seen = await kept.http.get("/v1/me/demographics")
    await exchanged(provider, tmp_path)
    await provider.identity.renew_seals()
    again = await kept.http.get("/v1/me/demographics")
    said = {"answers": ["man"], "consent": True}
    changed = await kept.http.put(GENDER, json=said, headers={"If-Match": f'"{seen.json()["version"]}"'})
    assert (again.json(), changed.status_code) == (seen.json(), 200)


async def test_what_is_changed_meanwhile_is_not_overwritten(
    provider: Provider, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    kept = await told_all(provider)
    await exchanged(provider, tmp_path)
    documents = provider.identity.profiles.demographics.documents
    each, changes = documents.each, iter([["man"], ["non_binary"]])

    async def changing(where: Document) -> AsyncIterator[Document]:
        async for row in each(where):
            for answers in changes:
                assert (await kept.http.put(GENDER, json={"answers": answers, "consent": True})).status_code == 200
            yield row

    monkeypatch.setattr(documents, "each", changing)
    assert await provider.identity.renew_seals() == Renewed(6)
    unsay(tmp_path, "KEY_SECRET_OTHER")
    told = (await kept.http.get("/v1/me/demographics")).json()
    assert told["given"]["gender"]["answers"] == ["non_binary"]


async def test_an_app_that_is_confirmed_meanwhile_is_sealed_anew(
    provider: Provider, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """Its secret moves from one field to another, as it is sealed, in a pass that would find nothing else."""
    first = await exchanged(provider, tmp_path)
    second = (tmp_path / "IDENTITY_KEY_SECRET").read_text()
    await provider.identity.renew_seals()
    say(tmp_path, "KEY_SECRET", first)
    say(tmp_path, "KEY_SECRET_OTHER", second)
    wanda = await provider.caller(await provider.person())
    app = App((await wanda.post("/v1/me/mfa", json={})).json()["secret"], provider.clock)
    say(tmp_path, "KEY_SECRET", second)
    say(tmp_path, "KEY_SECRET_OTHER", first)
    documents = provider.identity.second_factors.documents
    each, codes = documents.each, iter([app.code()])

    async def confirming(where: Document) -> AsyncIterator[Document]:
        async for row in each(where):
            yield row
        for code in codes:
            assert (await wanda.post("/v1/me/mfa/confirm", json={"code": code})).status_code == 200

    monkeypatch.setattr(documents, "each", confirming)
    assert await provider.identity.renew_seals() == Renewed(1)
    unsay(tmp_path, "KEY_SECRET_OTHER")
    assert await provider.identity.renew_seals() == Renewed(0)


async def test_forms_and_travelers_end_with_the_other_key(provider: Provider, tmp_path: Path):
    kept, clock = await told_all(provider), provider.clock
    waiting = [await half_way(provider, kept.person) for _ in range(2)]
    goings = [await set_out(provider) for _ in range(2)]
    await exchanged(provider, tmp_path)
    await provider.identity.renew_seals()
    code = kept.app.next_code()

    assert (await provider.identity.travelers.come_back("google", **goings[0], at=clock()))[1].verifier
    assert await taken(*waiting[0], code) == 303
    unsay(tmp_path, "KEY_SECRET_OTHER")
    with pytest.raises(NotOnTheWay):
        await provider.identity.travelers.come_back("google", **goings[1], at=clock())
    assert await taken(*waiting[1], kept.app.next_code()) == 400


async def set_out(provider: Provider) -> dict[str, str]:
    going = Going.to("https://here/callback")
    await provider.identity.travelers.set_out(
        "google", going, browser="b", rest=None, account_id=None, at=provider.clock()
    )
    return {"state": going.state, "callback": going.callback, "browser": "b"}


async def taken(browser: Browser, page: httpx.Response, code: str) -> int:
    return (await browser.submit(page, code=code)).status_code


async def test_a_wrong_file_is_said_and_loses_nothing(provider: Provider, tmp_path: Path):
    first = (tmp_path / "IDENTITY_KEY_SECRET").read_text()
    say(tmp_path, "KEY_SECRET", "no key at all")
    provider.clock.ahead += HELD
    assert (await (await provider.http()).get("/oauth2/jwks")).status_code == 200
    wrong = drawn()
    say(tmp_path, "KEY_SECRET", wrong)
    provider.clock.ahead += HELD
    assert (await (await provider.http()).get("/oauth2/jwks")).status_code == 500
    with pytest.raises(WrongKeySecret):
        await provider.identity.keys.ring(provider.clock())
    kept = await provider.identity.providers.take(
        "google", kind=SignInProviderKind.GOOGLE, client_id="c-1", secret="shared with us", by=BY, at=provider.clock()
    )

    say(tmp_path, "KEY_SECRET", first)
    say(tmp_path, "KEY_SECRET_OTHER", wrong)
    assert await provider.identity.renew_seals() == Renewed(1)
    unsay(tmp_path, "KEY_SECRET_OTHER")
    assert (await (await provider.http()).get("/oauth2/jwks")).status_code == 200
    assert provider.identity.providers.secret_of(await provider.identity.providers.get(kept.id)) == "shared with us"


Command = Callable[[str, str], Result]


@pytest.fixture
def rotate_secret(provider: Provider, monkeypatch: pytest.MonkeyPatch) -> Command:
    def run(key: str, other: str) -> Result:
        for name, value in environment(provider).items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("IDENTITY_KEY_SECRET", key)
        monkeypatch.setenv("IDENTITY_KEY_SECRET_OTHER", other)
        return CliRunner().invoke(key_commands.keys, ["rotate-secret"])

    return run


async def test_an_operator_rotates_it_there_and_back(provider: Provider, rotate_secret: Command, tmp_path: Path):
    await told_all(provider)
    first, second = (tmp_path / "IDENTITY_KEY_SECRET").read_text(), drawn()
    counts = []
    for key, other in ((second, first), (second, first), (first, second)):
        done = await asyncio.to_thread(rotate_secret, key, other)
        assert (done.exit_code, "Nothing is left" in done.output) == (0, True), done.output
        counts.append(int(done.output.split()[0]))
    assert counts == [7, 0, 7]


async def test_what_opens_with_neither_key_is_named_and_stays(
    provider: Provider, rotate_secret: Command, tmp_path: Path
):
    kept = await told_all(provider)
    first, second = (tmp_path / "IDENTITY_KEY_SECRET").read_text(), drawn()
    demographics = provider.service.store.database["demographics"]
    await demographics.update({"_id": kept.person.id}, {"$set": {"given": b"sealed by nobody" * 4}})

    done = await asyncio.to_thread(rotate_secret, second, first)
    assert (done.exit_code, "6 sealed anew." in done.output) == (1, True)
    assert f"demographics {kept.person.id} given: opens with neither key" in done.output
    assert (await demographics.find_one({}) or {})["given"] == b"sealed by nobody" * 4

    before = await provider.service.store.database["keys"].find({})
    wrong = await asyncio.to_thread(rotate_secret, drawn(), drawn())
    assert (wrong.exit_code, wrong.output.count("opens with neither key"), "0 sealed anew." in wrong.output) == (
        1,
        7,
        True,
    )
    assert await provider.service.store.database["keys"].find({}) == before


def test_whatever_is_sealed_is_sealed_anew_or_ends_by_itself():
    store = Path(exporting.__file__).parent
    texts = {path.stem: path.read_text() for path in store.glob("*.py") if path.name != Path(identity.__file__).name}
    sealing = {name for name, text in texts.items() if "_vault.seal(" in text}
    assert sealing == {name for name, text in texts.items() if "def seals(" in text} | {"travelers"}
