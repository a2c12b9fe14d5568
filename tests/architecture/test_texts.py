"""No text of a page or mail escapes translation."""

import ast
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from jinja2 import Environment, nodes

from tests.architecture.texts import POT, ROOT, catalog

NAMES = {"Mentorship", "UTC"}
"""Words that are the same in every language."""
SPOKEN = {"aria-label", "alt", "placeholder", "title", "data-label", "data-failed"}
TEMPLATES = sorted([*ROOT.glob("pages/templates/*.html"), *ROOT.glob("mails/*.txt")])
PAGES = sorted([*ROOT.glob("pages/*.py"), *ROOT.glob("oidc/*.py")])


class Unmarked(HTMLParser):
    """The words of a template that stand there as they are."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.found: list[str] = []
        tree = Environment(extensions=["jinja2.ext.i18n"], autoescape=True).parse(source)
        self.feed("".join(data.data for data in tree.find_all(nodes.TemplateData)))
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        self.found += [value for name, value in attrs if name in SPOKEN and value and _is_said(value)]

    def handle_data(self, data: str) -> None:
        self.found += [line.strip() for line in data.splitlines() if _is_said(line)]


def _is_said(text: str) -> bool:
    return bool(set(re.findall(r"[A-Za-z]+", text)) - NAMES)


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_every_text_of_a_template_is_marked(template: Path):
    assert Unmarked(template.read_text()).found == []


@pytest.mark.parametrize(
    "source", ["<p>Sign in</p>", '<a aria-label="Sign in">{{ _("x") }}</a>', "Hello {{ person }},"]
)
def test_a_text_that_is_not_marked_is_found(source: str):
    assert Unmarked(source).found


@pytest.mark.parametrize("module", PAGES, ids=lambda path: path.name)
def test_every_text_that_a_page_is_given_is_marked(module: Path):
    assert [ast.unparse(text) for text in _bare(ast.parse(module.read_text()))] == []


def _bare(tree: ast.AST) -> Iterator[ast.expr]:
    """Give the words that stand bare in a call that shows them."""
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        shown = call.args[2:] if isinstance(call.func, ast.Name) and call.func.id == "message" else []
        shown = [*shown, *(given.value for given in call.keywords if given.arg in {"wrong", "link"})]
        for value in shown:
            parts = value.elts[1:] if isinstance(value, ast.Tuple) else [value]
            yield from (part for part in parts if isinstance(part, ast.JoinedStr) or _is_words(part))


def _is_words(part: ast.expr) -> bool:
    return isinstance(part, ast.Constant) and isinstance(part.value, str) and _is_said(part.value)


def test_the_catalog_names_every_text():
    """It is written anew by `python -m tests.architecture.texts > services/identity/locales/messages.pot`."""
    assert POT.read_text() == catalog()
