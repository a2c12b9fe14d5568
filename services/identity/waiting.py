"""What waits while a person signs in: carried by the browser, sealed, so that nobody can change it on the way.

An authorization request that asked to sign in anew stays that one: going back to it without signing in asks again.
"""

import base64
import binascii
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from contracts.ids import AccountId
from services.chassis.vault import SealBroken, Vault
from services.identity.domain.account import account_id
from services.identity.domain.session import Proof
from services.identity.parameters import NotReadable

PATIENCE: Final = timedelta(hours=1)
"""For so long a request waits for the sign-in it asked for; after that it is asked anew."""
SECOND_STEP: Final = timedelta(minutes=10)
"""So long after the password the second factor is taken."""
_REQUEST: Final = "waiting-request"
_DEVICE: Final = "waiting-device"


@dataclass(frozen=True)
class Waiting:
    """An authorization request, and since when it waits."""

    parameters: dict[str, str]
    since: datetime


@dataclass(frozen=True)
class HalfWay:
    """Somebody who gave the right password and owes the second factor."""

    account_id: AccountId
    proof: Proof


def seal_request(vault: Vault, waiting: Waiting) -> str:
    return _seal(vault, _REQUEST, {"parameters": waiting.parameters, "since": waiting.since.isoformat()})


def open_request(vault: Vault, text: str, at: datetime) -> Waiting:
    """Give the request; one that waited too long begins to wait now. Raises `NotReadable`."""
    said = _open(vault, _REQUEST, text)
    since = datetime.fromisoformat(said["since"])
    return Waiting(said["parameters"], since if at - since < PATIENCE else at)


def seal_device(vault: Vault, user_code: str) -> str:
    """Let the page for devices wait, with the code that was typed so far."""
    return _seal(vault, _DEVICE, {"user_code": user_code})


def open_device(vault: Vault, text: str) -> str:
    """Give the code. Raises `NotReadable`."""
    return str(_open(vault, _DEVICE, text)["user_code"])


def seal_half_way(vault: Vault, half_way: HalfWay, browser: str) -> str:
    """Seal it for this browser, named by a secret that its cookie holds."""
    said = {"account_id": half_way.account_id, "proof": half_way.proof.model_dump(mode="json")}
    return _seal(vault, f"half-way/{browser}", said)


def open_half_way(vault: Vault, text: str, browser: str, at: datetime) -> HalfWay:
    """Raises `NotReadable` where it is too old, or another browser's."""
    said = _open(vault, f"half-way/{browser}", text)
    half_way = HalfWay(account_id(said["account_id"]), Proof.model_validate(said["proof"]))
    if at - half_way.proof.at >= SECOND_STEP:
        raise NotReadable("The password was given too long ago. Sign in again.")
    return half_way


def _seal(vault: Vault, owner: str, said: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(vault.seal(owner, json.dumps(said).encode())).decode().rstrip("=")


def _open(vault: Vault, owner: str, text: str) -> dict[str, Any]:
    try:
        sealed = base64.b64decode(text + "=" * (-len(text) % 4), b"-_", validate=True)
        said: dict[str, Any] = json.loads(vault.open(owner, sealed))
    except (binascii.Error, ValueError, SealBroken):
        raise NotReadable("What this page went on from is not ours, or another browser's. Begin again.") from None
    return said
