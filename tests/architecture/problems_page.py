"""Writes the gateway's page of problems: what each `type` means and what to do, read off the refusals in the code.

`python -m tests.architecture.problems_page > deploy/gateway/site/problems.html` writes it down. It is one file, in
which the gateway finds the problem that the address names: `/problems/capacity-reached` shows that one alone.
"""

import ast
import html
import importlib
import json
import pkgutil
import re
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Final

import services
from services.chassis.domain import Refusal
from services.chassis.problems import kebab, status_of, words_of

ROOT: Final = Path(__file__).parents[2]
CADDYFILE: Final = ROOT / "deploy" / "gateway" / "Caddyfile"
OF_COMMANDS: Final = frozenset({"services.chassis.backup", "services.projects.importing"})
"""What is refused here is refused to an operator at a terminal."""
BESIDE: Final[Mapping[str, tuple[int, str]]] = {
    "Invalid": (422, "A field of the body is missing, unknown, or not what the schema says; `errors` names each."),
    "Malformed": (400, "The request cannot be read: its JSON, a parameter or a header is not what it should be."),
    "NotFound": (404, "No resource has this address."),
    "MethodNotAllowed": (405, "The address is right, the method is not; `Allow` names those there are."),
    "BadRequest": (400, "The body cannot be read as what its Content-Type says."),
    "ServiceUnavailable": (503, "As much is being worked on as can be; this was not begun."),
    "StoreAway": (503, "The service's store cannot be reached right now. Nothing is half done."),
    "ReadOnly": (503, "The service is being worked on and can only be read for now. Nothing was changed."),
    "Fault": (500, "Something went wrong on our side. It was noted under the trace_id, and nothing is half done."),
    "ServiceAway": (503, "The service that answers here is starting or has stopped; the gateway says so in its place."),
    "GatewayError": (502, "The gateway could not pass the request on."),
}
"""Problems that no class stands for; a test holds that the code tells each of them."""
ADVICE: Final[Mapping[int, str]] = {
    400: "Mend the request: the detail names what cannot be read. The same request would be refused again.",
    401: "Get an access token and send it as Authorization: Bearer …; where WWW-Authenticate asks for more, sign in "
    "anew with the parameters that it names.",
    403: "Somebody with another part in it can do this. Signing in again as the same person changes nothing.",
    404: "Check the address. What is not for you to know is answered in the same way as what is not there.",
    408: "Send the whole request sooner, or in smaller parts.",
    405: "Use a method that the OpenAPI document has for this address.",
    409: "Read the resource anew, see what has happened, and decide again. Nothing was changed.",
    412: "Read the resource anew, put your change on what it says now, and send the new ETag in If-Match.",
    413: "Send less at once; the detail says how much is taken.",
    414: "Put less into the address; the detail says how much is taken.",
    415: "Send one of the kinds that the OpenAPI document names for this call.",
    422: "Change what the detail, or errors, names. Nothing was changed, and the same request would be refused again.",
    431: "Send fewer or shorter headers; the detail says how much is taken.",
    428: "Send the header that is named; an Idempotency-Key is a new random value for each thing you want done.",
    429: "Wait as many seconds as Retry-After says, then ask again, and less often.",
    500: "Ask again once. If it stays, tell whoever runs this platform the trace_id.",
    502: "Check the request, then ask again in a moment.",
    504: "Ask again in a moment; with the same Idempotency-Key nothing is done twice.",
    503: "Ask again after as many seconds as Retry-After says; with the same Idempotency-Key nothing is done twice.",
}
"""What to do, by status; a refusal's own detail says it for the case."""
BEFORE: Final[Mapping[str, str]] = {
    "not-yet-known": "Ask again after Retry-After: a word from another service is on its way.",
    "request-in-hand": "Wait a moment and send the same request with the same key: you get the answer of the first.",
    "idempotency-key-reused": "Use a new Idempotency-Key for another request.",
}
"""What to do where the status alone would say it wrongly."""


@dataclass(frozen=True)
class Kind:
    """A problem: what its `type` ends in, and all that is known of it."""

    name: str
    title: str
    status: int
    means: str
    told_by: tuple[str, ...]
    sentences: tuple[str, ...]

    @property
    def advice(self) -> str:
        return BEFORE.get(self.name, ADVICE[self.status])


@cache
def kinds() -> dict[str, Kind]:
    """Give every problem that an answer can name, by name."""
    found: dict[str, Kind] = {}
    for place, refusal in sorted(_raised(), key=lambda pair: (pair[1].__name__, pair[0])):
        name = refusal.__name__
        means = " ".join((refusal.__doc__ or "").split())
        _add(found, name, status_of(refusal), means, (place,), _sentences()[name])
    for name, (status, means) in BESIDE.items():
        _add(found, name, status, means, (), ())
    return dict(sorted(found.items()))


def _add(
    found: dict[str, Kind], name: str, status: int, means: str, places: tuple[str, ...], said: tuple[str, ...]
) -> None:
    """Two services may use one word; the page then says what either means by it."""
    before = found.get(kebab(name))
    if before:
        means = before.means if means in before.means else f"{before.means} {means}"
        places, said = tuple(sorted({*before.told_by, *places})), before.sentences
    found[kebab(name)] = Kind(kebab(name), words_of(name), status, means, places, said)


