"""Money: whole minor units of one currency. No floating point anywhere."""

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, Strict

Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$", description="ISO 4217 code", examples=["USD"])]
Country = Annotated[str, Field(pattern=r"^[A-Z]{2}$", description="ISO 3166-1 alpha-2 code", examples=["DE"])]
MinorUnits = Annotated[int, Strict(), Field(ge=-(10**15), le=10**15, description="Cents of a dollar, yen of a yen")]


class Money(BaseModel):
    """An amount in minor units of a currency; amounts of two currencies never meet."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    amount_minor: MinorUnits
    currency: Currency = "USD"

    def __add__(self, other: Self) -> Self:
        return self._with(self.amount_minor + self._same(other))

    def __sub__(self, other: Self) -> Self:
        return self._with(self.amount_minor - self._same(other))

    def __neg__(self) -> Self:
        return self._with(-self.amount_minor)

    def __lt__(self, other: Self) -> bool:
        return self.amount_minor < self._same(other)

    def __str__(self) -> str:
        units, cents = divmod(abs(self.amount_minor), 100)
        return f"{'-' * (self.amount_minor < 0)}{units:,}.{cents:02} {self.currency}"

    def shares(self, percentages: tuple[int, ...]) -> tuple[Self, ...]:
        """Split into shares that sum to exactly this amount; the remainder of a cent goes to the last."""
        if sum(percentages) != 100:
            raise ValueError(f"Percentages must sum to 100, these sum to {sum(percentages)}.")
        first = [self.amount_minor * percentage // 100 for percentage in percentages[:-1]]
        return tuple(self._with(minor) for minor in (*first, self.amount_minor - sum(first)))

    def _same(self, other: Self) -> int:
        if other.currency != self.currency:
            raise ValueError(f"{self.currency} and {other.currency} cannot be reckoned together.")
        return other.amount_minor

    def _with(self, minor: int) -> Self:
        return type(self)(amount_minor=minor, currency=self.currency)
