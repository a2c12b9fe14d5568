"""The platforms under the tests: each worker starts what its tests need, and leaves nothing."""

import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import hypothesis
import pytest
from xdist.scheduler import LoadScopeScheduling

from deploy.local import binaries, seed
from deploy.local.addresses import Broker
from deploy.local.binaries import NotHere
from deploy.local.journey import person
from deploy.local.parts import ALL
from deploy.local.platform import Platform
from services.chassis.logs import start_logging
from tests.support import telltale

STORES: Final = ("mongod", "broker", "mailbox", "sandbox")


WHOLE: Final = (
    "tests/journeys/",
    "tests/faults/test_kills",
    "tests/faults/test_mid_",
    "tests/faults/test_store_",
)
"""Tests of all processes at once: they share a platform, and so a worker. Fuzzing leaves too much behind to share."""
ENGINE: Final = ("tests/deploy/test_image", "tests/deploy/test_compose_started")
"""Tests in containers: they share an engine and the image in it, and so a worker."""


class ByPlatform(LoadScopeScheduling):  # type: ignore[misc]
    """Keeps a file on one worker, since what its tests stand on takes longer to start than they take."""

    def _split_scope(self, nodeid: str) -> str:
        for name, tests in (("whole", WHOLE), ("engine", ENGINE)):
            if nodeid.startswith(tests):
                return name
        return nodeid.partition("::")[0]


_heard: Final = telltale.Heard()

# How long an example takes says something about the machine's other work, not about the rule.
hypothesis.settings.register_profile("untimed", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("untimed")


def pytest_configure(config: pytest.Config) -> None:
    """Begin to listen to what is secret, and to keep what is logged; all workers in the same folder."""
    if not hasattr(config, "workerinput"):
        _see_that_the_broker_is_here()
    if telltale.KEPT not in os.environ:
        os.environ[telltale.KEPT] = tempfile.mkdtemp(prefix="mentorship-kept-")
    folder = Path(os.environ[telltale.KEPT])
    telltale.listen(_heard)
    start_logging("tests", "INFO", (folder / f"inside-{os.getpid()}.log").open("a"))


def _see_that_the_broker_is_here() -> None:
    """End at once, with words, where `BROKER` names what this machine does not have; a worker's would be lost."""
    needed = {Broker.KAFKA: binaries.kafka, Broker.CONTAINERS: binaries.engine}
    try:
        needed.get(Broker.chosen(os.environ), lambda: None)()
    except NotHere as reason:
        raise pytest.UsageError(str(reason)) from None


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Hold the logs of the whole run, also one that was broken off, against everything secret that was heard in it."""
    folder = Path(os.environ[telltale.KEPT])
    _heard.keep(folder)
    if hasattr(session.config, "workerinput"):
        return
    if told := telltale.told(folder):
        report = session.config.pluginmanager.get_plugin("terminalreporter")
        assert report
        report.write_line(f"\nThe logs tell what they must not; they are kept in {folder}:", red=True)
        report.write_line("\n".join(told[:50]))
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
        return
    shutil.rmtree(folder)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    return ByPlatform(config, log)


@pytest.fixture(scope="session")
def platform() -> Iterator[Platform]:
    """Give the stores: mongod, broker, mailbox and sandbox; no service.

    Each worker has its own: a service that starts reads everything on its bus, also what other tests have told.
    """
    with _started(STORES) as platform:
        yield platform


@pytest.fixture(scope="session")
def whole() -> Iterator[Platform]:
    """Give a platform with every process, staff and finance included; tests that use it share a worker."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("IDENTITY_ERASURE_WAIT", "PT3S")
        environment.setattr(person, "PATIENCE", 180.0)  # the machine may be busy with other tests
        with _started(ALL) as platform:
            seed.employ(platform)
            yield platform


@contextmanager
def _started(parts: Iterable[str]) -> Iterator[Platform]:
    folder = Path(tempfile.mkdtemp(prefix="mentorship-test-"))
    try:
        with Platform.start(folder, parts) as platform:
            yield platform
    except NotHere as reason:
        pytest.exit(str(reason), returncode=1)
    finally:
        telltale.keep_logs(folder / "logs", Path(os.environ[telltale.KEPT]))
        shutil.rmtree(folder, ignore_errors=True)
