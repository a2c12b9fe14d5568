"""What a release needs in a service's store, made before it is rolled out and beside the version that runs."""

import time

from services.operators import AsJson, ServiceName, act, show


def prepare(service: ServiceName, *, as_json: AsJson = False) -> None:
    """Create the indexes of this release that are missing in a service's store; may be repeated."""
    began = time.monotonic()
    act(service, lambda running: running.prepare_everything())
    seconds = round(time.monotonic() - began, 1)
    show(
        {"service": service, "seconds": seconds},
        f"The store of {service} is prepared, in {seconds} s.",
        as_json=as_json,
    )
