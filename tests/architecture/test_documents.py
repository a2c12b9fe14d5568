"""What the documents say of the code is true: settings, metrics, the map of the rooms."""

import importlib
import re
from collections import Counter
from pathlib import Path

import pytest
from prometheus_client import REGISTRY
from typer.core import TyperGroup
from typer.main import get_command

from contracts.catalog import SERVICES
from services.__main__ import app
from services.chassis.settings import Settings as Common
from tests.architecture import authorization_page, events_page, metrics_page, problems_page

ROOT = Path(__file__).parents[2]
PAGES = (
    "README.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "docs/api.md",
    "docs/api-changelog.md",
    "docs/asvs.md",
    "docs/licenses.md",
    "docs/security.md",
    "docs/operations.md",
    "docs/bus.md",
    "docs/capacity.md",
    "docs/events.md",
    "docs/finance.md",
    "docs/import.md",
    "docs/metrics.md",
    "docs/identity.md",
    "docs/privacy.md",
    "docs/decisions/README.md",
    "deploy/README.md",
)
COMMAND = re.compile(r"(?:`|\$ )mentorship ([a-z][a-z-]+) ?([a-z-]*)")
SECTIONS = {
    1: (2, 9, 11, 3, 2),
    2: (3, 3, 4, 1),
    3: (0, 2, 4, 6, 5, 0, 2),
    4: (3, 1, 2, 4),
    5: (1, 3, 2, 3),
    6: (3, 12, 4, 4, 5, 3, 0, 4),
    7: (3, 4, 2, 5, 2, 2),
    8: (2, 3, 1, 1),
    9: (3, 4),
    10: (2, 2, 4, 11, 5, 2, 3),
    11: (2, 3, 3, 4, 1, 1),
    12: (3, 2, 4),
    13: (1, 5, 2, 5),
    14: (2, 4, 3),
    15: (3, 3, 7),
    16: (1, 5, 4, 3, 3),
    17: (1, 4, 2),
}
"""How many requirements of levels 1 and 2 each section of each chapter of ASVS 5.0.0 has; they are its first ones."""
ASVS = tuple(
    f"{chapter}.{section}.{number}"
    for chapter, sections in SECTIONS.items()
    for section, count in enumerate(sections, 1)
    for number in range(1, count + 1)
)


def settings_page() -> str:
    """Write `docs/settings.md` anew: `python -m tests.architecture.test_documents > docs/settings.md`."""
    lines = ["# Settings", "", "Environment variables. Those without a default must be set.", ""]
    lines += ["## Every service", "", "With its prefix: `IDENTITY_`, `PROJECTS_`, `APPLICATIONS_`, `STIPENDS_`.", ""]
    lines += _table(Common, "", set())
    for service in SERVICES:
        settings = importlib.import_module(f"services.{service}.app").Settings
        own = _table(settings, settings.model_config["env_prefix"], set(Common.model_fields))
        if len(own) > 2:
            lines += ["", f"## {service.capitalize()}", "", *own]
    return "\n".join(lines) + "\n"


def _table(settings: type[Common], prefix: str, but: set[str]) -> list[str]:
    rows = ["| variable | default | is |", "|---|---|---|"]
    for name, field in settings.model_fields.items():
        if name not in but:
            default = "" if field.is_required() else f"`{field.default}`" if str(field.default) else "none"
            rows.append(f"| `{prefix}{name.upper()}` | {default} | {field.description} |")
    return rows


def test_every_setting_is_documented_as_it_is():
    assert (ROOT / "docs" / "settings.md").read_text() == settings_page()


def test_every_event_is_documented_as_it_is():
    assert (ROOT / "docs" / "events.md").read_text() == events_page.page()


def test_who_may_call_what_is_documented_as_it_is_asked():
    assert (ROOT / "docs" / "authorization.md").read_text() == authorization_page.page()


def test_every_problem_has_its_page_as_the_code_tells_it():
    assert (ROOT / "deploy" / "gateway" / "site" / "problems.html").read_text() == problems_page.page()


def test_what_the_edge_and_the_gateway_tell_without_a_class_is_explained():
    assert problems_page.told_without_a_class() <= set(problems_page.kinds())


def test_every_sentence_of_the_promise_names_a_test_that_there_is():
    promise = (ROOT / "docs" / "bus.md").read_text().partition("## The promise")[2].partition("\n## ")[0]
    for sentence in promise.strip().split("\n\n")[1:]:
        named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", sentence)
        assert named, sentence
        for place, test in named:
            assert re.search(rf"^\s*(async )?def {test}\(", (ROOT / place).read_text(), re.MULTILINE), test


