"""A panel, and the queries that panels are made of."""

from dataclasses import dataclass
from typing import Any, Final

from grafana_foundation_sdk.builders import stat, timeseries
from grafana_foundation_sdk.builders.common import ReduceDataOptions, VizLegendOptions
from grafana_foundation_sdk.builders.prometheus import Dataquery
from grafana_foundation_sdk.models.common import LegendDisplayMode, LegendPlacement
from grafana_foundation_sdk.models.dashboard import DataSourceRef

SOURCE: Final = DataSourceRef(type_val="prometheus", uid="${datasource}")
HERE: Final = 'release="$release"'
SERVICES: Final = 'release="$release", service=~"$service"'
"""Of the services that are chosen above the panels."""
WIDE, NARROW, SMALL = 12, 8, 4


@dataclass(frozen=True)
class Panel:
    title: str
    unit: str
    description: str
    queries: dict[str, str]
    """By what the legend says of each."""
    width: int = NARROW

    def built(self) -> Any:
        single = self.width == SMALL
        panel = stat.Panel() if single else timeseries.Panel()
        panel.title(self.title).description(self.description).unit(self.unit).datasource(SOURCE)
        panel.span(self.width).height(6 if single else 8)
        if isinstance(panel, stat.Panel):
            panel.reduce_options(ReduceDataOptions().calcs(["lastNotNull"]))
        else:
            table = (
                VizLegendOptions()
                .show_legend(show_legend=True)
                .display_mode(LegendDisplayMode.LIST)
                .placement(LegendPlacement.BOTTOM)
            )
            panel.legend(table).axis_soft_min(0).fill_opacity(10)
        for number, (legend, query) in enumerate(self.queries.items()):
            panel.with_target(Dataquery().expr(query).legend_format(legend).ref_id(chr(ord("A") + number)))
        return panel


def rate(metric: str, by: str, of: str = SERVICES) -> str:
    return f"sum by ({by}) (rate({metric}{{{of}}}[$__rate_interval]))"


def grown(metric: str, by: str, of: str = SERVICES, *, within: str = "1h") -> str:
    return f"sum by ({by}) (increase({metric}{{{of}}}[{within}]))"


def told_once(metric: str, by: str, of: str = HERE) -> str:
    """Take what one replica tells of the store, or all tell alike."""
    return f"max by ({by}) ({metric}{{{of}}})"


def quantile(share: float, by: str) -> str:
    answered = f'mentorship_http_request_seconds_bucket{{{SERVICES}, route!="unknown", route!~".*/stream"}}'
    return f"histogram_quantile({share}, sum by (le, {by}) (rate({answered}[$__rate_interval])))"
