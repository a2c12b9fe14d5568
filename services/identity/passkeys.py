"""Passkeys (WebAuthn): what is asked of an authenticator, and whether its answer holds. The library checks it."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

import webauthn
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url, parse_client_data_json
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from services.identity.domain.second_factor import Passkey, PasskeyNotGood

UNREADABLE: Final = (WebAuthnException, ValueError, KeyError, TypeError, AttributeError)


@dataclass(frozen=True)
class Site:
    """Whom a passkey is for: our host, and the origin its pages come from."""

    origin: str

    @property
    def host(self) -> str:
        return urlsplit(self.origin).hostname or ""


@dataclass(frozen=True)
class Registered:
    """A new passkey, as the authenticator describes it."""

    id: str
    public_key: bytes
    count: int


@dataclass(frozen=True)
class Asserted:
    """What a passkey proved."""

    count: int
    verified: bool
    """The authenticator checked its owner too."""


def creation(site: Site, challenge: bytes, *, account: str, name: str, known: Iterable[Passkey]) -> str:
    """Give the options for `navigator.credentials.create`."""
    options = webauthn.generate_registration_options(
        rp_id=site.host,
        rp_name="Mentorship",
        user_id=account.encode(),
        user_name=name,
        challenge=challenge,
        exclude_credentials=_described(known),
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.PREFERRED, user_verification=UserVerificationRequirement.PREFERRED
        ),
    )
    return webauthn.options_to_json(options)


def request(site: Site, challenge: bytes, known: Iterable[Passkey] | None) -> str:
    """Give the options for `navigator.credentials.get`; without known ones it has to prove both factors."""
    needed = UserVerificationRequirement.REQUIRED if known is None else UserVerificationRequirement.PREFERRED
    options = webauthn.generate_authentication_options(
        rp_id=site.host, challenge=challenge, allow_credentials=_described(known or ()), user_verification=needed
    )
    return webauthn.options_to_json(options)


def challenge_in(credential: str) -> bytes:
    """Read which challenge an answer is to. Raises `PasskeyNotGood`."""
    try:
        client_data = base64url_to_bytes(_said(credential)["response"]["clientDataJSON"])
        return bytes(parse_client_data_json(client_data).challenge)
    except UNREADABLE:
        raise PasskeyNotGood("What the passkey sent cannot be read. Try again.") from None


def id_in(credential: str) -> str:
    """Read which passkey an answer is of. Raises `PasskeyNotGood`."""
    try:
        return bytes_to_base64url(base64url_to_bytes(_said(credential)["rawId"]))
    except UNREADABLE:
        raise PasskeyNotGood("What the passkey sent cannot be read. Try again.") from None


def register(site: Site, challenge: bytes, credential: str) -> Registered:
    """Check a new passkey. Raises `PasskeyNotGood`."""
    try:
        made = webauthn.verify_registration_response(
            credential=_said(credential),
            expected_challenge=challenge,
            expected_rp_id=site.host,
            expected_origin=site.origin,
        )
    except UNREADABLE:
        raise PasskeyNotGood("The passkey could not be set up. Try again.") from None
    return Registered(bytes_to_base64url(made.credential_id), made.credential_public_key, made.sign_count)


def check(site: Site, challenge: bytes, credential: str, passkey: Passkey, *, alone: bool) -> Asserted:
    """Check what a passkey sent; `alone`: it has to prove both factors. Raises `PasskeyNotGood`."""
    try:
        proved = webauthn.verify_authentication_response(
            credential=_said(credential),
            expected_challenge=challenge,
            expected_rp_id=site.host,
            expected_origin=site.origin,
            credential_public_key=passkey.public_key,
            credential_current_sign_count=passkey.count,
            require_user_verification=alone,
        )
    except UNREADABLE:
        raise PasskeyNotGood("This passkey does not sign in here. Try again, or sign in another way.") from None
    return Asserted(proved.new_sign_count, proved.user_verified)


def _said(credential: str) -> dict[str, Any]:
    said = json.loads(credential)
    if not isinstance(said, dict):
        raise TypeError(type(said).__name__)
    return said


def _described(known: Iterable[Passkey]) -> list[PublicKeyCredentialDescriptor]:
    return [PublicKeyCredentialDescriptor(id=base64url_to_bytes(passkey.id)) for passkey in known]
