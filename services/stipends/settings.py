"""What stipends is told from outside."""

from collections.abc import Iterator
from typing import ClassVar, Final, Literal, Self

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import SettingsConfigDict

from services.chassis.settings import OtherSealingKey, SealingKey, is_typed
from services.chassis.settings import Settings as Common

NEEDED: Final = {
    "sandbox": ("sandbox_url", "sandbox_api_key", "sandbox_callback_secret"),
    "stripe": ("stripe_api_key", "stripe_callback_secret"),
    "bank_file": ("debtor_name", "debtor_iban", "debtor_bic"),
}
"""What must be said where this provider is chosen."""


class Settings(Common):
    model_config = SettingsConfigDict(env_prefix="STIPENDS_")

    service: ClassVar[str] = "stipends"

    payee_secret: SealingKey = Field(description="Seals payee details in the store")
    payee_secret_other: OtherSealingKey = Field(
        default=None,
        description="Opens them too, while the key is rotated: the next key, then the one before",
    )
    payee_delay_hours: int = Field(default=72, ge=0, description="How long nothing is paid to a payee that was changed")
    second_approval_over: int = Field(
        default=500_000, ge=0, description="Over so many minor units an installment needs a second approver"
    )
    payment_provider: Literal["sandbox", "stripe", "bank_file"] = Field(
        default="sandbox", description="Who pays; each needs its own settings below"
    )
    sandbox_url: str = Field(default="", pattern=r"^(https?://\S+)?$", description="The sandbox payment provider")
    sandbox_api_key: SecretStr = Field(default=SecretStr(""), description="How we sign in there")
    sandbox_callback_secret: SecretStr = Field(default=SecretStr(""), description="How it signs what it tells us")
    stripe_url: str = Field(
        default="https://api.stripe.com", pattern=r"^https?://\S+$", description="Where Stripe is called"
    )
    stripe_api_key: SecretStr = Field(default=SecretStr(""), description="How we sign in at Stripe")
    stripe_callback_secret: SecretStr = Field(default=SecretStr(""), description="How Stripe signs what it tells us")
    debtor_name: str = Field(default="", max_length=70, description="Who pays by bank file")
    debtor_iban: str = Field(default="", description="From which account")
    debtor_bic: str = Field(default="", description="At which bank")

    @property
    def sealing_keys(self) -> list[bytes]:
        """Give the key that seals, then the one that opens too."""
        return [key for key in (self.payee_secret, self.payee_secret_other) if key]

    def unfit(self) -> Iterator[str]:
        yield from super().unfit()
        if is_typed(self.payee_secret):
            yield "PAYEE_SECRET must be drawn, as by `openssl rand -base64 32`"
        if self.payment_provider == "sandbox":
            yield "PAYMENT_PROVIDER must not be the sandbox, which pays nobody"
        if self.payment_provider == "stripe" and "_test_" in self.stripe_api_key.get_secret_value():
            yield "STRIPE_API_KEY must not be one for tests, which pays nobody"

    @model_validator(mode="after")
    def _provider_is_described(self) -> Self:
        missing = [name for name in NEEDED[self.payment_provider] if not _said(getattr(self, name))]
        if missing:
            raise ValueError(f"The payment provider {self.payment_provider} also needs {', '.join(missing)}.")
        return self


def _said(value: str | SecretStr) -> bool:
    return bool(value.get_secret_value() if isinstance(value, SecretStr) else value)
