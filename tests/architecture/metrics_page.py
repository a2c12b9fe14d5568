"""Writes docs/metrics.md from the code: `python -m tests.architecture.metrics_page > docs/metrics.md`."""

from dataclasses import dataclass
from types import ModuleType
from typing import Final

from prometheus_client.metrics import MetricWrapperBase

from services.applications import metrics as of_applications
from services.chassis import metrics as of_every_process
from services.identity import metrics as of_identity
from services.stipends import metrics as of_stipends

HEAD: Final = """# Metrics

What each process says at `/metrics` on its own port, for Prometheus. The chart's PodMonitor adds `service`, `role`, `release`, `namespace` and `pod`.

What is marked with * is counted from the store, now and then, by the one replica that has the lease of that work, and no other tells it: take
the `max` over the replicas. Whether that work gets on is `mentorship_part_well{part="figures"}`, of the walk over the ledger `audit`, of the audit trail `audit trail`, of the outbox `relay`.
"""  # noqa: E501
TABLE: Final = "| metric | kind | labels | is |\n|---|---|---|---|\n"
COUNTED: Final = frozenset(
    {
        of_every_process.OUTBOX_DEPTH,
        of_every_process.OUTBOX_AGE,
        of_every_process.AUDIT_UNSEALED,
        of_identity.KEY_AGE,
        of_applications.APPLICATIONS,
        of_stipends.PAYMENTS,
        of_stipends.PAYMENTS_SUM,
        of_stipends.STANDING_STILL,
        of_stipends.BALANCES,
        of_stipends.CHAINS,
        of_stipends.VERIFIED,
    }
)
SAMPLES: Final = {"histogram": ("_bucket", "_count", "_sum"), "counter": ("",), "gauge": ("",)}


@dataclass(frozen=True)
class Metric:
    name: str
    kind: str
    labels: tuple[str, ...]
    help: str
    counted: bool

    @property
    def samples(self) -> tuple[str, ...]:
        """Name what Prometheus keeps of it."""
        return tuple(self.name + end for end in SAMPLES[self.kind])

    def __str__(self) -> str:
        labels = ", ".join(f"`{label}`" for label in self.labels)
        return f"| `{self.name}`{' *' if self.counted else ''} | {self.kind} | {labels} | {self.help} |"


def _described(metric: MetricWrapperBase) -> Metric:
    kind = str(metric._type)
    name = metric._name + ("_total" if kind == "counter" else "")
    return Metric(name, kind, tuple(metric._labelnames), metric._documentation, metric in COUNTED)


def _of(module: ModuleType) -> tuple[Metric, ...]:
    return tuple(_described(one) for one in vars(module).values() if isinstance(one, MetricWrapperBase))


ROOMS: Final = {
    "Every process": _of(of_every_process),
    "Identity": _of(of_identity),
    "Applications": _of(of_applications),
    "Stipends": _of(of_stipends),
}
METRICS: Final = tuple(metric for metrics in ROOMS.values() for metric in metrics)


def page() -> str:
    tables = [f"\n## {room}\n\n{TABLE}" + "".join(f"{metric}\n" for metric in told) for room, told in ROOMS.items()]
    return HEAD + "".join(tables)


if __name__ == "__main__":
    print(page(), end="")  # noqa: T201
