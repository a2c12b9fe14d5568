"""A gauge says what it was told last, and nothing of before."""

from prometheus_client import Gauge

from services.chassis.metrics import tell


def told(gauge: Gauge) -> dict[tuple[str, ...], float]:
    return {tuple(sample.labels.values()): sample.value for family in gauge.collect() for sample in family.samples}


def test_what_is_no_longer_told_is_gone():
    lag = Gauge("lag", "Messages", ["topic"], registry=None)
    tell(lag, {"a": 1, "b": 2})
    tell(lag, {"b": 3})
    assert told(lag) == {("b",): 3}


def test_labels_are_said_in_their_order():
    money = Gauge("money", "Cents", ["account", "currency"], registry=None)
    tell(money, {("paid", "USD"): -5})
    assert told(money) == {("paid", "USD"): -5}
