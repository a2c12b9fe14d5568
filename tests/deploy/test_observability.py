"""Alerts, runbooks and dashboards: each alert fires when it must, says what to do, and asks for what the code tells."""

import importlib
import json
import re
import shlex
import shutil
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from fastapi.routing import iter_route_contexts

from contracts.catalog import SERVICES
from services.chassis.service import Role
from tests.architecture.metrics_page import METRICS
from tests.contract.readers import BUILT
from tests.deploy.dashboards import MADE
from tests.deploy.generated import CHART, ROOT
from tests.deploy.queries import FOREIGN, labels_left, unknown
from tests.deploy.rendered import Rendering, run

RULES: Final = tuple(sorted((CHART / "files" / "alerts").glob("*.yaml")))
DASHBOARDS: Final = tuple(sorted((CHART / "files" / "dashboards").glob("*.json")))
PROVEN: Final = tuple(sorted((Path(__file__).parent / "alerts").glob("*.yaml")))
RUNBOOKS: Final = tuple(sorted((ROOT / "deploy" / "runbooks").glob("*.md")))
SECTIONS: Final = ("What it means", "How to look", "What to do", "How to know it is over")
Rule = dict[str, Any]


def promtool(*words: str | Path) -> str:
    found = shutil.which("promtool")
    assert found, "promtool is needed here: Debian has it in its package prometheus."
    return run(found, *words)


def rules() -> list[Rule]:
    return [rule for path in RULES for group in yaml.safe_load(path.read_text())["groups"] for rule in group["rules"]]


def alerts() -> list[Rule]:
    return [rule for rule in rules() if "alert" in rule]


def recorded() -> dict[str, frozenset[str]]:
    return {rule["record"]: labels_left(rule["expr"]) for rule in rules() if "record" in rule}


def kebab(alert: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "-", alert.removeprefix("Mentorship")).lower()


def panels(path: Path) -> list[dict[str, Any]]:
    return [panel for panel in json.loads(path.read_text())["panels"] if panel["type"] != "row"]


def queries(path: Path) -> Iterator[str]:
    for panel in panels(path):
        for target in panel["targets"]:
            yield target["expr"].replace("$__rate_interval", "5m")


def test_every_alert_fires_and_keeps_silent_as_its_examples_say():
    assert {path.name for path in PROVEN} == {path.name for path in RULES}
    promtool("check", "rules", *RULES)
    promtool("test", "rules", *PROVEN)


def test_every_alert_has_an_example_in_which_it_fires_and_one_in_which_it_does_not():
    examples = [one for path in PROVEN for test in yaml.safe_load(path.read_text())["tests"] for one in _told(test)]
    names = {rule["alert"] for rule in alerts()}
    assert {name for name, fires in examples if fires} == names
    assert {name for name, fires in examples if not fires} == names


def _told(test: dict[str, Any]) -> list[tuple[str, bool]]:
    return [(one["alertname"], bool(one["exp_alerts"])) for one in test["alert_rule_test"]]


@pytest.mark.parametrize("rule", alerts(), ids=lambda rule: rule["alert"])
def test_an_alert_says_in_words_what_is_wrong_how_bad_it_is_and_where_to_read_on(rule: Rule):
    assert rule["labels"]["severity"] in {"critical", "warning"}
    said = rule["annotations"]
    assert set(said) == {"summary", "description", "runbook_url"}
    assert len(said["summary"].split()) > 4
    assert said["description"].endswith(".")
    assert said["runbook_url"] == f"RUNBOOKS/{kebab(rule['alert'])}.md"


def test_every_alert_has_a_runbook_and_every_runbook_an_alert():
    assert {path.stem for path in RUNBOOKS} == {kebab(rule["alert"]) for rule in alerts()}


