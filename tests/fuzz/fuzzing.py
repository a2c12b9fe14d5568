"""Requests that schemathesis makes up from an OpenAPI document, and what it has against the answers."""

import json
import random
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import hypothesis
import requests
import schemathesis
from hypothesis import HealthCheck, Phase
from hypothesis import strategies as st
from schemathesis.config import SchemathesisConfig
from schemathesis.core.failures import AcceptedNegativeData, FailureGroup
from schemathesis.core.parameters import ParameterLocation
from schemathesis.core.result import Ok
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import ignored_auth

REFUSED: Final = [
    "400",
    "401",
    "403",
    "404",
    "405",
    "406",
    "409",
    "412",
    "413",
    "414",
    "415",
    "422",
    "428",
    "429",
    "431",
]
"""What a schema cannot say is refused too: by a rule, by the state, for want of a key, by who asks, for its length."""
JSON_VALUE: Final = re.compile(r"true|false|null|-?\d{1,20}")
LONGEST: Final = 24 * 1024
"""Bytes of an address that is read."""
ENDS_THE_SESSION: Final = frozenset(
    {
        "DELETE /v1/me",
        "DELETE /v1/me/mfa",
        "DELETE /v1/me/sessions/{id}",
        "POST /v1/me/password",
        "POST /v1/signing-keys/rotate",
    }
)
"""Not made up, for then nobody could ask on: finance without a second factor moves no money at the next sign-in, and
after a leak of the keys every token is over."""
CONFIGURATION: Final = {
    "request-timeout": 30.0,
    "generation": {"with-security-parameters": False},  # who asks is ours to say
    "checks": {
        "positive_data_acceptance": {"expected-statuses": ["2xx", "3xx", *REFUSED]},
        "negative_data_rejection": {"expected-statuses": REFUSED},
    },
}


@schemathesis.serializer("application/pdf", "image/png", "image/jpeg", "image/svg+xml", "application/octet-stream")
def _as_it_is(_: Any, value: Any) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode()


@dataclass
class Found:
    """How many requests were answered with which status, and each kind of failure once, with its first example."""

    statuses: Counter[int] = field(default_factory=Counter)
    failures: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Place:
    """Where is asked, by whom, and what is there: ids by how a path goes on, longest first."""

    origin: str
    tokens: Mapping[str, str]
    there: Mapping[str, str]

    def within(self, path: str) -> str:
        """Write what is there into a path: `/v1/projects/{id}/logo` begins with `/v1/projects/{id}`."""
        for beginning, known in self.there.items():
            if path.startswith(beginning):
                return path.replace(beginning, known, 1)
        return path


def fuzz(document: Mapping[str, Any], place: Place, most: int, seed: int) -> Found:
    """Ask about `most` times, as many times every operation, and each time as everybody: nobody, then one by one."""
    config = SchemathesisConfig.from_dict(CONFIGURATION)
    schema = schemathesis.openapi.from_dict(dict(document), config=config)
    operations = [
        result.ok()
        for result in schema.get_all_operations()
        if isinstance(result, Ok) and not _is_left_out(result.ok().method, result.ok().path)
    ]
    found, chance = Found(), random.Random(seed)  # noqa: S311 - repeats a run
    with requests.Session() as session:
        for operation in operations:
            _fuzz(operation, place, session, max(1, most // len(operations) // (len(place.tokens) + 1)), chance, found)
    return found


def _is_left_out(method: str, path: str) -> bool:
    return f"{method.upper()} {path}" in ENDS_THE_SESSION or "stream" in path


def _fuzz(
    operation: Any, place: Place, session: requests.Session, most: int, chance: random.Random, found: Found
) -> None:
    cases = st.one_of(*(operation.as_strategy(generation_mode=mode) for mode in GenerationMode))
    known = place.within(operation.path)

    @hypothesis.seed(chance.getrandbits(64))
    @hypothesis.settings(
        max_examples=most,
        phases=[Phase.generate],
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @hypothesis.given(case=cases, whose=st.permutations(["", *sorted(place.tokens)]), there=st.booleans())
    def ask(case: Any, whose: Sequence[str], there: bool) -> None:
        if there and case.meta.generation.mode is GenerationMode.POSITIVE:
            case.path = known
            case.headers.pop("If-Match", None)  # a made-up one ends most of what else there is to find
        for who in whose:
            _ask(case, who, place, session, found)

    ask()


def _ask(case: Any, who: str, place: Place, session: requests.Session, found: Found) -> None:
    headers = {"Authorization": f"Bearer {place.tokens[who]}"} if who else {}
    try:
        answer = case.call(base_url=place.origin, session=session, headers=headers)
    except requests.RequestException:
        address = requests.Request(**case.as_transport_kwargs(place.origin)).prepare().url or ""
        assert len(address) > LONGEST, case.as_curl_command()
        found.statuses[HTTPStatus.REQUEST_URI_TOO_LONG] += 1  # who will not read it all may hang up
        return
    found.statuses[answer.status_code] += 1
    try:
        case.validate_response(answer, excluded_checks=[ignored_auth])
    except FailureGroup as group:
        for failure in group.exceptions:
            if isinstance(failure, AcceptedNegativeData) and is_right_as_sent(case, answer.request.url):
                continue
            name = f"{case.operation.label}: {failure.title} ({answer.status_code})"
            found.failures.setdefault(name, f"as {who or 'nobody'}: {failure}\n{case.as_curl_command()}"[:3000])


def is_right_as_sent(case: Any, address: str) -> bool:
    """Say whether what was made up to be wrong, in the query alone, is right as it was written: there all is text.

    schemathesis looks at that too, but not where a list is declared: a number in its place is a list of one text.
    """
    sent = parse_qs(urlsplit(address).query, keep_blank_values=True)
    wrong = {place for place, made in case.meta.components.items() if made.mode is GenerationMode.NEGATIVE}
    asked = case.operation.query
    return (
        wrong == {ParameterLocation.QUERY}
        and all(parameter.name in sent for parameter in asked if parameter.is_required)
        and all(_may_be(asked.get(name), texts) for name, texts in sent.items())
    )


def _may_be(parameter: Any, texts: list[str]) -> bool:
    if parameter is None:
        return False
    readings = [texts, *texts, *(json.loads(text) for text in texts if JSON_VALUE.fullmatch(text))]
    return any(parameter.get_validator().is_valid(reading) for reading in readings)
