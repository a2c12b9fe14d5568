"""What the documents say of the code is true: settings, metrics, the map of the rooms."""

import importlib
import re
from pathlib import Path

import pytest
from prometheus_client import REGISTRY

from contracts.catalog import SERVICES
from services.chassis import metrics
from services.chassis.settings import Settings as Common
from tests.architecture import authorization_page, events_page, problems_page

ROOT = Path(__file__).parents[2]
PAGES = (
    "README.md",
    "CONTRIBUTING.md",
    "docs/api.md",
    "docs/operations.md",
    "docs/bus.md",
    "docs/capacity.md",
    "docs/events.md",
    "docs/finance.md",
    "docs/import.md",
    "docs/identity.md",
    "docs/privacy.md",
    "docs/decisions/README.md",
    "deploy/README.md",
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


@pytest.mark.parametrize("service", SERVICES)
def test_every_setting_says_what_it_is(service: str):
    settings = importlib.import_module(f"services.{service}.app").Settings
    assert [name for name, field in settings.model_fields.items() if not field.description] == []


def test_every_metric_is_documented():
    page = (ROOT / "docs" / "operations.md").read_text()
    ours = {family.name for family in REGISTRY.collect() if family.name.startswith("mentorship_")}
    assert metrics.REQUESTS
    assert {name for name in ours if f"`{name}`" not in page and f"`{name}_total`" not in page} == set()


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
