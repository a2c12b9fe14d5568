"""The platforms under the tests: each worker starts what its tests need, and leaves nothing."""

import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest

from deploy.local import seed
from deploy.local.binaries import NotHere
from deploy.local.parts import ALL
from deploy.local.platform import Platform

STORES: Final = ("mongod", "broker", "mailbox", "sandbox")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep a file that serves a service on one worker: its start costs more than its tests."""
    for item in items:
        if "component" in item.path.parts and not item.get_closest_marker("xdist_group"):
            item.add_marker(pytest.mark.xdist_group(str(item.path)))


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