def test_the_chart_says_where_the_runbooks_are(full: Rendering):
    loaded = [rule for one in full.of("PrometheusRule") for group in one["spec"]["groups"] for rule in group["rules"]]
    links = {rule["alert"]: rule["annotations"]["runbook_url"] for rule in loaded if "alert" in rule}
    assert links == {rule["alert"]: f"https://wiki.example.org/runbooks/{kebab(rule['alert'])}.md" for rule in alerts()}
    assert [rule["expr"] for rule in loaded] == [rule["expr"] for rule in rules()]


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule.get("alert") or rule["record"])
def test_a_rule_asks_for_what_the_code_tells(rule: Rule):
    assert unknown(rule["expr"], recorded()) == []


@pytest.mark.parametrize("path", DASHBOARDS, ids=lambda path: path.stem)
def test_a_dashboard_asks_for_what_the_code_tells(path: Path):
    assert [fault for query in queries(path) for fault in unknown(query, recorded())] == []


@pytest.mark.parametrize(
    ("query", "fault"),
    [
        ("sum(rate(mentorship_mail_total[5m]))", "There is no metric mentorship_mail_total."),
        ('mentorship_mails_total{result="sent"}', "mentorship_mails_total has no label result."),
        ("sum by (topics) (mentorship_consumer_lag_messages)", "mentorship_consumer_lag_messages has no label topics."),
        ("up == 0 unless on (releases) mentorship_outbox_rows", "up has no label releases."),
        ("sum by (method) (mentorship:requests:rate5m)", "mentorship:requests:rate5m has no label method."),
    ],
)
def test_a_typo_in_a_query_is_found(query: str, fault: str):
    assert fault in unknown(query, recorded())


def test_promtool_reads_every_query_of_the_dashboards(tmp_path: Path):
    made = [{"record": "it", "expr": query} for path in DASHBOARDS for query in queries(path)]
    assert len(made) > 30
    written = tmp_path / "queries.yaml"
    written.write_text(yaml.safe_dump({"groups": [{"name": "all", "rules": made}]}))
    promtool("check", "rules", "--lint=none", written)


@pytest.mark.parametrize("path", DASHBOARDS, ids=lambda path: path.stem)
def test_a_panel_says_what_it_shows_and_in_which_unit(path: Path):
    titles = [panel["title"] for panel in panels(path)]
    assert len(titles) == len(set(titles))
    for panel in panels(path):
        assert panel["description"].endswith("."), panel["title"]
        assert panel["fieldConfig"]["defaults"]["unit"], panel["title"]
        assert panel["datasource"]["uid"] == "${datasource}"
        assert panel["targets"], panel["title"]


def test_there_are_three_dashboards_and_everything_that_is_told_is_on_one_of_them():
    assert {path.stem for path in DASHBOARDS} == set(MADE)
    text = "".join(query for path in DASHBOARDS for query in queries(path)) + "".join(rule["expr"] for rule in rules())
    assert {metric.name for metric in METRICS if not any(sample in text for sample in metric.samples)} == set()


@pytest.mark.parametrize("path", RUNBOOKS, ids=lambda path: path.stem)
def test_a_runbook_says_what_it_means_how_to_look_what_to_do_and_when_it_is_over(path: Path):
    text = path.read_text()
    assert tuple(re.findall(r"^## (.+)$", text, re.MULTILINE)) == SECTIONS
    (rule,) = (rule for rule in alerts() if kebab(rule["alert"]) == path.stem)
    assert text.startswith(f"# {rule['alert']}\n")
    for link in re.findall(r"\]\(([^)#:]+)[^)]*\)", text):
        assert (path.parent / link).exists(), link


@cache
def command_line() -> Any:
    return importlib.import_module("typer.main").get_command(importlib.import_module("services.__main__").app)


def commands(text: str) -> Iterator[list[str]]:
    """Give every `mentorship …` that stands in a code block, whoever runs it, or between backticks."""
    blocks = re.findall(r"```console\n(.+?)```", text, re.DOTALL)
    spoken = re.findall(r"`(mentorship [^`]+)`", re.sub(r"```.+?```", "", text, flags=re.DOTALL))
    for line in [line.strip() for block in blocks for line in block.replace("\\\n", " ").splitlines()] + spoken:
        if found := re.search(r"(?:^\$ |-- |\| |^)mentorship (.+)$", line):
            yield shlex.split(found[1], comments=True)


