"""What identity tells Prometheus beyond what every process does."""

from typing import Final

from prometheus_client import Counter, Gauge

SIGN_INS: Final = Counter("mentorship_sign_ins_total", "Attempts to sign in, by how they ended", ["outcome"])
KEY_AGE: Final = Gauge("mentorship_signing_key_age_seconds", "For how long the key of now has signed", ["algorithm"])

for _outcome in ("signed_in", "wrong_password", "wrong_second_factor", "wrong_passkey", "too_many"):
    SIGN_INS.labels(_outcome)
