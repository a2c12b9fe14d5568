"""Everything is rendered once, and the image built once; both for all tests here."""

from collections.abc import Iterator, Mapping

import pytest

from tests.deploy.rendered import Rendering, everything
from tests.support.engine import Engine, NoEngine, built


@pytest.fixture(scope="session")
def rendered() -> Mapping[str, Rendering]:
    return everything()


@pytest.fixture(scope="session")
def full(rendered: Mapping[str, Rendering]) -> Rendering:
    return rendered["helm4 full"]


@pytest.fixture(scope="package")
def docker() -> Iterator[Engine]:
    """Give an engine that has the image, or skip with the reason why there is none."""
    try:
        with built() as running:
            yield running
    except NoEngine as reason:
        pytest.skip(f"no image is built here: {reason}")
