"""What stipends tells Prometheus beyond what every process does."""

from typing import Final

from prometheus_client import Gauge

PAYMENTS: Final = Gauge("mentorship_payments", "Payments ordered so far", ["status", "currency"])
PAYMENTS_SUM: Final = Gauge("mentorship_payments_minor_units", "What the payments come to", ["status", "currency"])
STANDING_STILL: Final = Gauge(
    "mentorship_money_standing_still",
    "Stipends with an installment that nobody has moved for a week, payments that are not through after three days",
    ["what"],
)
BALANCES: Final = Gauge(
    "mentorship_ledger_balance_minor_units", "What an account holds over all projects", ["account", "currency"]
)
CHAINS: Final = Gauge("mentorship_ledger_chains", "Projects whose postings were walked: sound or broken", ["outcome"])
VERIFIED: Final = Gauge(
    "mentorship_ledger_verified_timestamp_seconds", "When the postings of all projects had last been walked"
)
