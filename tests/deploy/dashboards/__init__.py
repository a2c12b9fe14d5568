"""The Grafana dashboards, made with Grafana's own builders; `tests.deploy.generated` writes them into the chart."""

import itertools
import json
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from grafana_foundation_sdk.builders.dashboard import Dashboard, DatasourceVariable, QueryVariable, Row
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import VariableRefresh

from tests.deploy.dashboards import bus, business, service
from tests.deploy.dashboards.panels import HERE, SOURCE, Panel


def _dashboard(name: str, title: str, rows: dict[str, Sequence[Panel]], *, of_services: bool) -> str:
    made = (
        Dashboard(title).uid(f"mentorship-{name}").tags(["mentorship"]).refresh("1m").time("now-6h", "now").readonly()
    )
    made.with_variable(DatasourceVariable("datasource").label("Data source").type("prometheus"))
    made.with_variable(_choice("release", "label_values(mentorship_part_well, release)"))
    if of_services:
        chosen = _choice("service", f"label_values(mentorship_part_well{{{HERE}}}, service)")
        made.with_variable(chosen.multi(multi=True).include_all(include_all=True))
    numbers = itertools.count(1)
    for row, panels in rows.items():
        made.with_row(Row(row).id(next(numbers)))
        for panel in panels:
            made.with_panel(panel.built().id(next(numbers)))
    return json.dumps(made.build(), cls=JSONEncoder, indent=1, sort_keys=True) + "\n"


def _choice(name: str, query: str) -> QueryVariable:
    variable = QueryVariable(name).label(name.capitalize()).datasource(SOURCE).query(query)
    return variable.refresh(VariableRefresh.ON_TIME_RANGE_CHANGED)


MADE: Final[dict[str, Callable[[], str]]] = {
    "business": lambda: _dashboard(
        "business", "Mentorship: applications, mentorships, money", business.BUSINESS, of_services=False
    ),
    "service": lambda: _dashboard("service", "Mentorship: services", service.SERVICE, of_services=True),
    "bus": lambda: _dashboard("bus", "Mentorship: bus", bus.BUS, of_services=True),
}


def dashboards() -> Iterator[tuple[str, str]]:
    """Give each dashboard's name and JSON."""
    for name, make in MADE.items():
        yield name, make()
