"""Records schemas and examples of events that have none yet; what is recorded stays as it is."""

import json

from contracts.catalog import EVENTS
from tests.contract import examples
from tests.contract.test_compatibility import SCHEMAS, schema_of


def record() -> None:
    SCHEMAS.mkdir(exist_ok=True)
    for type_, event in EVENTS.items():
        place = SCHEMAS / f"{type_}.json"
        if not place.exists():
            both = {"writer": schema_of(event, "serialization"), "reader": schema_of(event, "validation")}
            place.write_text(json.dumps(both, indent=1, sort_keys=True) + "\n")


if __name__ == "__main__":
    record()
    examples.record()