def rows_of(page: str) -> list[list[str]]:
    """Give the rows of every table of a page, without their heads."""
    lines = (ROOT / "docs" / page).read_text().splitlines()
    ruled = [number for number, line in enumerate(lines) if line.startswith("|---")]
    heads = {number - 1 for number in ruled} | set(ruled)
    return [
        [cell.strip() for cell in line.strip("|").split("|")]
        for number, line in enumerate(lines)
        if line.startswith("|") and number not in heads
    ]


@pytest.mark.parametrize(("page", "at_least"), [("asvs.md", 100), ("security.md", 50), ("authorization.md", 10)])
def test_every_test_that_a_page_names_is_there(page: str, at_least: int):
    named = re.findall(r"`([\w/]+\.py)::(\w+)`", (ROOT / "docs" / page).read_text())
    assert len(named) > at_least
    for place, test in named:
        assert re.search(rf"^\s*(async )?def {test}\(", (ROOT / "tests" / place).read_text(), re.MULTILINE), test


def test_every_threat_names_the_test_that_holds_what_defends():
    threats = (
        (ROOT / "docs" / "security.md").read_text().partition("## What stands against it")[2].partition("\n## ")[0]
    )
    rows = [line for line in threats.splitlines() if line.startswith("| ") and not line.startswith("| threat")]
    assert len(rows) > 40
    assert [row for row in rows if "::test_" not in row] == []


def test_every_requirement_of_asvs_is_judged_and_what_is_met_says_by_what():
    rows = [row for row in rows_of("asvs.md") if len(row) == 6]
    assert [row[0] for row in rows] == list(ASVS)
    assert {row[3] for row in rows} == {"met", "partly", "not met", "does not apply"}
    said = [row for row in rows if row[3] in {"met", "partly"}]
    assert [row[0] for row in said if not (row[5] or "](" in row[4] or "`make check`" in row[4])] == ["11.2.1"]
    counted = Counter(row[3] for row in rows)
    head = (ROOT / "docs" / "asvs.md").read_text().partition("\n## ")[0]
    assert f"all {len(rows)} requirements" in " ".join(head.split())
    for state, words in {
        "met": "are met",
        "partly": "partly",
        "not met": "are not,",
        "does not apply": "do not",
    }.items():
        assert f"{counted[state]} {words}" in head


@pytest.mark.parametrize("service", SERVICES)
def test_every_setting_says_what_it_is(service: str):
    settings = importlib.import_module(f"services.{service}.app").Settings
    assert [name for name, field in settings.model_fields.items() if not field.description] == []


def test_every_metric_is_documented_as_it_is_and_no_other():
    assert (ROOT / "docs" / "metrics.md").read_text() == metrics_page.page()


def test_every_metric_there_is_is_one_of_those():
    for service in SERVICES:
        importlib.import_module(f"services.{service}.app")
    exported = {family.name for family in REGISTRY.collect() if family.name.startswith("mentorship_")}
    assert {metric.name.removesuffix("_total") for metric in metrics_page.METRICS} == exported


@pytest.mark.parametrize("page", PAGES)
def test_every_link_of_the_documents_leads_somewhere(page: str):
    place = ROOT / page
    links = re.findall(r"\]\(([^)#:]+)\)", place.read_text())
    assert [link for link in links if not (place.parent / link).exists()] == []


def test_every_command_of_the_readme_is_in_the_makefile():
    makefile = (ROOT / "Makefile").read_text()
    for target in re.findall(r"`?make (\w+)", (ROOT / "README.md").read_text()):
        assert f"\n{target}:" in makefile, target


if __name__ == "__main__":
    print(settings_page(), end="")  # noqa: T201


def test_every_command_that_a_document_names_is_there():
    pages = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("deploy/**/*.md")]
    named = {(page.name, *words) for page in pages for words in COMMAND.findall(page.read_text(encoding="utf-8"))}

    assert named
    assert [said for said in sorted(named) if not is_a_command(*said[1:])] == []


def is_a_command(name: str, word: str) -> bool:
    """Say whether it is one, or a group with this word in it, if a word was said."""
    top = get_command(app)
    assert isinstance(top, TyperGroup)
    found = top.commands.get(name)
    return found is not None and (not isinstance(found, TyperGroup) or not word or word in found.commands)
