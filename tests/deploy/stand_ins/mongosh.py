#!/usr/bin/env python
"""What the health check has mongosh do, done by the driver: ask for a replica set, or make the one that it names."""

import argparse
import re

import yaml
from pymongo import MongoClient
from pymongo.errors import OperationFailure

ASKED = re.compile(r"try \{ rs\.status\(\)\.ok \} catch \{ rs\.initiate\((?P<set>\{.+\})\)\.ok \}")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--quiet", action="store_true")
    parser.add_argument("--eval", required=True)
    found = ASKED.fullmatch(parser.parse_args().eval)
    assert found, "the health check says something else now"
    with MongoClient[dict[str, object]]("mongodb://127.0.0.1:27017/?directConnection=true") as client:
        try:
            client.admin.command("replSetGetStatus")
        except OperationFailure:
            client.admin.command("replSetInitiate", yaml.safe_load(found["set"]))


if __name__ == "__main__":
    main()
