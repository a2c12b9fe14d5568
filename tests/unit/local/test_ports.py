"""Which ports are taken."""

from deploy.local.ports import PREFERRED, UNBORROWED, choose, somewhere


def test_the_usual_ports_are_taken_when_they_are_free() -> None:
    assert choose(PREFERRED, free=lambda _: True) == PREFERRED


def test_a_busy_port_is_moved_to_the_next_free_one() -> None:
    assert choose({"gateway": 8080}, free=lambda port: port not in {8080, 8081}) == {"gateway": 8082}


def test_a_moved_port_never_takes_one_that_was_just_given_away() -> None:
    assert choose({"a": 9000, "b": 9000, "c": 9001}, free=lambda _: True) == {"a": 9000, "b": 9001, "c": 9002}


def test_a_test_platform_never_listens_where_outgoing_connections_borrow() -> None:
    assert set(somewhere()) == set(PREFERRED)
    assert set(somewhere().values()) <= set(UNBORROWED)
