"""Errors of the protocol that the core has no class for."""

from typing import Any, Final

from authlib.oauth2 import OAuth2Error


class RequestNotSupported(OAuth2Error):  # type: ignore[misc]
    error = "request_not_supported"


class RequestUriNotSupported(OAuth2Error):  # type: ignore[misc]
    error = "request_uri_not_supported"


class RegistrationNotSupported(OAuth2Error):  # type: ignore[misc]
    error = "registration_not_supported"


class InvalidTarget(OAuth2Error):  # type: ignore[misc]
    error = "invalid_target"


UNSUPPORTED: Final[dict[str, Any]] = {
    "request": RequestNotSupported,
    "request_uri": RequestUriNotSupported,
    "registration": RegistrationNotSupported,
}
"""Parameters that OpenID Connect lets a provider refuse, and how."""
