"""The OpenAPI documents by others' rules and ours: Spectral, with `openapi-rules.yaml`."""

import asyncio
import json
from pathlib import Path
from typing import Any

import yaml

from contracts.catalog import SERVICES
from tests.contract.openapi import document_of
from tests.support import others

RULES = others.CLIENTS / "openapi-rules.yaml"
ANSWER = {"application/json": {"schema": {"$ref": "#/components/schemas/bad_name"}}}
FIELDS = {
    "camelCase": {"type": "string"},
    "decided": {"type": "string", "format": "date-time"},
    "due": {"anyOf": [{"type": "string", "format": "date"}, {"type": "null"}]},
    "amount": {"type": "number"},
}
CALL = {
    "operationId": "do",
    "parameters": [{"name": "camelCase", "in": "query", "schema": {}}, {"name": "x_y", "in": "header", "schema": {}}],
    "responses": {"200": {"description": "Done", "content": ANSWER}},
}
WRONG: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "Wrong", "version": "1", "description": "Breaks every rule of ours."},
    "servers": [{"url": "/"}],
    "paths": {"/v1/Wrong_things": {"post": CALL}},
    "components": {
        "schemas": {"bad_name": {"type": "object", "properties": FIELDS}, "Unused": {"type": "string"}},
    },
}


async def broken_rules(*documents: Path) -> list[tuple[str, str]]:
    """Give each rule that a document breaks, and where."""
    program = await asyncio.to_thread(others.packages) / ".bin" / "spectral"
    words = ["lint", "--ruleset", str(RULES), "--format", "json", "--quiet", "--fail-severity", "hint"]
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(others.node(), program, *words, *documents, stdout=pipe, stderr=pipe)
    said, trouble = await process.communicate()
    assert process.returncode in {0, 1}, trouble.decode()
    return [(str(one["code"]), "/".join(map(str, one["path"]))) for one in json.loads(said)]


async def test_every_document_keeps_the_rules(tmp_path: Path):
    documents = [tmp_path / f"{service}.json" for service in SERVICES]
    for document in documents:
        document.write_text(json.dumps(document_of(document.stem)))
    assert await broken_rules(*documents) == []


async def test_each_of_our_rules_can_be_broken(tmp_path: Path):
    place = tmp_path / "wrong.json"
    place.write_text(json.dumps(WRONG))
    ours = {name for name, rule in yaml.safe_load(RULES.read_text())["rules"].items() if rule}
    assert {rule for rule, _ in await broken_rules(place)} >= ours
