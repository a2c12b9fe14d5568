"""The platform under the tests: started once by whoever starts pytest, shared by its workers, gone afterwards."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from deploy.local import seed
from deploy.local.binaries import NotHere
from deploy.local.platform import Platform

NEED_NOTHING: Final = ("tests/unit", "tests/contract", "tests/architecture")
PLACE: Final = "MENTORSHIP_TEST_PLATFORM"
STORES: Final = ("mongod", "broker", "mailbox", "sandbox")

_started: list[Platform] = []


def pytest_configure(config: pytest.Config) -> None:
    if hasattr(config, "workerinput") or config.option.collectonly:
        return
    if all(arg.startswith(NEED_NOTHING) for arg in config.args):
        return
    folder = Path(tempfile.mkdtemp(prefix="mentorship-test-"))
    os.environ[PLACE] = str(folder)
    try:
        _started.append(Platform.start(folder, STORES))
    except NotHere as reason:
        pytest.exit(str(reason), returncode=1)


def pytest_unconfigure() -> None:
    for platform in _started:
        platform.close()
        shutil.rmtree(platform.folder.root, ignore_errors=True)
    _started.clear()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep a file that serves a service on one worker: its start costs more than its tests."""
    for item in items:
        if "component" in item.path.parts and not item.get_closest_marker("xdist_group"):
            item.add_marker(pytest.mark.xdist_group(str(item.path)))


@pytest.fixture(scope="session")
def platform() -> Platform:
    """Give the shared stores: mongod, broker, mailbox and sandbox; no service."""
    return Platform.attach(Path(os.environ[PLACE]))


@pytest.fixture(scope="session")
def whole() -> Iterator[Platform]:
    """Give a platform with every process, staff and finance included; tests that use it share a worker."""
    folder = Path(tempfile.mkdtemp(prefix="mentorship-whole-"))
    try:
        with Platform.start(folder) as platform:
            seed.create(platform, seed.STAFF, "staff")
            seed.create(platform, seed.FINANCE, "finance")
            seed.set_up_second_factors(platform)
            yield platform
    finally:
        shutil.rmtree(folder, ignore_errors=True)
