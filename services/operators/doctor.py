"""Looks at everything a service stands on, and says in words what is wrong and what to do."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final

import aiosmtplib
import httpx
import typer

from contracts.catalog import SERVICES, written_by
from services.chassis.leases import held
from services.chassis.mongo import Document, PyMongoError, asked_for
from services.chassis.rebuilding import copies
from services.chassis.service import Service
from services.chassis.settings import SettingsError
from services.chassis.store import REBUILDING
from services.chassis.tokens import published
from services.chassis.topics import BrokerAway, lag
from services.operators import AsJson, ago, build, show
from services.operators.topics import Difference, at_the_broker

OLD: Final = timedelta(minutes=1)
"""For so long an event may be on its way before somebody should look."""
FAR_BEHIND: Final = 1000
"""Messages."""
SKEW: Final = 2.0
"""Seconds."""
TRANSACTION_LIFETIME: Final = 5
"""Seconds; see docs/operations.md."""
HERE: Final = "ok"


@dataclass(frozen=True)
class Finding:
    """What a look found; `wrong` makes the doctor end with 1, `watch` does not."""

    check: str
    outcome: str
    says: str
    do: str = ""

    def __str__(self) -> str:
        mark = {"ok": "ok   ", "watch": "watch", "wrong": "WRONG"}[self.outcome]
        return f"  {mark}  {self.check:<13} {self.says}" + (f"\n{'':<23}{self.do}" if self.do else "")


def fine(check: str, says: str) -> Finding:
    return Finding(check, HERE, says)


def doctor(
    services: Annotated[list[str] | None, typer.Argument(help="All, unless said")] = None, *, as_json: AsJson = False
) -> None:
    """Check settings, store, bus, work in hand, sign-in and mail; ends with 1 where something is wrong."""
    wrong = False
    for service in services or SERVICES:
        if not as_json:
            typer.echo(service)
        for finding in asyncio.run(_examined(service)):
            wrong = wrong or finding.outcome == "wrong"
            show({"service": service, **asdict(finding)}, str(finding), as_json=as_json)
    if wrong:
        raise typer.Exit(1)


async def _examined(service: str) -> list[Finding]:
    try:
        running = build(service)
    except SettingsError as gaps:
        return [Finding("settings", "wrong", str(gaps), "Set these in the environment, or as files of secrets.")]
    try:
        return [fine("settings", "complete"), *await examine(running)]
    finally:
        await running.cluster.close()
        running.store.database.close()


async def examine(running: Service[Any]) -> list[Finding]:
    """Make every check; those that need a part that is away are left out."""
    found, store_is_here = [], await _store(running)
    found += store_is_here
    checks: list[Callable[[Service[Any]], AsyncIterator[Finding]]] = [_broker, _sign_in, _mail_server]
    if store_is_here[0].outcome == HERE:
        checks += [_indexes, _work_in_hand, _relay, _letters, _copies, _mails]
    for some in await asyncio.gather(*(_all(check(running)) for check in checks)):
        found += some
    return found


async def _all(findings: AsyncIterator[Finding]) -> list[Finding]:
    return [finding async for finding in findings]


async def _store(running: Service[Any]) -> list[Finding]:
    asked = datetime.now(UTC)
    try:
        hello = await running.store.database.hello()
    except PyMongoError as error:
        return [
            Finding(
                "store", "wrong", f"MongoDB does not answer: {type(error).__name__}.", "Start it, or mend the address."
            )
        ]
    if "setName" not in hello:
        advice = "Start mongod with --replSet and initiate it: there are no transactions without."
        return [Finding("store", "wrong", "MongoDB is not a replica set.", advice)]
    off = (hello["localTime"] - asked - (datetime.now(UTC) - asked) / 2).total_seconds()
    said = (
        f"replica set {hello['setName']}, {len(hello.get('hosts', ()))} members, primary {hello.get('primary', 'none')}"
    )
    clock = fine("clock", f"{abs(off):.1f} s from the store's")
    if abs(off) > SKEW:
        clock = Finding(
            "clock", "wrong", f"This clock is {off:+.1f} s from the store's.", "Let both follow one time server."
        )
    return [fine("store", said), clock, *await _transactions(running)]


async def _transactions(running: Service[Any]) -> list[Finding]:
    """Look at how long a killed process keeps others from what it held; not every server tells us."""
    try:
        seconds = await running.store.database.parameter("transactionLifetimeLimitSeconds")
    except PyMongoError:
        return []
    if seconds <= TRANSACTION_LIFETIME:
        return [fine("transactions", f"live {seconds} s at most")]
    said = f"What a killed process held nobody can write for up to {seconds} s."
    return [Finding("transactions", "watch", said, f"Set transactionLifetimeLimitSeconds to {TRANSACTION_LIFETIME}.")]


async def _indexes(running: Service[Any]) -> AsyncIterator[Finding]:
    wanted = await asked_for(running.prepare_everything)
    missing = []
    for collection, indexes in wanted.items():
        there = await running.store.database[collection].indexes()
        missing += [f"{collection}.{index['name']}" for index in indexes if not _same(index, there.get(index["name"]))]
    if missing:
        advice = "A start of the service creates what is missing; one that differs must be dropped first."
        yield Finding("indexes", "wrong", f"Missing or other than this release wants: {', '.join(missing)}.", advice)
    else:
        yield fine("indexes", f"all {sum(map(len, wanted.values()))} there, with their lifetimes")


def _same(wanted: Document, found: Document | None) -> bool:
    if found is None or "text" in wanted["key"].values():  # a text index is laid out by the server in its own way
        return found is not None
    options = ("unique", "sparse", "expireAfterSeconds", "partialFilterExpression")
    return list(wanted["key"].items()) == list(found["key"]) and all(
        (wanted.get(name) or None) == (found.get(name) or None) for name in options
    )


def topics_of(running: Service[Any]) -> frozenset[str]:
    """Name the topics that a service reads and writes; of others its user may not even know that they are there."""
    return running.hears | frozenset(written_by(running.name))


async def _broker(running: Service[Any]) -> AsyncIterator[Finding]:
    settings = running.settings
    try:
        differences = [one for one in await at_the_broker(settings.broker) if one.topic in topics_of(running)]
    except BrokerAway as away:
        yield Finding("broker", "wrong", str(away), "Commands are answered meanwhile; events follow when it is back.")
        return
    yield fine("broker", f"answers at {settings.broker}")
    for difference in differences:
        yield _topic(difference, settings.kafka_username)
    if not differences:
        yield fine("topics", "as the catalog wants them")
    if running.listener.topics:
        try:
            behind = await lag(settings.broker, settings.kafka_group, running.listener.topics)
        except BrokerAway as why:
            yield Finding("consumer lag", "watch", f"Not told by this broker: {why}")
        else:
            yield _lag(behind)


def _topic(difference: Difference, user: str) -> Finding:
    if difference.what == "missing" and user:  # a broker does not tell them apart
        said = f"{difference.topic} is missing, or {user} may not see it."
        return Finding("topics", "wrong", said, "mentorship topics apply; where it is there, give the user its rights.")
    advice = "mentorship topics apply" if difference.mendable else ""
    outcome = "wrong" if difference.what in {"missing", "partitions"} else "watch"
    return Finding("topics", outcome, str(difference), advice)


def _lag(behind: dict[str, int]) -> Finding:
    said = ", ".join(f"{topic} {count}" for topic, count in behind.items())
    if sum(behind.values()) <= FAR_BEHIND:
        return fine("consumer lag", f"messages not yet acknowledged: {said}")
    return Finding(
        "consumer lag",
        "watch",
        f"Far behind: {said}.",
        "Does a worker run, and does it get on? Look again in a minute.",
    )


async def _relay(running: Service[Any]) -> AsyncIterator[Finding]:
    depth, oldest = await running.store.outbox.depth(), await running.store.outbox.oldest()
    now = datetime.now(UTC)
    if oldest and now - oldest > OLD:
        advice = "See broker and leases here, and the worker's log; commands go on meanwhile."
        yield Finding("relay", "wrong", f"{depth} events wait, the oldest committed {ago(oldest, now)}.", advice)
    else:
        yield fine("relay", f"{depth} events on their way")


async def _work_in_hand(running: Service[Any]) -> AsyncIterator[Finding]:
    names = [lease["_id"] for lease in await held(running.store.database)]
    jobs = {"relay", "audit trail", *(job.name for job in running.jobs)}
    idle = sorted(job for job in jobs if not any(name == job or name.startswith(f"{job}/") for name in names))
    if idle:
        yield Finding("leases", "wrong", f"Nobody does {', '.join(idle)}.", "Start a worker: --role worker, or all.")
    else:
        yield fine("leases", f"held: {', '.join(names)}")
    if pause := await running.brake.paused():
        advice = f"Mend what makes messages fail, then: mentorship consumers resume {running.name}"
        yield Finding(
            "consumer", "wrong", f"Paused {ago(pause['since'], datetime.now(UTC))}: {pause['reason']}.", advice
        )


async def _letters(running: Service[Any]) -> AsyncIterator[Finding]:
    letters, now = await running.inbox.dead_letters(), datetime.now(UTC)
    if letters:
        advice = f"mentorship dead-letters list {running.name}"
        yield Finding(
            "dead letters", "wrong", f"{len(letters)} were set aside; the first says {letters[0]['reason']!r}.", advice
        )
    else:
        yield fine("dead letters", "none")
    if waiting := await running.inbox.waiting(now - OLD):
        keys = sorted({one["key"] for one in waiting})
        said = (
            f"{len(waiting)} messages about {len(keys)} things wait, the first since {ago(waiting[0]['since'], now)}."
        )
        teller = waiting[0]["topic"].split(".")[0]
        again = f"mentorship events replay --service {teller} --key '{keys[0]}' --since 1970-01-01"
        advice = f"Behind a dead letter they go on with it. What never came is sent again by: {again}"
        yield Finding("waiting room", "watch", said, advice)
    else:
        yield fine("waiting room", "nobody waits for long")


async def _copies(running: Service[Any]) -> AsyncIterator[Finding]:
    known = copies(running.data)
    rebuilding = {lease["_id"] for lease in await held(running.store.database)}
    for name, copy in known.items():
        if f"rebuild/{name}" not in rebuilding and await copy.documents.find_one({"_id": REBUILDING}):
            advice = f"It does no harm; finish it: mentorship projections rebuild {running.name} {name}"
            yield Finding("copies", "watch", f"A rebuilding of {name} was broken off.", advice)
    yield fine("copies", ", ".join(known) or "none")


async def _sign_in(running: Service[Any]) -> AsyncIterator[Finding]:
    settings = running.settings
    try:
        issuer, key_set = await published(settings.discovery_url)
        keys = key_set["keys"]
    except (httpx.HTTPError, KeyError, ValueError, TypeError) as error:
        said = f"{settings.discovery_url} gives no keys: {type(error).__name__}."
        yield Finding(
            "sign-in", "wrong", said, "Tokens cannot be checked by a service that starts now. Is identity up?"
        )
        return
    if issuer != settings.public_url:
        said = f"Identity calls itself {issuer}, this service knows it as {settings.public_url}."
        yield Finding("sign-in", "wrong", said, "Give all services the same PUBLIC_URL.")
    elif not keys:
        yield Finding("sign-in", "wrong", "Identity publishes no key.", "See identity's log.")
    else:
        yield fine("sign-in", f"{len(keys)} keys published")


async def _mail_server(running: Service[Any]) -> AsyncIterator[Finding]:
    if "mail" not in {job.name for job in running.jobs}:
        return
    settings, began = running.settings, time.monotonic()
    client = aiosmtplib.SMTP(
        hostname=settings.smtp_host,
        port=settings.smtp_port,
        timeout=10,
        use_tls=settings.smtp_tls == "tls",
        start_tls=settings.smtp_tls == "starttls",
    )
    try:
        await client.connect()
        if settings.smtp_username:
            await client.login(settings.smtp_username, settings.smtp_password.get_secret_value())
    except (aiosmtplib.SMTPException, OSError) as error:
        said = f"{settings.smtp_host}:{settings.smtp_port} takes no mail: {type(error).__name__}."
        yield Finding("mail server", "wrong", said, "Mails wait and are tried again for two days.")
    else:
        yield fine("mail server", f"answers in {time.monotonic() - began:.1f} s")
    finally:
        with suppress(aiosmtplib.SMTPException, OSError):
            await client.quit()


async def _mails(running: Service[Any]) -> AsyncIterator[Finding]:
    late = await running.store.database["mails"].count(
        {"posted_at": {"$lt": datetime.now(UTC) - OLD}, "due_at": {"$exists": True}}
    )
    if late:
        yield Finding(
            "mails", "watch", f"{late} mails have waited for more than a minute.", "See mail server and leases here."
        )
