"""What stipends is told from outside."""

from typing import ClassVar

from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict

from services.chassis.settings import SealingKey
from services.chassis.settings import Settings as Common


class Settings(Common):
    model_config = SettingsConfigDict(env_prefix="STIPENDS_")

    service: ClassVar[str] = "stipends"

    payee_secret: SealingKey = Field(description="Seals payee details in the store")
    sandbox_url: str = Field(pattern=r"^https?://\S+$", description="The sandbox payment provider")
    sandbox_api_key: SecretStr = Field(description="How we sign in there")
    sandbox_callback_secret: SecretStr = Field(min_length=1, description="How it signs what it tells us")
