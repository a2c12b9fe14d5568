"""What a service refuses to start with in production, and that it says so without saying any secret."""

import base64
import os
import secrets
from typing import Any

import pytest

from services.chassis.settings import SettingsError
from services.identity.settings import Settings as IdentitySettings
from services.projects.settings import Settings as ProjectsSettings
from services.stipends.settings import Settings as StipendsSettings


def key() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()


def said(**otherwise: str) -> dict[str, str]:
    """Say all that a service needs in production; what is otherwise wins."""
    password = secrets.token_hex(24)
    return {
        "production": "true",
        "public_url": "https://mentorship.example.org",
        "mongodb_uri": f"mongodb://projects:{password}@mongo-0:27017,mongo-1:27017/?replicaSet=rs0",
        "kafka_bootstrap_servers": "kafka:9093",
        "kafka_tls": "true",
        "kafka_username": "projects",
        "kafka_password": secrets.token_urlsafe(24),
        "http_port": "8080",
        "key_secret": key(),
        "payee_secret": key(),
        "payment_provider": "stripe",
        "stripe_api_key": "sk_live_" + secrets.token_hex(12),
        "stripe_callback_secret": "whsec_" + secrets.token_hex(12),
        **otherwise,
    }


SERVICES = (ProjectsSettings, IdentitySettings, StipendsSettings)
SANDBOX = {
    "payment_provider": "sandbox",
    "sandbox_url": "http://sandbox",
    "sandbox_api_key": "key-of-the-sandbox",
    "sandbox_callback_secret": "secret-of-the-sandbox",
}
UNFIT: list[tuple[Any, dict[str, str], str]] = [
    *((settings, {"public_url": "http://127.0.0.1:8080"}, "PUBLIC_URL") for settings in SERVICES),
    *((settings, {"mongodb_uri": "mongodb://mongo:27017/?replicaSet=rs0"}, "MONGODB_URI") for settings in SERVICES),
    (ProjectsSettings, {"mongodb_uri": "mongodb://projects:changeme@a:1,b:2/?replicaSet=rs0"}, "MONGODB_URI"),
    (ProjectsSettings, {"mongodb_uri": f"mongodb://projects:{'ab' * 20}@a/?replicaSet=rs0"}, "MONGODB_URI"),
    (ProjectsSettings, {"kafka_tls": "false"}, "KAFKA_TLS"),
    (ProjectsSettings, {"kafka_password": ""}, "KAFKA_PASSWORD"),
    (ProjectsSettings, {"kafka_password": "short-and-typed"}, "KAFKA_PASSWORD"),
    (ProjectsSettings, {"smtp_username": "us", "smtp_password": "mail"}, "SMTP_PASSWORD"),
    (IdentitySettings, {"key_secret": base64.b64encode(bytes(32)).decode()}, "KEY_SECRET"),
    (IdentitySettings, {"key_secret": base64.b64encode(b"0123456789abcdefghijklmnopqrstuv").decode()}, "KEY_SECRET"),
    (StipendsSettings, {"payee_secret": base64.b64encode(b"\x01\xfe" * 16).decode()}, "PAYEE_SECRET"),
    (StipendsSettings, SANDBOX, "PAYMENT_PROVIDER"),
    (StipendsSettings, {"stripe_api_key": "sk_test_" + "4e5d6c7b8a" * 3}, "STRIPE_API_KEY"),
]


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> Any:
    def given(settings: Any, told: dict[str, str]) -> Any:
        prefix = settings.model_config["env_prefix"]
        for name in [name for name in os.environ if name.startswith(prefix)]:
            monkeypatch.delenv(name)
        for name, value in told.items():
            monkeypatch.setenv(f"{prefix}{name.upper()}", value)
        return settings.from_environment()

    return given


@pytest.mark.parametrize("settings", SERVICES)
def test_what_is_strong_starts(environment: Any, settings: Any):
    for _ in range(200):
        assert environment(settings, said()).production


def test_a_store_that_knows_us_by_a_certificate_needs_no_password(environment: Any):
    assert environment(ProjectsSettings, said(mongodb_uri="mongodb://mongo/?authMechanism=MONGODB-X509"))


@pytest.mark.parametrize(("settings", "otherwise", "named"), UNFIT, ids=lambda value: str(value)[:40])
def test_what_is_unfit_is_refused_by_its_name_and_not_told(
    environment: Any, settings: Any, otherwise: dict[str, str], named: str
):
    with pytest.raises(SettingsError) as refused:
        environment(settings, said(**otherwise))
    message = str(refused.value)
    assert named in message
    assert [value for value in otherwise.values() if len(value) > 12 and value in message] == []


@pytest.mark.parametrize(("settings", "otherwise", "named"), UNFIT, ids=lambda value: str(value)[:40])
def test_elsewhere_it_may_be_so(environment: Any, settings: Any, otherwise: dict[str, str], named: str):
    assert not environment(settings, said(**otherwise, production="false")).production
