"""The payment provider that a deployment chose in its settings."""

from services.chassis.domain import Conflict
from services.stipends.domain.payment import Report
from services.stipends.provider import Order, Provider
from services.stipends.provider.bank_file import BankFile, Debtor
from services.stipends.provider.sandbox import SandboxProvider
from services.stipends.provider.stripe import StripeProvider
from services.stipends.settings import Settings


class OtherProvider(Conflict):
    """This platform pays in another way."""


def provider_of(settings: Settings) -> Provider | BankFile:
    if settings.payment_provider == "bank_file":
        return BankFile(Debtor(settings.debtor_name, settings.debtor_iban, settings.debtor_bic))
    if settings.payment_provider == "stripe":
        return StripeProvider(settings.stripe_url, api_key=settings.stripe_api_key.get_secret_value())
    return SandboxProvider(
        settings.sandbox_url,
        api_key=settings.sandbox_api_key.get_secret_value(),
        callback_url=f"{settings.public_url}/v1/payments/callbacks/sandbox",
    )


class Current:
    """The provider that is called, under the settings of now: its key rotates while the service runs."""

    def __init__(self, settings: Settings) -> None:
        self._settings = self._under = settings
        self._provider = called(provider_of(settings))

    async def pay(self, order: Order) -> Report:
        return await self._now().pay(order)

    async def look_up(self, reference: str) -> Report | None:
        return await self._now().look_up(reference)

    def _now(self) -> Provider:
        if (latest := self._settings.latest()) is not self._under:
            self._under, self._provider = latest, called(provider_of(latest))
        return self._provider


def called(provider: Provider | BankFile) -> Provider:
    """Give one that is called. Raises `OtherProvider`."""
    if isinstance(provider, BankFile):
        raise OtherProvider(
            "This platform pays by bank file: export a batch, import the bank's answers and statements."
        )
    return provider


def by_file(provider: Provider | BankFile) -> BankFile:
    """Give the bank that takes files. Raises `OtherProvider`."""
    if not isinstance(provider, BankFile):
        raise OtherProvider("This platform calls its payment provider; there are no files for a bank.")
    return provider
