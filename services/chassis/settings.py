"""What every service is told from outside, by environment variables with its prefix or by files of secrets."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, ClassVar, Final, Literal, Self
from urllib.parse import unquote

import structlog
from pydantic import Base64Bytes, Field, PrivateAttr, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from services.chassis.broker import Broker

log = structlog.get_logger()

SECRETS: Path = Path("/run/secrets/mentorship")

_Key = Annotated[Base64Bytes, Field(min_length=32, max_length=32)]
SealingKey = Annotated[_Key, Field(repr=False)]
"""32 bytes in base64, for AES-256-GCM."""
OtherSealingKey = Annotated[_Key | None, Field(repr=False)]
"""One more that opens, while the key is rotated."""


SHORTEST: Final = 16
STRONG: Final = f"random, of at least {SHORTEST} characters"


def is_weak(password: str) -> bool:
    """Say whether it is short, or of few different characters; what is random is neither."""
    return len(password) < SHORTEST or len(set(password)) < SHORTEST // 2


def is_typed(key: bytes) -> bool:
    """Say whether a key was typed or counted and not drawn: drawn bytes are nearly all different, and no text."""
    return len(set(key)) < len(key) // 2 or all(32 <= byte < 127 for byte in key)


def _password_in(uri: str) -> str:
    """Read it; a connection string may name several hosts, which no parser of addresses knows."""
    before, at, _ = uri.partition("://")[2].partition("/")[0].rpartition("@")
    return unquote(before.partition(":")[2]) if at else ""


class SettingsError(SystemExit):
    """The environment has gaps or wrong values; every one of them is named."""


class Settings(BaseSettings):
    """Common to all services; each adds its own and its prefix."""

    model_config = SettingsConfigDict(
        frozen=True, extra="ignore", secrets_dir=SECRETS if SECRETS.is_dir() else None, hide_input_in_errors=True
    )

    service: ClassVar[str]

    production: bool = Field(
        default=False, description="Refuse to start by plain http, without sign-in at store and bus, with weak secrets"
    )
    mongodb_uri: SecretStr = Field(description="The store; must be a replica set, for transactions")
    mongodb_database: str = Field(default="", description="Its database; the service's name unless said")
    kafka_bootstrap_servers: str = Field(description="The bus, host:port, several with commas")
    kafka_username: str = Field(default="", description="Sign-in at the bus by SCRAM-SHA-512; none unless said")
    kafka_password: SecretStr = Field(default=SecretStr(""), description="Sign-in at the bus")
    kafka_tls: bool = Field(default=False, description="Whether the bus is spoken to by TLS")
    kafka_ca_file: Path | None = Field(
        default=None, description="Who signed the bus's certificate; whom the system trusts unless said"
    )
    kafka_idempotence: bool = Field(default=True, description="Off only on the embedded broker, which knows none")
    kafka_group: str = Field(default="", description="The consumer group; the service's name unless said")
    kafka_session_timeout_ms: int = Field(
        default=15_000, description="After so long without a sign of life a consumer's work goes to another", ge=1000
    )
    dead_letters_in_a_row: int = Field(
        default=10, description="After so many, or 20 among the last 200 messages, the consumer pauses", ge=1
    )
    http_host: str = Field(default="127.0.0.1", description="Where to listen")
    http_port: int = Field(description="Where to listen", ge=1, le=65535)
    read_only: bool = Field(
        default=False, description="Refuse commands (503) and let timers rest; reads and events go on"
    )
    drain_seconds: float = Field(
        default=0,
        description="How long after SIGTERM it still answers while it is not ready: until gateways have noticed",
        ge=0,
        le=60,
    )
    trusted_proxies: str = Field(
        default="127.0.0.1,::1",
        description="Who is believed where a request comes from (X-Forwarded-For): addresses, networks, with commas",
    )
    request_seconds: float = Field(
        default=45, description="An answer that has not begun after so long is given up (503)", gt=0
    )
    rate_address: int = Field(
        default=6000, description="Requests a minute from one address, this machine aside; 0: any number", ge=0
    )
    rate_account: int = Field(default=1200, description="Requests a minute of one account; 0: any number", ge=0)
    rate_client: int = Field(
        default=60_000, description="Requests a minute through one client of identity's; 0: any number", ge=0
    )
    rate_search: int = Field(
        default=300, description="Searches for words a minute from one address, this machine aside; 0: any number", ge=0
    )
    live_streams: int = Field(default=500, description="Server-sent streams a process holds at the most", ge=0)
    public_url: str = Field(
        pattern=r"^https?://[^/]+$",
        description="The gateway's origin: issuer and audience of tokens, base of every link",
    )
    discovery_url: str = Field(
        default="", description="Where OpenID discovery is read; under the public URL unless said"
    )
    smtp_host: str = Field(default="127.0.0.1", description="The mail server")
    smtp_port: int = Field(default=25, description="The mail server's port", ge=1, le=65535)
    smtp_username: str = Field(default="", description="Sign-in at the mail server; none unless said")
    smtp_password: SecretStr = Field(default=SecretStr(""), description="Sign-in at the mail server")
    smtp_tls: Literal["none", "starttls", "tls"] = Field(
        default="none", description="How mail is kept secret on its way"
    )
    mail_from: str = Field(default="Mentorship <no-reply@localhost>", description="The sender of every mail")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(default="INFO", description="From which level on")

    _said: dict[str, Any] = PrivateAttr(default_factory=dict)
    _seen: frozenset[tuple[str, int]] = PrivateAttr(default=frozenset())
    _latest: Self | None = PrivateAttr(default=None)

    def __init__(self, **said: Any) -> None:
        super().__init__(**said)
        self._said, self._seen = said, _files(said)

    def latest(self) -> Self:
        """Give the settings with the secrets that their files hold by now; what does not hold is not taken.

        Who asks at each use lets a secret rotate under a running service.
        """
        seen = _files(self._said)
        if seen != self._seen:
            self._seen = seen
            try:
                self._latest = type(self)(**self._said)
            except ValidationError as error:
                log.warning("changed secrets not taken", wrong=[f"{e['loc']}: {e['msg']}" for e in error.errors()])
        return self._latest or self

    @model_validator(mode="before")
    @classmethod
    def _fall_back(cls, values: Any) -> Any:
        values = dict(values)
        values.setdefault("mongodb_database", cls.service)
        values.setdefault("kafka_group", cls.service)
        if "public_url" in values:
            values.setdefault("discovery_url", f"{values['public_url']}/.well-known/openid-configuration")
        return values

    @model_validator(mode="after")
    def _fit_for_production(self) -> Self:
        if self.production and (unfit := list(self.unfit())):
            raise ValueError(f"In production {'; '.join(unfit)}.")
        return self

    def unfit(self) -> Iterator[str]:
        """Say what must not be so in production, by the names of settings; never a value."""
        if not self.is_https:
            yield "PUBLIC_URL must be https"
        if not self.kafka_tls:
            yield "KAFKA_TLS must be on"
        passwords = {"KAFKA_PASSWORD": self.kafka_password.get_secret_value()}
        if "authMechanism=MONGODB-X509" not in self.mongodb_uri.get_secret_value():
            passwords["the password in MONGODB_URI"] = _password_in(self.mongodb_uri.get_secret_value())
        if self.smtp_username:
            passwords["SMTP_PASSWORD"] = self.smtp_password.get_secret_value()
        for name, password in passwords.items():
            if is_weak(password):
                yield f"{name} must be {STRONG}"

    @property
    def is_https(self) -> bool:
        return self.public_url.startswith("https://")

    @property
    def rates(self) -> dict[str, int]:
        """Give the limits of `rates`, by name."""
        names = (name for name in type(self).model_fields if name.startswith("rate_"))
        return {name.removeprefix("rate_"): getattr(self, name) for name in names}

    @property
    def broker(self) -> Broker:
        """Say where the bus is and how we sign in there."""
        password = self.kafka_password.get_secret_value()
        return Broker(self.kafka_bootstrap_servers, self.kafka_username, password, self.kafka_tls, self.kafka_ca_file)

    @classmethod
    def from_environment(cls) -> Self:
        """Read the environment. Raises `SettingsError` that names every gap and wrong value, never a value itself."""
        try:
            return cls()
        except ValidationError as error:
            prefix = cls.model_config.get("env_prefix", "")
            lines = [f"  {prefix}{'_'.join(map(str, e['loc']))}".upper() + f": {e['msg']}" for e in error.errors()]
            raise SettingsError("The environment is not complete:\n" + "\n".join(lines)) from None


def _files(said: Mapping[str, Any]) -> frozenset[tuple[str, int]]:
    """Name the files of secrets, each with the instant at which it was written."""
    folder = Path(said.get("_secrets_dir") or SECRETS)
    try:
        return frozenset((file.name, file.stat().st_mtime_ns) for file in folder.iterdir() if file.is_file())
    except OSError:
        return frozenset()
