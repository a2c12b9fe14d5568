"""One-time codes: those of authenticator apps (RFC 6238, six digits, new every 30 seconds), and recovery codes."""

import base64
import hmac
import os
import secrets
from datetime import datetime
from typing import Final

import segno
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

DIGITS: Final = 6
SECONDS: Final = 30
NEAR: Final = (0, -1, 1)
"""Steps by which the clock of an app may be off."""

RECOVERY_CODES: Final = 10


def new_recovery_codes() -> tuple[str, ...]:
    """80 bits each, in groups that can be read out."""
    return tuple("-".join(secrets.token_hex(2) for _ in range(5)) for _ in range(RECOVERY_CODES))


def new_secret() -> bytes:
    return os.urandom(20)


def written(secret: bytes) -> str:
    """Give the secret as a person types it into an app."""
    return base64.b32encode(secret).decode()


def code_at(secret: bytes, step: int) -> str:
    return _generator(secret).generate(step * SECONDS).decode()


def step_of(secret: bytes, code: str, at: datetime) -> int | None:
    """Say of which 30 seconds around this instant the code is; None where of none."""
    typed, now = "".join(code.split()).encode(), int(at.timestamp()) // SECONDS
    return next((now + off for off in NEAR if hmac.compare_digest(code_at(secret, now + off).encode(), typed)), None)


def address(secret: bytes, *, account: str, issuer: str) -> str:
    """Give the `otpauth:` address that apps understand."""
    return _generator(secret).get_provisioning_uri(account, issuer)


def picture(text: str) -> str:
    """Draw a QR code as an SVG that stands in a page by itself."""
    drawn = segno.make(text, error="m", micro=False)
    return str(drawn.svg_inline(scale=4, border=2, dark="#000", light="#fff", omitsize=True, svgclass="qr"))


def _generator(secret: bytes) -> TOTP:
    # SHA-1 and six digits are what every app understands (RFC 6238, 1.2).
    return TOTP(secret, DIGITS, SHA1(), SECONDS)  # noqa: S303
