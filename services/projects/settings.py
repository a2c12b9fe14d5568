"""What projects is told from outside."""

from typing import ClassVar

from pydantic_settings import SettingsConfigDict

from services.chassis.settings import Settings as Common


class Settings(Common):
    model_config = SettingsConfigDict(env_prefix="PROJECTS_")

    service: ClassVar[str] = "projects"
