"""The embedded platform's secrets: made once, kept in a file that only its owner reads."""

import base64
import os
import secrets
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field


def seal() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()


def password() -> str:
    return secrets.token_urlsafe(24)


class Secrets(BaseModel):
    model_config = ConfigDict(frozen=True)

    identity_key: str = Field(default_factory=seal, repr=False)
    stipends_payee: str = Field(default_factory=seal, repr=False)
    sandbox_api_key: str = Field(default_factory=password, repr=False)
    sandbox_callback: str = Field(default_factory=password, repr=False)
    supervisor: str = Field(default_factory=password, repr=False)

    @classmethod
    def kept_in(cls, file: Path) -> Self:
        if file.exists():
            return cls.model_validate_json(file.read_bytes())
        made = cls()
        write_private(file, made.model_dump_json(indent=2))
        return made


def write_private(file: Path, text: str) -> None:
    """Whole or not at all, and never readable by others, not even for a moment."""
    draft = file.with_suffix(".new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
        out.write(text)
    draft.replace(file)
