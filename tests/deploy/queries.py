"""Reads PromQL: which metrics a query asks for, by which labels, and whether anything of ours says them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import promql_parser
from prometheus_client import REGISTRY

from tests.architecture.metrics_page import METRICS

TARGET: Final = frozenset({"service", "role", "release", "namespace", "pod"})
"""Labels that the PodMonitor and the Prometheus operator give everything that is scraped."""
FOREIGN: Final[Mapping[str, frozenset[str]]] = {
    "up": frozenset(),
    "certmanager_certificate_expiration_timestamp_seconds": frozenset({"name"}),
    "strimzi_certificate_expiration_timestamp_ms": frozenset({"cluster", "type", "resource_namespace"}),
}
"""What others export: Prometheus itself, cert-manager, Strimzi's cluster operator."""
PROCESS: Final = frozenset(family.name for family in REGISTRY.collect() if family.name.startswith("process_"))
LABELS: Final[Mapping[str, frozenset[str]]] = {
    **FOREIGN,
    **{name: frozenset() for family in PROCESS for name in (family, f"{family}_total")},
    **{
        sample: frozenset(metric.labels) | ({"le"} if sample.endswith("_bucket") else set())
        for metric in METRICS
        for sample in metric.samples
    },
}


@dataclass(frozen=True)
class Asked:
    """A metric that a query asks for, and the labels by which it is chosen or grouped."""

    metric: str
    labels: frozenset[str]


def asked(query: str) -> list[Asked]:
    """Give what a query asks for. Raises `ValueError` where it is none."""
    return list(_asked(promql_parser.parse(query), frozenset()))


def _asked(node: Any, grouped: frozenset[str]) -> Iterator[Asked]:
    """Walk down; what an aggregation groups by must be a label of all that is below it, unless a function made it."""
    match node:
        case promql_parser.VectorSelector():
            chosen = {matcher.name for matcher in node.matchers.matchers}
            yield Asked(str(node.name), grouped | chosen)
        case promql_parser.MatrixSelector():
            yield from _asked(node.vector_selector, grouped)
        case promql_parser.AggregateExpr():
            by = frozenset(node.modifier.labels) if node.modifier else frozenset()
            yield from _asked(node.expr, grouped | by)
        case promql_parser.BinaryExpr():
            on = frozenset(node.modifier.matching.labels) if node.modifier and node.modifier.matching else frozenset()
            yield from _asked(node.lhs, grouped | on)
            yield from _asked(node.rhs, grouped | on)
        case promql_parser.Call():
            for argument in node.args:
                yield from _asked(argument, grouped)
        case promql_parser.ParenExpr() | promql_parser.UnaryExpr() | promql_parser.SubqueryExpr():
            yield from _asked(node.expr, grouped)
        case promql_parser.NumberLiteral() | promql_parser.StringLiteral():
            return
        case _:
            raise TypeError(f"{type(node).__name__} is not known here.")


def unknown(query: str, recorded: Mapping[str, frozenset[str]]) -> list[str]:
    """Say what a query asks for that nothing exports or records."""
    wrong = []
    for one in asked(query):
        known = {**LABELS, **recorded}.get(one.metric)
        if known is None:
            wrong.append(f"There is no metric {one.metric}.")
        elif more := one.labels - known - TARGET:
            wrong.append(f"{one.metric} has no label {', '.join(sorted(more))}.")
    return wrong


def labels_left(query: str) -> frozenset[str]:
    """Say which labels the outermost aggregation leaves."""
    node: Any = promql_parser.parse(query)
    while not isinstance(node, promql_parser.AggregateExpr):
        node = node.lhs if isinstance(node, promql_parser.BinaryExpr) else node.args[-1]
    return frozenset(node.modifier.labels if node.modifier else ()) - {"le"}
