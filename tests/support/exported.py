"""An export as a service hears and answers it: asked for with a key of the test's own, opened with it."""

import json
from datetime import UTC, datetime
from typing import Any

from joserfc.jwk import ECKey
from uuid6 import uuid7

from contracts.exports import PartExported
from contracts.identity import ExportRequested, PersonDescribed
from services.chassis.exporting import new_key, unseal
from tests.support.served import Served


async def exported(served: Served, account: str) -> tuple[dict[str, Any], list[PartExported]]:
    """Let a service hear that this person asks; gives what it tells, and in which pieces."""
    key = new_key()
    request = asked(account, key)
    await served.hears(request)
    pieces = [piece for piece in await served.told(request.id) if isinstance(piece, PartExported)]
    assert [piece.sequence for piece in pieces] == [*range(1, pieces[0].of + 1)]
    part: dict[str, Any] = json.loads(b"".join(unseal(piece.content, key) for piece in pieces))
    return part, pieces


def asked(account: str, key: ECKey) -> ExportRequested:
    said = {"id": str(uuid7()), "account_id": account, "seal_key": json.dumps(key.as_dict(private=False))}
    return ExportRequested.model_validate({**said, "sequence": 1, "at": datetime.now(UTC), "by": account})


def erased(account: str) -> PersonDescribed:
    """Identity's last word on a person."""
    said = {"id": account, "name": "", "emails": (), "sequence": 2, "at": datetime.now(UTC), "by": "system:identity"}
    return PersonDescribed.model_validate(said)


async def traces(served: Served, *texts: str) -> list[str]:
    """Name the collections in which one of these is."""
    database = served.service.store.database
    rows = {name: await database[name].find({}) for name in await database.collections()}
    return [name for name, found in rows.items() if any(text in str(row) for row in found for text in texts)]
