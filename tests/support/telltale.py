"""What must be in no log: every token, code, password, secret and whole address that the tests sent or were given.

They are heard on the wire, by what they are called there, and kept as hashes; when the run is over its logs are held
against them. `KEPT` in the environment names the folder in which all processes of a run keep both.
"""

import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl, unquote_plus

import httpx

KEPT: Final = "MENTORSHIP_TEST_KEPT"
NAMES: Final = re.compile(
    r"(?:.*_)?(?:password|secret|token|verifier|assertion)|code|user_code|csrf|email|session|id_token_hint|half_way",
    re.IGNORECASE,
)
PUBLIC: Final = re.compile(r"/v1/(certificates|stipend|payees)")
"""Where `code` is no secret."""
SHORTEST: Final = 12
"""Characters; a shorter one is also found by chance."""
WORD: Final = re.compile(r"[\w.~+/=@%-]{12,}")
PART: Final = re.compile(r"[\w.~+-]{12,}")
"""A word may stand behind its name and an equals sign, or in a path."""
ALWAYS: Final = {
    "a signed token": re.compile(r"\beyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]*"),
    "a whole address": re.compile(r"[\w.+%-]+@(?:[\w-]+\.)+(?:org|com|net|io|dev)\b"),
    "a link's token": re.compile(r"[?&](?:code|token)=(?!\[redacted)[\w-]{8,}"),
}
OURS: Final = frozenset({"no-reply@mentorship.example"})


def hashed(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=12).hexdigest()


class Heard:
    """What one process of the test run has sent and got."""

    def __init__(self) -> None:
        self.words: set[str] = set()
        self.phrases: set[str] = set()
        """With spaces in them: they are looked for as they are."""

    def note(self, value: object) -> None:
        if not isinstance(value, str) or len(value) < SHORTEST:
            return
        if WORD.fullmatch(value):
            self.words.add(hashed(value))
        elif len(value) < 200:
            self.phrases.add(value)

    def request(self, request: httpx.Request) -> None:
        if PUBLIC.match(request.url.path):
            return
        self.pairs(request.url.params.multi_items())
        self.headers(request.headers)
        if isinstance(request.stream, httpx.ByteStream):  # what follows a redirection has one that nobody read
            self.body(request.headers.get("content-type", ""), b"".join(request.stream))

    def response(self, response: httpx.Response) -> None:
        if PUBLIC.match(response.request.url.path):
            return
        self.pairs(parse_qsl(httpx.URL(response.headers.get("location", "")).query.decode()))
        for cookie in response.headers.get_list("set-cookie"):
            name, _, value = cookie.partition(";")[0].partition("=")
            self.pairs([(name.removeprefix("__Host-"), value)])
        if response.is_stream_consumed:
            self.body(response.headers.get("content-type", ""), response.content)

    def headers(self, headers: httpx.Headers) -> None:
        scheme, _, value = headers.get("authorization", "").partition(" ")
        if scheme.lower() in {"bearer", "basic"}:
            self.note(value)

    def body(self, kind: str, content: bytes) -> None:
        if kind.startswith("application/json"):
            try:
                self.tree(json.loads(content))
            except ValueError:
                return
        elif kind.startswith("application/x-www-form-urlencoded"):
            self.pairs(parse_qsl(content.decode("ascii", "replace"), max_num_fields=None))
        elif kind.startswith("text/html"):
            found = re.findall(r'name="(\w+)" value="([^"]+)"', content.decode("utf-8", "replace"))
            self.pairs(found)

    def tree(self, said: Any) -> None:
        if isinstance(said, dict):
            self.pairs(said.items())
        for below in said.values() if isinstance(said, dict) else said if isinstance(said, list) else ():
            self.tree(below)

    def pairs(self, pairs: Iterable[tuple[str, object]]) -> None:
        for name, value in pairs:
            if NAMES.fullmatch(name):
                self.note(value)

    def keep(self, folder: Path) -> None:
        said = {"words": sorted(self.words), "phrases": sorted(self.phrases)}
        (folder / f"heard-{os.getpid()}.json").write_text(json.dumps(said))


def listen(heard: Heard) -> None:
    """Hear what every client of this process sends and gets, from now on."""
    send, send_one = httpx.AsyncClient.send, httpx.Client.send

    async def sending(self: httpx.AsyncClient, request: httpx.Request, **more: Any) -> httpx.Response:
        response = await send(self, request, **more)
        for each in (*response.history, response):
            heard.request(each.request)
            heard.response(each)
        return response

    def sending_one(self: httpx.Client, request: httpx.Request, **more: Any) -> httpx.Response:
        response = send_one(self, request, **more)
        for each in (*response.history, response):
            heard.request(each.request)
            heard.response(each)
        return response

    httpx.AsyncClient.send = sending  # type: ignore[method-assign]
    httpx.Client.send = sending_one  # type: ignore[method-assign]


def keep_logs(logs: Path, folder: Path) -> None:
    """Keep a platform's logs before its folder goes."""
    for log in logs.glob("*.log*"):
        if log.name.partition(".")[0] not in {"mongod", "broker", "supervisord"}:
            shutil.copyfile(log, folder / f"{logs.parent.name}-{log.name}")


def told(folder: Path) -> list[str]:
    """Hold every log against everything heard; says what was found, and where, not what it is."""
    words, phrases = _heard(folder)
    return sorted({f"{log.name}: {what}" for log in folder.glob("*.log*") for what in found(log, words, phrases)})


def found(log: Path, words: frozenset[str], phrases: frozenset[str]) -> Iterator[str]:
    with log.open(errors="replace") as lines:
        for number, line in enumerate(lines, 1):
            yield from (f"line {number} has {what}" for what in _of(line, words, phrases))


def _of(line: str, words: frozenset[str], phrases: frozenset[str]) -> Iterator[str]:
    plain = unquote_plus(line)
    for what, pattern in ALWAYS.items():
        if set(pattern.findall(line)) - OURS:
            yield what
    if any(hashed(word) in words for text in {line, plain} for word in _words(text)):
        yield "something that the tests sent or were given"
    if any(phrase in text for text in {line, plain} for phrase in phrases):
        yield "a password"


def _words(text: str) -> Iterator[str]:
    yield from WORD.findall(text)
    yield from PART.findall(text)


def _heard(folder: Path) -> tuple[frozenset[str], frozenset[str]]:
    kept = [json.loads(file.read_text()) for file in folder.glob("heard-*.json")]
    return (
        frozenset(word for each in kept for word in each["words"]),
        frozenset(phrase for each in kept for phrase in each["phrases"]),
    )
