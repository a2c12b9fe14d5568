"""What identity is told from outside."""

from collections.abc import Iterator
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import ClassVar, Self
from urllib.parse import urlsplit

from pydantic import Field, model_validator
from pydantic_settings import SettingsConfigDict

from services.chassis.settings import OtherSealingKey, SealingKey, is_typed
from services.chassis.settings import Settings as Common


class Settings(Common):
    model_config = SettingsConfigDict(env_prefix="IDENTITY_")

    service: ClassVar[str] = "identity"

    key_secret: SealingKey = Field(
        description="Seals signing keys, secrets of apps and providers, demographics; 32 bytes in base64"
    )
    key_secret_other: OtherSealingKey = Field(
        default=None,
        description="Opens them too, while the key is rotated: the next key, then the one before",
    )
    locales: Path | None = Field(None, description="Folder of more languages for pages and mails: LANGUAGE.po each")

    erasure_wait: timedelta = Field(
        default=timedelta(days=7),
        description="How long somebody who wants to be erased may change their mind",
        gt=timedelta(0),
    )

    rate_sign_in: int = Field(
        default=60, description="Passwords, codes and passkeys a minute from one address, this machine aside", ge=0
    )
    rate_sign_up: int = Field(default=20, description="Sign-ups a minute from one address, this machine aside", ge=0)
    rate_mail: int = Field(
        default=20, description="Mails a minute that one address, this machine aside, can have sent", ge=0
    )
    rate_token: int = Field(
        default=1200, description="Requests a minute for tokens from one address, this machine aside", ge=0
    )

    @property
    def sealing_keys(self) -> list[bytes]:
        """Give the key that seals, then the one that opens too."""
        return [key for key in (self.key_secret, self.key_secret_other) if key]

    def unfit(self) -> Iterator[str]:
        yield from super().unfit()
        if is_typed(self.key_secret):
            yield "KEY_SECRET must be drawn, as by `openssl rand -base64 32`"

    @model_validator(mode="after")
    def _safe_on_the_wire(self) -> Self:
        """Passwords and tokens travel under the public URL, so plain http is for this machine alone."""
        if not self.is_https and not is_loopback(urlsplit(self.public_url).hostname or ""):
            raise ValueError("PUBLIC_URL must be https; http is for localhost and loopback addresses.")
        return self


def is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
