"""What applications is told from outside."""

from datetime import timedelta
from typing import ClassVar

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from services.chassis.settings import Settings as Common


class Settings(Common):
    model_config = SettingsConfigDict(env_prefix="APPLICATIONS_")

    service: ClassVar[str] = "applications"

    window_grace: timedelta = Field(
        default=timedelta(minutes=15), description="How long after the deadline one may still apply", ge=timedelta(0)
    )
    most_applications: int = Field(
        default=3, description="A person's applications to terms that overlap, withdrawn ones aside", ge=1
    )
    most_withdrawals: int = Field(
        default=3, description="After so many withdrawals from a term no further application to it", ge=1
    )
    offer_valid: timedelta = Field(
        default=timedelta(days=14), description="How long an accepted mentee may take to confirm", gt=timedelta(0)
    )
    most_referrals: int = Field(
        default=5, description="Referral requests from one address within 24 hours; more are refused", ge=1
    )
