"""Writes down of each call an example, as a client really sent it and was answered: `services/*/api/examples.json`.

`python -m tests.contract.calls` runs the tests that make every call and notes what it lacks; what is there and still is
as the document says stays. As a plugin of pytest it listens to all clients. What is secret is blotted out.
"""

import json
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from contracts.catalog import SERVICES
from tests.contract.openapi import Operation, faults, operations

ROOT: Final = Path(__file__).parents[2]
SECRET: Final = re.compile(r"(?:.*_)?(?:password|secret|token|key)|code|recovery_codes", re.IGNORECASE)
LETTERS: Final = "EXAMPLE"
DIGITS: Final = "1234567890"
MAKING_CALLS: Final = {
    "identity": "password_reset second_factor emails profiles third_party export directories who_may_see_profiles",
    "projects": "reviews lifecycle people requests enrollment",
    "applications": "deciding waiting reviewing evaluating certificates applying graduating",
    "stipends": "decided holds batches stripe from_facts_to_paid hostile_payees",
}
MAKING_EVERY_CALL: Final = (
    "tests/journeys/test_mentorship.py",
    *(f"tests/component/{service}/test_authorization.py" for service in SERVICES),
    *(f"tests/component/{service}/test_{name}.py" for service in SERVICES for name in MAKING_CALLS[service].split()),
)

Example = dict[str, Any]


def place_of(service: str) -> Path:
    return ROOT / "services" / service / "api" / "examples.json"


def recorded(service: str) -> dict[str, Example]:
    examples: dict[str, Example] = json.loads(place_of(service).read_text())
    return examples


def lacking(operation: Operation, example: Example) -> list[str]:
    """Say what an example leaves out, or what of it is not as the document says."""
    asked, answers = operation.request, example.get("answers", {})
    found = [f"no answer {status}" for status in operation.answers if status not in answers]
    found += [f"an answer {status} that is not told of" for status in answers if status not in operation.answers]
    for status, said in operation.answers.items():
        found += faults(operation.service, said["schema"], answers[status]) if status in answers else []
    if operation.described.get("requestBody", {}).get("required") and asked and "request" not in example:
        found.append("no request")
    return found + (faults(operation.service, asked["schema"], example["request"]) if "request" in example else [])


class Calls:
    """Knows which call a request is."""

    def __init__(self) -> None:
        self._calls = [
            (re.compile(re.sub(r"\{[^}]+\}", "[^/]+", operation.path)), operation)
            for service in SERVICES
            for operation in sorted(operations(service), key=lambda operation: operation.path.count("{"))
        ]

    def called(self, method: str, path: str) -> Operation | None:
        of_it = (operation for said, operation in self._calls if operation.method == method and said.fullmatch(path))
        return next(of_it, None)


class Listening(Calls):
    """What was heard so far, by call."""

    def __init__(self) -> None:
        super().__init__()
        self.examples: dict[str, Example] = {}

    async def hear(self, response: httpx.Response) -> None:
        request = response.request
        operation = self.called(request.method, request.url.path)
        if operation is None or str(response.status_code) not in operation.answers:
            return
        example: Example = {"answers": {str(response.status_code): _short(json.loads(await response.aread()))}}
        if operation.request and isinstance(request.stream, httpx.ByteStream) and request.content:
            example["request"] = json.loads(request.content)
        example = blotted(example)
        if not lacking(operation, example) and _tells_more(example, self.examples.get(operation.name)):
            self.examples[operation.name] = example


def _short(said: Any) -> Any:
    """Give of a list the first thing; where one is, more are the same."""
    if isinstance(said, dict) and isinstance(said.get("items"), list):
        return said | {"items": said["items"][:1]}
    return said


def _tells_more(one: Example, other: Example | None) -> bool:
    return other is None or (_has_none(other) and not _has_none(one))


def _has_none(example: Example) -> bool:
    return any(isinstance(said, dict) and said.get("items") == [] for said in example["answers"].values())


def blotted(example: Example) -> Example:
    """Write over everything secret, wherever it stands, with as many other characters."""
    text = json.dumps(example)
    for word in sorted({word for word in _secrets(example) if len(word) > 4}, key=len, reverse=True):
        blot = DIGITS if word.isdigit() else LETTERS
        text = text.replace(word, (blot * len(word))[: len(word)])
    plain: Example = json.loads(text)
    return plain


def _secrets(said: Any, name: str = "") -> Iterator[str]:
    if isinstance(said, Mapping):
        for below, value in said.items():
            yield from _secrets(value, below)
    elif isinstance(said, list):
        for value in said:
            yield from _secrets(value, name)
    elif isinstance(said, str) and SECRET.fullmatch(name):
        yield said


_listening: Final = Listening()


def pytest_configure() -> None:
    send = httpx.AsyncClient.send

    async def sending(self: httpx.AsyncClient, request: httpx.Request, **more: Any) -> httpx.Response:
        response = await send(self, request, **more)
        await _listening.hear(response)
        return response

    httpx.AsyncClient.send = sending  # type: ignore[method-assign]


def pytest_sessionfinish() -> None:
    """Write down what is there now, and what was heard of what is not, or not any more as it is."""
    for service in SERVICES:
        before = recorded(service)
        after: dict[str, Example] = {}
        for operation in operations(service):
            for example in (_listening.examples.get(operation.name), before.get(operation.name)):
                if example is not None and not lacking(operation, example):
                    after[operation.name] = example
        place_of(service).write_text(json.dumps(after, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    sys.exit(pytest.main(["-q", "-p", "tests.contract.calls", *(sys.argv[1:] or MAKING_EVERY_CALL)]))