def wrong_in(words: list[str]) -> list[str]:
    """Say which command or option there is not."""
    command, rest = command_line(), list(words)
    while rest and rest[0] in getattr(command, "commands", {}):
        command = command.commands[rest.pop(0)]
    if hasattr(command, "commands"):
        return [f"no command: {' '.join(words)}"]
    options = {flag for parameter in command.params for flag in (*parameter.opts, *parameter.secondary_opts)}
    arguments = [parameter for parameter in command.params if parameter.param_type_name == "argument"]
    wrong = [word for word in rest if word.startswith("--") and word.partition("=")[0] not in options]
    plain = _without_options(rest, command)
    most = None if any(one.nargs == -1 for one in arguments) else len(arguments)
    too_few = len(plain) < sum(one.required for one in arguments)
    return wrong + [f"arguments: {' '.join(words)}"] * (too_few or (most is not None and len(plain) > most))


def _without_options(words: list[str], command: Any) -> list[str]:
    takes = {flag for one in command.params for flag in one.opts if not getattr(one, "is_flag", True)}
    return [
        word
        for before, word in zip(["", *words], words, strict=False)
        if not word.startswith("--") and before not in takes
    ]


@pytest.mark.parametrize("path", RUNBOOKS, ids=lambda path: path.stem)
def test_every_command_of_a_runbook_exists(path: Path):
    found = list(commands(path.read_text()))
    assert [fault for words in found for fault in wrong_in(words)] == []


@cache
def routes() -> frozenset[tuple[str, str]]:
    apps = (BUILT[service].app(Role.API) for service in SERVICES)
    contexts = (context for app in apps for context in iter_route_contexts(app.routes))
    return frozenset((method, unnamed(context.path or "")) for context in contexts for method in context.methods or ())


def unnamed(path: str) -> str:
    return re.sub(r"\{\w+\}", "{}", path)


@pytest.mark.parametrize("path", RUNBOOKS, ids=lambda path: path.stem)
def test_every_route_that_a_runbook_names_exists(path: Path):
    named = re.findall(r"`(GET|POST|PUT|DELETE) (/[^`?]+)", path.read_text())
    assert {(method, unnamed(route)) for method, route in named} <= routes()


@pytest.mark.parametrize("page", ["docs/operations.md", "docs/bus.md"])
def test_every_command_that_a_page_shows_exists(page: str):
    found = [
        words for block in re.findall(r"```.+?```", (ROOT / page).read_text(), re.DOTALL) for words in commands(block)
    ]
    assert found
    assert [fault for words in found for fault in wrong_in(words)] == []


@pytest.mark.parametrize(
    "line",
    [
        "$ mentorship outboxes status SERVICE",
        "$ mentorship outbox status SERVICE --jsn",
        "$ mentorship outbox status",
        "$ kubectl exec deploy/x -- mentorship dead-letters show stipends",
        "$ mentorship consumers resume stipends more",
    ],
)
def test_a_command_that_there_is_not_is_found(line: str):
    (words,) = commands(f"```console\n{line}\n```")
    assert wrong_in(words)


@pytest.mark.parametrize("path", RUNBOOKS, ids=lambda path: path.stem)
def test_every_metric_that_a_runbook_names_is_told(path: Path):
    known: Mapping[str, Any] = {**{sample: 1 for one in METRICS for sample in one.samples}, **recorded(), **FOREIGN}
    text = path.read_text()
    named = set(re.findall(r"\bmentorship_\w+|\bmentorship:[\w:]+|\b(?:certmanager|strimzi)_\w+", text))
    assert named - set(known) == set()
    lines = [line for block in re.findall(r"```promql\n(.+?)```", text, re.DOTALL) for line in block.splitlines()]
    assert lines
    assert [fault for line in lines for fault in unknown(line, recorded())] == []
