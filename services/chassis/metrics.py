"""What every process tells Prometheus at `/metrics`; a service tells more in its own `metrics`. See docs/metrics.md.

What is counted from the store is told by the one replica that has the lease of that work, and by no other.
"""

from collections.abc import Mapping
from typing import Any, Final

from prometheus_client import Counter, Gauge, Histogram

REQUESTS: Final = Histogram(
    "mentorship_http_request_seconds",
    "Time from the request's first byte to the answer's last",
    ["method", "route", "status"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
DECISIONS: Final = Counter("mentorship_decisions_total", "Changes stored, by the decision's name", ["decision"])
REFUSALS: Final = Counter("mentorship_refusals_total", "Requests refused, by the problem's type", ["problem"])
OUTBOX_DEPTH: Final = Gauge("mentorship_outbox_rows", "Events committed and not yet on the bus")
OUTBOX_AGE: Final = Gauge(
    "mentorship_outbox_age_seconds", "Age of the oldest event that is committed and not yet on the bus"
)
PUBLISHED: Final = Counter("mentorship_events_published_total", "Messages the broker acknowledged", ["topic"])
CONSUMED: Final = Counter(
    "mentorship_events_consumed_total", "Messages seen: applied, repeated or waiting", ["topic", "outcome"]
)
LAG: Final = Gauge("mentorship_consumer_lag_messages", "Messages on the bus not yet seen", ["topic"])
RETRIES: Final = Counter("mentorship_consumer_retries_total", "Repeated attempts at one message", ["topic"])
DEAD_LETTERS: Final = Counter("mentorship_dead_letters_total", "Messages set aside so far", ["topic"])
DEAD_LETTERS_OPEN: Final = Gauge("mentorship_dead_letters_open", "Messages set aside that nobody has decided about")
WAITING: Final = Gauge("mentorship_waiting_messages", "Messages waiting for one that is missing or was set aside")
PAUSED: Final = Gauge("mentorship_consumer_paused", "1 while too many dead letters keep the consumer still")
AUDIT_UNSEALED: Final = Gauge("mentorship_audit_unsealed_notes", "Notes of the audit trail not yet in its chain")
STREAMS: Final = Gauge("mentorship_live_streams", "Server-sent streams that are open")
MAILS: Final = Counter("mentorship_mails_total", "Mails sent, postponed, given_up", ["outcome"])
PARTS: Final = Gauge(
    "mentorship_part_well",
    "1 while that part of the process is well: the store and the broker answer, relay and jobs get on",
    ["part"],
)
for _outcome in ("sent", "postponed", "given_up"):
    MAILS.labels(_outcome)


def tell(gauge: Gauge, numbers: Mapping[Any, float]) -> None:
    """Let a gauge say these numbers, each under its label or its labels, and no others."""
    gauge.clear()
    for labels, number in numbers.items():
        gauge.labels(*((labels,) if isinstance(labels, str) else labels)).set(number)
