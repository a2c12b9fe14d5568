"""The platforms under the tests: each worker starts what its tests need, and leaves nothing."""

import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import pytest
from xdist.scheduler import LoadScopeScheduling

from deploy.local import seed
from deploy.local.binaries import NotHere
from deploy.local.parts import ALL
from deploy.local.platform import Platform

STORES: Final = ("mongod", "broker", "mailbox", "sandbox")


WHOLE: Final = ("tests/journeys/", "tests/faults/test_kills", "tests/faults/test_mid_", "tests/faults/test_store_")
"""Tests of all processes at once: they share a platform, and so a worker."""


class ByPlatform(LoadScopeScheduling):  # type: ignore[misc]
    """Keeps a file on one worker, since what its tests stand on takes longer to start than they take."""

    def _split_scope(self, nodeid: str) -> str:
        return "whole" if nodeid.startswith(WHOLE) else nodeid.partition("::")[0]


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
    with _started(ALL) as platform:
        seed.create(platform, seed.STAFF, "staff")
        seed.create(platform, seed.FINANCE, "finance")
        seed.set_up_second_factors(platform)
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
        shutil.rmtree(folder, ignore_errors=True)
