"""Routes: who may call them, what they expect beyond the body, and how they answer."""

import hashlib
import re
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Annotated, Any, Final, get_origin

import structlog
from fastapi import APIRouter, Depends, FastAPI, Request, Response, params
from fastapi.dependencies.models import Dependant
from fastapi.responses import JSONResponse, StreamingResponse
from fastapi.routing import APIRoute, iter_route_contexts
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, ConfigDict, TypeAdapter
from uuid6 import uuid7

from services.chassis import commands, hands, rates
from services.chassis.answers import PRIVATELY, PUBLICLY, Resource, kept_or_known
from services.chassis.audit import Outcome
from services.chassis.commands import Answer, Command, Replayed
from services.chassis.documents import KEYS, conditions
from services.chassis.domain import Actor, Away, NotAllowed
from services.chassis.mongo import PyMongoError
from services.chassis.nesting import refuse_nested
from services.chassis.paging import Malformed
from services.chassis.problems import PreconditionMissing, UnsupportedMediaType, name_of_route
from services.chassis.tokens import InsufficientUserAuthentication, Unauthenticated

log = structlog.get_logger()

_POLICIES: Final[set[Callable[..., Any]]] = set()
LIMIT: Final = "mentorship.largest_body"
"""Where a request's scope holds how many bytes of body it may have."""
FRESH_FACTOR: Final = timedelta(minutes=15)
"""How long a second factor counts as lately given."""
_bearer: Final = HTTPBearer(auto_error=False, bearerFormat="JWT", description="An access token of identity")

Bearer = Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]


