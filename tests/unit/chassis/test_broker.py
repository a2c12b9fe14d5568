"""Where the bus is, and how we sign in there, in the words of the client."""

import ssl
from pathlib import Path

import pytest

from services.chassis.broker import Broker


def test_on_a_bus_of_ones_own_nobody_signs_in():
    assert Broker("kafka:9092").client == {
        "bootstrap_servers": "kafka:9092",
        "security_protocol": "PLAINTEXT",
        "ssl_context": None,
    }


def test_a_service_signs_in_by_a_secret_that_never_crosses_the_wire():
    client = Broker("kafka:9093", "projects", "quiet", tls=True).client
    assert isinstance(client.pop("ssl_context"), ssl.SSLContext)
    assert client == {
        "bootstrap_servers": "kafka:9093",
        "security_protocol": "SASL_SSL",
        "sasl_mechanism": "SCRAM-SHA-512",
        "sasl_plain_username": "projects",
        "sasl_plain_password": "quiet",
    }


def test_whoever_signed_the_bus_is_checked(tmp_path: Path):
    with pytest.raises(FileNotFoundError):
        _ = Broker("kafka:9093", tls=True, ca_file=tmp_path / "ca.crt").client


def test_the_password_is_shown_nowhere():
    broker = Broker("kafka:9093", "projects", "quiet")
    assert (str(broker), "quiet" in repr(broker)) == ("kafka:9093", False)
