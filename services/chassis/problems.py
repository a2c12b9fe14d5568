"""Refusals and faults as RFC 9457 problem details; the only place where a situation gets a status."""

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict
from starlette.exceptions import HTTPException

from services.chassis import hands, metrics
from services.chassis.commands import IdempotencyKeyReused, StaleVersion
from services.chassis.domain import Away, Conflict, Forbidden, NotFound, NotYetKnown, Refusal, RuleBroken
from services.chassis.kinds import KindRefused
from services.chassis.live import TooManyStreams
from services.chassis.mongo import QueryTooLong, StoreAway
from services.chassis.outbox import EventTooLarge
from services.chassis.paging import Malformed
from services.chassis.tokens import InsufficientUserAuthentication, Unauthenticated
from services.chassis.tracing import trace_id


class PreconditionMissing(Refusal):
    """A header that this call demands is missing."""


class BodyTooLarge(Refusal):
    """The body is more than this call takes."""


class UnsupportedMediaType(Refusal):
    """The body is of a kind that this call does not take."""


class UrlTooLong(Refusal):
    """The address is longer than any of ours."""


class HeadersTooLarge(Refusal):
    """There are more headers, or longer ones, than any call needs."""


class TookTooLong(Away):
    """The answer did not begin within the time that a request has."""


class TooManyRequests(Refusal):
    """Asked too often, or more than can be worked on right now."""

    def __init__(self, detail: str, *, wait: int = 5) -> None:
        super().__init__(detail)
        self.wait = wait
        """Seconds after which it is worth asking again."""


STATUS: Final[Mapping[type[Refusal], HTTPStatus]] = {
    Malformed: HTTPStatus.BAD_REQUEST,
    Unauthenticated: HTTPStatus.UNAUTHORIZED,
    Forbidden: HTTPStatus.FORBIDDEN,
    NotFound: HTTPStatus.NOT_FOUND,
    Conflict: HTTPStatus.CONFLICT,
    StaleVersion: HTTPStatus.PRECONDITION_FAILED,
    BodyTooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    EventTooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    UnsupportedMediaType: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    KindRefused: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    IdempotencyKeyReused: HTTPStatus.UNPROCESSABLE_ENTITY,
    RuleBroken: HTTPStatus.UNPROCESSABLE_ENTITY,
    PreconditionMissing: HTTPStatus.PRECONDITION_REQUIRED,
    UrlTooLong: HTTPStatus.REQUEST_URI_TOO_LONG,
    HeadersTooLarge: HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    TooManyRequests: HTTPStatus.TOO_MANY_REQUESTS,
    TooManyStreams: HTTPStatus.SERVICE_UNAVAILABLE,
    Away: HTTPStatus.SERVICE_UNAVAILABLE,
}
PROBLEM_JSON: Final = "application/problem+json"
SOON: Final = {"Retry-After": "1"}
HEADERS: Final[Mapping[type[Refusal], Mapping[str, str]]] = {
    InsufficientUserAuthentication: {
        "WWW-Authenticate": 'Bearer error="insufficient_user_authentication", acr_values="mfa", max_age="900"'
    },
    Unauthenticated: {"WWW-Authenticate": 'Bearer error="invalid_token"'},
    NotYetKnown: SOON,
    TooManyStreams: {"Retry-After": "5"},
    Away: SOON,
}


EXAMPLE: Final[dict[str, Any]] = {
    "type": "/problems/malformed",
    "title": "Malformed",
    "status": 400,
    "detail": "If-Match takes the ETag of the resource, not 'yesterday'.",
    "instance": "/v1/me",
    "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736",
}


class FieldError(BaseModel):
    pointer: str
    """JSON pointer into the body, or the parameter's name."""
    message: str


class Problem(BaseModel):
    """What was wrong, with which value, and what to do (RFC 9457)."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    type: str
    title: str
    status: int
    detail: str
    instance: str
    trace_id: str | None = None
    errors: list[FieldError] = []


def problem_schemas() -> dict[str, Any]:
    """Give the schemas by name, as a document holds them among its components."""
    schema = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    return {**schema.pop("$defs"), "Problem": schema}


class ProblemResponse(JSONResponse):
    media_type = PROBLEM_JSON


def status_of(kind: type[Refusal]) -> HTTPStatus:
    return next(STATUS[base] for base in kind.__mro__ if base in STATUS)


def kebab(name: str) -> str:
    """Give the end of a problem's `type`: `CapacityReached` is `capacity-reached`."""
    return words_of(name).replace(" ", "-").lower()


