"""Writes `docs/events.md`: every event there is, its fields, who tells it and who listens, and a picture of it all."""

import ast
import importlib
import inspect
import types
import typing
from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import Any, Final

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from contracts.catalog import EVENTS, SERVICES, TOPICS, events_of
from contracts.event import Event
from tests.contract.readers import BUILT, ENVELOPE, fields_read, heard

ENVELOPE_SAYS: Final = {
    "type": "the name and version of the event",
    "id": "the thing it is about",
    "sequence": "counts the events about that thing: 1, 2, 3 … without gaps",
    "at": "when it was decided, RFC 3339 in UTC, to the millisecond",
    "by": "the account that decided, or `system:<service>`",
}


def page() -> str:
    """Write the whole page."""
    lines = [
        "# Events",
        "",
        "Written by `python -m tests.architecture.events_page > docs/events.md`; a test keeps it true. The schemas are",
        "in [`contracts/schemas`](../contracts/schemas/), an example of each in",
        "[`contracts/examples`](../contracts/examples/); a running service shows its own at `/asyncapi/<service>`.",
        "",
        *_picture(),
        "",
        "Every event repeats the whole public picture of what it is about, so that the newest suffices. Each has:",
        "",
        *_table(("field", "is"), [(f"`{name}`", says) for name, says in ENVELOPE_SAYS.items()]),
    ]
    for topic in TOPICS:
        if events_of(topic.name):
            lines += ["", f"## `{topic.name}`", "", *_topic(topic.name, compacted=topic.compacted)]
    return "\n".join(lines) + "\n"


def _picture() -> list[str]:
    lines = ["```mermaid", "flowchart LR"]
    for topic in TOPICS:
        if told := events_of(topic.name):
            name = topic.name.replace(".", "_")
            lines += [f"    {name}{{{{{topic.name}}}}}", f"    {told[0].source} --> {name}"]
            listening = [service for service in SERVICES if topic.name in BUILT[service].listener.topics]
            lines += [f"    {name} --> {service}" for service in listening]
    return [*lines, "```"]


def _topic(name: str, *, compacted: bool) -> Iterator[str]:
    told = events_of(name)
    kept = "Only the newest of a key is kept." if compacted else "Kept for ever, in order per key."
    yield f"Told by {told[0].source} alone. {kept}"
    for noun in dict.fromkeys(event.noun for event in told):
        family = [event for event in told if event.noun == noun]
        yield from ("", f"### {noun}", "", f"Key `{noun}/<id>`.", "")
        yield from _table(("event", "means", "heard by"), [_row(event) for event in family])
        yield from ("", *_fields(family))


def _row(event: type[Event]) -> tuple[str, str, str]:
    hearing = [service for service in SERVICES if event in heard(service)]
    meaning = " ".join((event.__doc__ or "").split())
    return f"`{event.model_fields['type'].default}`", meaning, ", ".join(hearing) or "nobody yet"


def _fields(family: list[type[Event]]) -> list[str]:
    rows = []
    for name in dict.fromkeys(name for event in family for name in event.model_fields if name not in ENVELOPE):
        having = [event for event in family if name in event.model_fields]
        only = (
            ""
            if len(having) == len(family)
            else " Only in " + ", ".join(f"`{event.model_fields['type'].default}`" for event in having)
        )
        says = f"{_meaning(having[0], name)}{only}".strip() + ("." if only else "")
        rows.append((f"`{name}`", _said(having[0].model_fields[name]), says, _readers(having, name)))
    return _table(("field", "type", "is", "read by"), rows) if rows else ["Nothing more than every event has."]


def _readers(having: list[type[Event]], name: str) -> str:
    return ", ".join(
        service
        for service in SERVICES
        if any(event in heard(service) and name in fields_read(service, event) for event in having)
    )


def _said(field: FieldInfo) -> str:
    default = "" if field.is_required() else f", `{field.default}` where it is not said"
    return _type(field.annotation) + default


def _type(annotation: Any) -> str:
    arguments, origin = typing.get_args(annotation), typing.get_origin(annotation)
    if origin in {typing.Union, types.UnionType}:
        return " or ".join("nothing" if one is type(None) else _type(one) for one in arguments)
    if arguments:
        return ("list of " if origin is tuple else "") + _type(arguments[0])
    if inspect.isclass(annotation) and issubclass(annotation, StrEnum):
        return " · ".join(annotation)
    if inspect.isclass(annotation) and issubclass(annotation, BaseModel):
        return f"{annotation.__name__} ({', '.join(annotation.model_fields)})"
    return {"str": "text", "int": "number", "bool": "yes or no", "datetime": "instant"}.get(
        getattr(annotation, "__name__", ""), str(getattr(annotation, "__name__", annotation))
    )


def _meaning(event: type[Event], name: str) -> str:
    """Give what stands below the field, in the class that declares it."""
    for kind in event.__mro__:
        if name in inspect.get_annotations(kind):
            return DOCSTRINGS.get((kind.__name__, name), "")
    return ""


def _docstrings() -> Iterator[tuple[tuple[str, str], str]]:
    for module in {event.__module__ for event in EVENTS.values()}:
        for kind in ast.parse(inspect.getsource(importlib.import_module(module))).body:
            if isinstance(kind, ast.ClassDef):
                yield from _below_fields(kind)


def _below_fields(kind: ast.ClassDef) -> Iterator[tuple[tuple[str, str], str]]:
    for field, below in zip(kind.body, kind.body[1:], strict=False):
        match field, below:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(text))):
                yield (kind.name, name), " ".join(text.split())


DOCSTRINGS: Final = dict(_docstrings())


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> list[str]:
    lines: list[tuple[str, ...]] = [head, ("---",) * len(head), *rows]
    return [f"| {' | '.join(cell.replace('|', '&#124;') for cell in line)} |" for line in lines]


if __name__ == "__main__":
    print(page(), end="")  # noqa: T201