def _raised() -> Iterator[tuple[str, type[Refusal]]]:
    """Give every refusal that code makes, and which service it is of; `chassis` is every one."""
    made = _made()
    for module in pkgutil.walk_packages(services.__path__, "services."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    for refusal in _below(Refusal):
        ours = refusal.__module__.startswith("services.") and refusal.__module__ not in OF_COMMANDS
        if ours and refusal.__name__ in made:
            yield refusal.__module__.split(".")[1], refusal


def _below(kind: type[Refusal]) -> set[type[Refusal]]:
    return {kind, *(below for child in kind.__subclasses__() for below in _below(child))} - {Refusal}


def _made() -> set[str]:
    """Name every class that is called, or handed on to be called."""
    return {
        node.id
        for tree in _trees().values()
        for part in ast.walk(tree)
        if isinstance(part, ast.Call | ast.Raise)
        for node in _called(part)
        if isinstance(node, ast.Name)
    }


def _called(part: ast.Call | ast.Raise) -> list[ast.expr]:
    match part:
        case ast.Raise(exc=made):
            return [made] if made else []
        case ast.Call(func=ast.Name(id="isinstance" | "issubclass")):
            return []
        case ast.Call(func=made, args=handed):
            return [made, *handed, *(word.value for word in part.keywords)]
    return []


@cache
def _sentences() -> Mapping[str, tuple[str, ...]]:
    """Give what is said where a refusal is raised, with `…` for what only the case knows."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for tree in _trees().values():
        for node in ast.walk(tree):
            match node:
                case ast.Raise(exc=ast.Call(func=ast.Name(id=name), args=[said, *_])):
                    if (sentence := _spoken(said)) and sentence not in found[name]:
                        found[name].append(sentence)
    return defaultdict(tuple, {name: tuple(sentences[:3]) for name, sentences in found.items()})


def _spoken(said: ast.expr) -> str:
    match said:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=parts):
            return "".join(part.value if isinstance(part, ast.Constant) else "…" for part in parts)  # type: ignore[misc]
    return ""


@cache
def _trees() -> Mapping[str, ast.Module]:
    return {path.as_posix(): ast.parse(path.read_text()) for path in sorted((ROOT / "services").rglob("*.py"))}


def told_without_a_class() -> set[str]:
    """Name the problems that the edge and the gateway write themselves."""
    written = {
        node.args[1].value
        for tree in _trees().values()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "problem"
        and isinstance(node.args[1], ast.Constant)
        and isinstance(node.args[1].value, str)
    }
    statuses = re.findall(r"import problem \S+ ([\w-]+)", CADDYFILE.read_text())
    return {kebab(name) for name in written} | set(statuses)


HEAD: Final = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{if $kind}}{{index $kind 1}} · {{end}}Problems · Mentorship</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/style.css">
</head>
<body>
<header>
<p class="mark"><a href="/">Mentorship</a></p>
<h1>{{if $kind}}{{index $kind 1}}{{else}}What an error says{{end}}</h1>
</header>
<main>
{{- if $kind}}
<p>{{index $kind 3}}</p>
<ul class="cards">
<li><h3>Status</h3><p>{{index $kind 2}}</p></li>
<li><h3>What to do</h3><p>{{index $kind 4}}</p></li>
<li><h3>Told by</h3><p>{{index $kind 5}}</p></li>
</ul>
{{- if index $kind 6}}
<h2>What <code>detail</code> says, for example</h2>
<ul>
{{- range index $kind 6}}
<li>{{.}}</li>
{{- end}}
</ul>
{{- end}}
<p class="soft"><code>"type": "/problems/{{index $kind 0}}"</code>.
<a href="/problems/">How to read an error, and all of them</a></p>
{{- else}}
<p>Every error is a JSON document of the type <code>application/problem+json</code> (RFC 9457). Its <code>type</code> is
the address of a page here: the last part is the stable name of the kind of problem.</p>
<ul class="cards">
<li><h3>title, detail</h3><p>What happened, in words a person can act on.</p></li>
<li><h3>status</h3><p>400 malformed, 401 not signed in, 403 not allowed, 404 unknown, 409 the state forbids it,
412 changed meanwhile, 422 a rule says no, 429 and 503 try again after <code>Retry-After</code> seconds.</p></li>
<li><h3>errors</h3><p>For a form or body that is not right: each place (<code>pointer</code>), and what is wrong
there.</p></li>
<li><h3>instance, trace_id</h3><p>The resource that was asked for, and the number under which the request is found in
the logs.</p></li>
</ul>
<h2>All of them</h2>
<ul>
{{- range $kinds}}
<li><a href="/problems/{{index . 0}}">{{index . 0}}</a> ({{index . 2}}): {{index . 3}}</li>
{{- end}}
</ul>
{{- end}}
</main>
<footer><a href="/">Front page</a></footer>
</body>
</html>
"""
FIND: Final = """{{- $name := .OriginalReq.URL.Path | trimPrefix "/problems/"}}
{{- $kind := false}}
{{- range $kinds}}{{if eq (index . 0) $name}}{{$kind = .}}{{end}}{{end}}
{{- if and $name (not $kind)}}{{httpError 404}}{{end -}}
"""


def page() -> str:
    """Write the page: what there is, as words of the gateway's templates, and how one of it is shown."""
    rows = "\n".join(_row(kind) for kind in kinds().values())
    return f"{{{{- $kinds := list\n{rows}\n}}}}\n{FIND}{HEAD}"


def _row(kind: Kind) -> str:
    told_by = "every service" if not kind.told_by or "chassis" in kind.told_by else ", ".join(kind.told_by)
    texts = (kind.name, kind.title, f"{kind.status} {HTTPStatus(kind.status).phrase}", kind.means, kind.advice, told_by)
    sentences = " ".join(map(_quoted, kind.sentences))
    return f"(list {' '.join(map(_quoted, texts))} (list {sentences}))"


def _quoted(text: str) -> str:
    """The gateway's templates put in what they are given as it is, so it is made safe here."""
    return json.dumps(html.escape(text, quote=False), ensure_ascii=False)


if __name__ == "__main__":
    sys.stdout.write(page())