def words_of(name: str) -> str:
    return " ".join(re.findall(r"[A-Z][a-z0-9]*", name)).capitalize()


def problem(
    request: Request,
    name: str,
    status: int,
    detail: str,
    *,
    headers: Mapping[str, str] | None = None,
    errors: list[FieldError] | None = None,
) -> ProblemResponse:
    """Say it in a form that machines can tell apart (`type`) and people can act on (`detail`)."""
    body = Problem(
        type=f"/problems/{kebab(name)}",
        title=words_of(name),
        status=status,
        detail=detail,
        instance=request.url.path,
        trace_id=trace_id(),
        errors=errors or [],
    )
    metrics.REFUSALS.labels(body.type).inc()
    content = body.model_dump(exclude={"errors"} if not errors else None)
    return ProblemResponse(content, status, {"Cache-Control": "no-store"} | dict(headers or {}))


async def refused(request: Request, refusal: Exception) -> ProblemResponse:
    """Answer with what a refusal says, and when to come back."""
    await note_refusal(request, refusal)
    kind = type(refusal)
    headers = next((HEADERS[base] for base in kind.__mro__ if base in HEADERS), None)
    if isinstance(refusal, TooManyRequests):
        headers = {"Retry-After": str(refusal.wait)}
    return problem(request, kind.__name__, status_of(kind), str(refusal), headers=headers)  # type: ignore[arg-type]


async def note_refusal(request: Request, refusal: Exception) -> None:
    """Note it where somebody who is known asks for what they may not do, or for a thing that is not there for them."""
    unseen = isinstance(refusal, NotFound) and request.path_params
    if hands.current().is_person and (unseen or isinstance(refusal, Forbidden | InsufficientUserAuthentication)):
        await request.app.state.store.audit.note_refusal(name_of_route(request), request.url.path, refusal)


def name_of_route(request: Request) -> str:
    return getattr(request.scope.get("route"), "name", "unknown")


async def _invalid(request: Request, error: Exception) -> ProblemResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for it alone
    found = error.errors()
    errors = [FieldError(pointer=_pointer(e), message=_message(e)) for e in found[:100]]
    in_body = all(e["loc"][0] == "body" for e in found) and all(e["type"] != "json_invalid" for e in found)
    first = f"{errors[0].pointer}: {errors[0].message}"
    if in_body:
        return problem(request, "Invalid", HTTPStatus.UNPROCESSABLE_ENTITY, first, errors=errors)
    return problem(request, "Malformed", HTTPStatus.BAD_REQUEST, first, errors=errors)


def _pointer(error: Mapping[str, Any]) -> str:
    if error["type"] == "json_invalid":
        return "/"
    loc = error["loc"]
    return "/" + "/".join(map(str, loc[1:])) if loc[0] == "body" else str(loc[-1])


def _message(error: Mapping[str, Any]) -> str:
    return str(error["msg"]).removeprefix("Value error, ")


async def _http(request: Request, error: Exception) -> ProblemResponse:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for it alone
    name = "".join(word.capitalize() for word in HTTPStatus(error.status_code).phrase.split())
    detail = f"{request.method} {request.url.path}: {error.detail}."
    return problem(request, name, error.status_code, detail, headers=error.headers)


async def _query_too_long(request: Request, _: Exception) -> ProblemResponse:
    detail = "The store needed too long for this. Ask for less, or again in a moment. Nothing was changed."
    return problem(request, "TookTooLong", HTTPStatus.SERVICE_UNAVAILABLE, detail, headers=SOON)


async def _store_away(request: Request, _: Exception) -> ProblemResponse:
    detail = "The store cannot be reached right now. Nothing was changed, or it will be said when you ask again."
    return problem(request, "StoreAway", HTTPStatus.SERVICE_UNAVAILABLE, detail, headers=SOON)


def answer_with_problems(app: FastAPI) -> None:
    app.add_exception_handler(Refusal, refused)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(StoreAway, _store_away)
    app.add_exception_handler(QueryTooLong, _query_too_long)
