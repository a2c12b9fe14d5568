"""What applications tells Prometheus beyond what every process does."""

from typing import Final

from prometheus_client import Gauge

APPLICATIONS: Final = Gauge("mentorship_applications", "Applications there are", ["status"])
