"""Everything is rendered once for a session."""

from collections.abc import Mapping

import pytest

from tests.deploy.rendered import Rendering, everything


@pytest.fixture(scope="session")
def rendered() -> Mapping[str, Rendering]:
    return everything()


@pytest.fixture(scope="session")
def full(rendered: Mapping[str, Rendering]) -> Rendering:
    return rendered["helm4 full"]
