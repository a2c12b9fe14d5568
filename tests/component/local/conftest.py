"""The mailbox and the sandbox as real processes; a platform of their own, because these tests kill them."""

from collections.abc import Iterator

import pytest

from deploy.local.platform import Platform


@pytest.fixture(scope="session")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    with Platform.start(tmp_path_factory.mktemp("local"), ["mailbox", "sandbox"]) as platform:
        yield platform