class Body(BaseModel):
    """A request model: what it does not know it refuses."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class View(BaseModel):
    """A response model, read off an aggregate."""

    model_config = ConfigDict(from_attributes=True)


class ReadingNotNoted(Away):
    """Whoever has a platform role is shown nothing that the audit trail does not take."""


class RouteWithoutPolicy(TypeError):
    """A route that does not say who may call it."""


def policy(check: Callable[..., Any]) -> Callable[..., Any]:
    """Mark a dependency as saying who may call."""
    _POLICIES.add(check)
    return check


async def _admit(request: Request, actor: Actor | None) -> None:
    """From here on the command has a name; if it was answered before, that answer is given."""
    if actor is not None:
        hand = hands.current()
        hand.actor, hand.roles, hand.client = actor.id, actor.roles, actor.client
        hand.seen = set() if actor.roles and request.method == "GET" else None
        await rates.count(request.scope, "account", actor.id)
        await rates.count(request.scope, "client", actor.client)
    if command := commands.current():
        command.by = actor.id if actor else "anonymous"
        await request.app.state.store.answers.refuse_repetition(command)


@policy
async def anyone(request: Request) -> None:
    """Open to everybody, signed in or not."""
    await _admit(request, None)


@policy
async def whoever(request: Request, bearer: Bearer) -> Actor | None:
    """Open to everybody; says who it is where a token is sent."""
    actor = await request.app.state.verifier.verify(bearer.credentials) if bearer else None
    await _admit(request, actor)
    return actor


@policy
async def signed_in(request: Request, bearer: Bearer) -> Actor:
    """Whoever has a valid access token; what they may do is decided per object."""
    if bearer is None:
        raise Unauthenticated("This needs an access token: Authorization: Bearer ...")
    actor: Actor = await request.app.state.verifier.verify(bearer.credentials)
    await _admit(request, actor)
    return actor


def having(role: str) -> Callable[..., Any]:
    """Whoever is signed in with this platform role."""

    async def with_role(actor: By) -> Actor:
        if not actor.has(role):
            raise NotAllowed(f"This is for {role}.")
        return actor

    return policy(with_role)


async def _now(request: Request) -> datetime:
    now: datetime = request.app.state.clock()
    return now


async def _new_id() -> str:
    return str(uuid7())


async def _key_required(request: Request) -> None:
    if "idempotency-key" not in request.headers:
        raise PreconditionMissing(
            "Money moves here: send an Idempotency-Key, so that a repeated request moves it once."
        )


By = Annotated[Actor, Depends(signed_in)]
Now = Annotated[datetime, Depends(_now)]


async def fresh_factor(actor: By, now: Now) -> Actor:
    """Refuse whoever did not give a second factor lately. Raises `InsufficientUserAuthentication`."""
    if actor.second_factor_at is None or now - actor.second_factor_at > FRESH_FACTOR:
        raise InsufficientUserAuthentication(
            "This takes a second factor of the last 15 minutes. Sign in again with acr_values=mfa and max_age=900."
        )
    return actor


FreshFactor = Annotated[Actor, Depends(fresh_factor)]
"""Whoever is signed in and gave a second factor lately; for what must not be done with a stolen session."""
Reader = Annotated[Actor | None, Depends(whoever)]
NewId = Annotated[str, Depends(_new_id)]
KeyRequired: Final = Depends(_key_required)


async def _cached(response: Response, reader: Reader) -> None:
    response.headers["Vary"] = "Authorization"
    response.headers["Cache-Control"] = PUBLICLY if reader is None else PRIVATELY


Cached: Final = Depends(_cached)
"""Lets caches on the way keep what nobody signed in for; what a reader is shown is theirs alone."""


def limited(name: str, asks: Callable[[Request], bool] = lambda _: True) -> Any:
    """Let one address ask so often by a limit (a setting, `rate_<name>`) beside the one that holds for everything."""

    async def count(request: Request) -> None:
        if asks(request):
            await rates.count(request.scope, name, rates.from_elsewhere(request.scope))

    return Depends(count)


SEARCHED: Final = limited("search", lambda request: bool(request.query_params.get("q")))


def upload(largest: int) -> Any:
    """Give the body as it arrives, uninterpreted, and refuse more than `largest` bytes (413)."""

    async def stream(request: Request) -> AsyncIterator[bytes]:
        request.scope[LIMIT] = largest
        return request.stream()

    return Depends(stream)


def binary_body(*media_types: str) -> dict[str, Any]:
    """Tell OpenAPI of a body that is a file of one of these types."""
    schema = {"schema": {"type": "string", "format": "binary"}}
    return {"requestBody": {"required": True, "content": dict.fromkeys(media_types, schema)}}


TOKENLESS: Final[Mapping[str, list[str]]] = {}
"""OpenAPI's security requirement that is met by nothing: beside the bearer's, it makes a token optional."""


async def _shown_once() -> None:
    """Declare it of a route."""


async def _done_again() -> None:
    """Declare it of a route."""


SHOWN_ONCE: Final = Depends(_shown_once)
"""Of a POST that answers what nobody is shown twice: a repetition under its key is refused (409), not done."""
DONE_AGAIN: Final = Depends(_done_again)
"""Of a POST that may come any number of times and changes nothing more: a repetition is answered anew."""


class CommandRoute(APIRoute):
    """A route that honours `Idempotency-Key`, `If-Match` and `If-None-Match`, and refuses what it does not know."""

    def __init__(self, *said: Any, **more: Any) -> None:
        super().__init__(*said, **more)
        calls = set(_calls(self.dependant))
        whole = not _is_streamed(self.response_class)
        self.shown_once, self.done_again = _shown_once in calls, _done_again in calls
        key = KEYS["shown once" if self.shown_once else "done again" if self.done_again else "answered again"]
        told = conditions(self.methods or set(), self.path, whole=whole, key=key, key_required=_key_required in calls)
        if whoever in calls:
            told["security"] = [TOKENLESS]
        self.openapi_extra = {**(self.openapi_extra or {}), **told}

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        answer = super().get_route_handler()
        known = dict(_query_names(self.dependant))
        view: TypeAdapter[Any] = TypeAdapter(self.response_model)
        status = self.status_code or 200

        def render(result: Any) -> Answer:
            content = view.dump_python(view.validate_python(result, from_attributes=True), mode="json")
            version = content.get("version") if isinstance(content, dict) else None
            return Answer(status, bytes(JSONResponse(content).body), version)

        async def handle(request: Request) -> Response:
            _refuse_unknown(request, known)
            self._refuse_media(request)
            body = await request.body() if self.body_field else b""
            refuse_nested(body)
            command = _command_of(request, render, body)
            command.shown_once = self.shown_once
            if self.done_again:
                command.key = None
            with commands.carrying_out(command):
                try:
                    response = await answer(request)
                except Replayed as replayed:
                    response = _again(replayed.answer)
            await _note_reading(request)
            return kept_or_known(request, response) if request.method == "GET" else response

        return handle

    def _refuse_media(self, request: Request) -> None:
        if self.body_field is None or isinstance(self.body_field.field_info, params.Form):
            return
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if not kind and not self.body_field.field_info.is_required() and _is_empty(request):
            return
        if kind not in {"application/json", "application/merge-patch+json"}:
            raise UnsupportedMediaType(f"Send application/json, not {kind or 'a body without Content-Type'!r}.")


async def _note_reading(request: Request) -> None:
    """Note, before the answer goes out, what somebody with a platform role is shown; or else they are shown nothing."""
    hand = hands.current()
    if hand.seen is not None:
        audit, name = request.app.state.store.audit, name_of_route(request)
        try:
            await audit.note(name, request.url.path, concerns=hand.seen, outcome=Outcome.READ)
            hand.seen = None  # a stream goes on, and so does what it began
        except PyMongoError:
            log.exception("reading not noted", route=name)
            raise ReadingNotNoted(
                "What you are shown here is noted, and that cannot be done right now. Ask again."
            ) from None


def _is_empty(request: Request) -> bool:
    return request.headers.get("content-length", "0") == "0" and "transfer-encoding" not in request.headers


def router(prefix: str, tag: str) -> APIRouter:
    return APIRouter(prefix=prefix, tags=[tag], route_class=CommandRoute, default_response_class=Resource)


def refuse_routes_without_policy(app: FastAPI) -> None:
    """Deny by default. Raises `RouteWithoutPolicy`, so that such a service does not start."""
    for context in iter_route_contexts(app.routes):
        route = context.original_route
        declared = isinstance(route, APIRoute) and _POLICIES & set(_calls(route.dependant))
        if not declared and context.path != app.openapi_url:
            raise RouteWithoutPolicy(f"{context.path} ({context.name}) does not say who may call it.")


def _calls(dependant: Dependant) -> Iterable[Any]:
    for below in dependant.dependencies:
        yield below.call
        yield from _calls(below)


def _query_names(dependant: Dependant) -> Iterable[tuple[str, bool]]:
    """Name the query parameters, and say which may be there more than once."""
    for field in dependant.query_params:
        yield field.alias, get_origin(field.field_info.annotation) in {list, tuple}
    for below in dependant.dependencies:
        yield from _query_names(below)


def _refuse_unknown(request: Request, known: Mapping[str, bool]) -> None:
    names = [name for name, _ in request.query_params.multi_items()]
    for name in names:
        if name not in known:
            raise Malformed(
                f"There is no query parameter {name!r} here; there are: {', '.join(sorted(known)) or 'none'}."
            )
        if names.count(name) > 1 and not known[name]:
            raise Malformed(f"The query parameter {name!r} is there more than once.")


def _command_of(request: Request, render: Callable[[Any], Answer], body: bytes) -> Command:
    key = request.headers.get("idempotency-key") if request.method == "POST" else None
    if key is not None and not 1 <= len(key) <= 255:
        raise Malformed("An Idempotency-Key has 1 to 255 characters.")
    said = b"\n".join((request.method.encode(), request.url.path.encode(), body))
    return Command(hashlib.sha256(said).hexdigest(), render, key, _version(request.headers.get("if-match")))


def _version(if_match: str | None) -> int | None:
    if if_match is None or if_match == "*":
        return None
    text = re.split(r"[.-]", if_match.removeprefix("W/").strip('"'))[0]  # a gateway that compresses adds `-gzip`
    if not (text.isascii() and text.isdecimal() and len(text) < 16):
        raise Malformed(f"If-Match takes the ETag of the resource, not {if_match[:50]!r}.")
    return int(text)


def _again(answer: Answer) -> Response:
    headers = {"ETag": f'"{answer.version}"'} if answer.version is not None else {}
    return Response(answer.body, answer.status, headers | {"Idempotency-Replayed": "true"}, "application/json")


def _is_streamed(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, StreamingResponse)
