"""Exports: asked for once at a time, collected from every service, opened and put together, gone after a while."""

import json
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Final

from joserfc.jwk import ECKey
from pydantic_core import to_json
from uuid6 import uuid7

from contracts.exports import PartExported
from contracts.ids import AccountId
from services.chassis import own_notes
from services.chassis.domain import NotInThisState, system
from services.chassis.exporting import new_key, unseal
from services.chassis.mail import Letters, PostOffice
from services.chassis.mongo import Document, DuplicateKeyError, IndexModel
from services.chassis.seals import Seal
from services.chassis.store import Repository, Store
from services.chassis.vault import Vault
from services.identity.domain import export as exports
from services.identity.domain.account import myself
from services.identity.domain.export import Export, ExportStatus, ExportUnknown
from services.identity.store.accounts import People
from services.identity.store.holdings import told
from services.identity.store.profiles import Profiles

BY_ITSELF: Final = system("identity")


class Exports(Repository[Export]):
    def write(self, state: Export) -> Document:
        """Mark the one that collects, of which a person has one, and the one that is only to be put together."""
        collecting = {"open": state.account_id, "whole": state.is_whole} if state.collects else {}
        due = {} if state.status is ExportStatus.EXPIRED else {"over_at": state.expires_at}
        return super().write(state) | collecting | due

    async def prepare(self, *_: IndexModel) -> None:
        await self.documents.ensure(
            IndexModel([("open", 1)], unique=True, partialFilterExpression={"open": {"$exists": True}}),
            IndexModel([("account_id", 1), ("_id", -1)]),
            IndexModel([("whole", 1)], partialFilterExpression={"whole": True}),
            IndexModel([("over_at", 1)], partialFilterExpression={"over_at": {"$type": "date"}}),
        )

    async def newest_of(self, account_id: AccountId) -> Export | None:
        found = await self.documents.find({"account_id": account_id}, sort=[("_id", -1)], limit=1)
        return self.read(found[0]) if found else None


class Exporting:
    def __init__(
        self, store: Store, vault: Vault, people: People, profiles: Profiles, post_office: PostOffice, letters: Letters
    ) -> None:
        self._store, self._vault, self._people, self._profiles = store, vault, people, profiles
        self._post_office, self._letters = post_office, letters
        self.exports = Exports(store, "exports", Export, ExportUnknown)
        self._pieces = store.database["export_pieces"]
        self._documents = store.database.bucket("documents")

    @property
    def seals(self) -> list[Seal]:
        return [Seal(self.exports.documents, "sealed_key", lambda row: _owner(row["_id"]))]

    async def prepare(self) -> None:
        await self.exports.prepare()
        await self._pieces.ensure(IndexModel([("export_id", 1), ("service", 1), ("number", 1)]))

    async def request(self, id: AccountId, *, at: datetime) -> Export:
        """Ask every service; whoever asked lately gets that one."""

        async def work() -> Export:
            before = await self.exports.newest_of(id)
            if before and before.serves(at):
                return before
            if before and before.status is ExportStatus.COMPLETE:
                await self.exports.change(before.id, exports.cut_short, at=at)
            return await self._begin(id, at)

        try:
            return await self._store.transaction(work)
        except DuplicateKeyError:  # somebody asked at the same time, and was first
            return await self.newest(id)

    async def _begin(self, account: AccountId, at: datetime) -> Export:
        id, key = str(uuid7()), new_key()
        sealed = self._vault.seal(_owner(id), json.dumps(key.as_dict(private=True)).encode())
        public = json.dumps(key.as_dict(private=False))
        asked = exports.request(id, account, seal_key=public, sealed_key=sealed, by=myself(account), at=at)
        return await self.exports.add(asked)

    async def newest(self, id: AccountId) -> Export:
        """Give the one the person asked for last. Raises `ExportUnknown`."""
        found = await self.exports.newest_of(id)
        if found is None or found.status is ExportStatus.EXPIRED:
            raise ExportUnknown("There is no export. Ask for one: POST /v1/me/export.")
        return found

    async def receive(self, piece: PartExported) -> None:
        """Keep a piece as it came; one that nobody waits for is passed over."""
        export = await self.exports.find_one({"_id": piece.id})
        if export is None or not export.collects:
            return
        where = {"export_id": piece.id, "service": piece.source, "number": piece.sequence}
        await self._pieces.insert({"_id": f"{piece.source}/{piece.event_id}", **where, "content": piece.content})
        await self.exports.change(export.id, exports.receive, piece)

    async def assemble_one(self, at: datetime) -> bool:
        """Put one document together of which every piece is there; says whether there was one. Bears repetition."""
        ready = await self.exports.find({"whole": True}, limit=1)
        for export in ready:
            await self._assemble(export, at)
        return bool(ready)

    async def _assemble(self, export: Export, at: datetime) -> None:
        await self._documents.delete(export.id)
        size = 0

        async def counted() -> AsyncIterator[bytes]:
            nonlocal size
            async for part in self._written(export, at):
                size += len(part)
                yield part

        await self._documents.write(export.id, counted())
        try:
            await self._store.transaction(lambda: self._complete(export, size, at))
        except NotInThisState:
            await self._documents.delete(export.id)

    async def _complete(self, export: Export, size: int, at: datetime) -> None:
        done = await self.exports.change(export.id, exports.complete, size=size, by=BY_ITSELF, at=at)
        await self._pieces.delete({"export_id": export.id})
        person = await self._people.get(export.account_id)
        words = {"person": person.name, "until": f"{done.expires_at:%Y-%m-%d %H:%M} UTC"}
        await self._post_office.post(self._letters.write("export-complete", person.emails[0], **words))

    async def _written(self, export: Export, at: datetime) -> AsyncIterator[bytes]:
        """Write the one JSON document, part by part."""
        key = ECKey.import_key(json.loads(self._vault.open(_owner(export.id), export.sealed_key)))
        head = {"export": export.id, "account": export.account_id, "at": at}
        yield to_json(head)[:-1] + b',"identity":'
        id = export.account_id
        held = await told(self._store.database, id) | await self._profiles.exported(id)
        yield to_json(held | {"audit": await own_notes.exported(self._store.audit, id)})
        for service in exports.ASKED:
            yield f',"{service}":'.encode()
            where = {"export_id": export.id, "service": service}
            async for piece in self._pieces.each(where, sort=[("number", 1)]):
                yield unseal(piece["content"], key)
        yield b"}"

    async def document(self, id: AccountId, *, at: datetime) -> tuple[Export, AsyncIterator[bytes]]:
        """Give the document. Raises `ExportUnknown`, `ExportNotComplete`."""
        export = await self.newest(id)
        export.must_be_complete(at)
        return export, self._documents.read(export.id)

    async def expire_one(self, at: datetime) -> bool:
        """Destroy a document whose time is over; says whether there was one. Bears repetition."""
        over = await self.exports.find({"over_at": {"$type": "date", "$lte": at}}, sort="over_at", limit=1)
        for export in over:
            await self._documents.delete(export.id)
            await self._store.transaction(lambda export=export: self._expire(export, at))  # type: ignore[misc]
        return bool(over)

    async def _expire(self, export: Export, at: datetime) -> None:
        await self.exports.change(export.id, exports.expire, by=BY_ITSELF, at=at)
        await self._pieces.delete({"export_id": export.id})

    async def end_all_of(self, id: AccountId, *, at: datetime) -> None:
        """Let every document of a person's be destroyed, and take no more pieces."""
        for export in await self.exports.find({"account_id": id, "status": {"$ne": ExportStatus.EXPIRED}}):
            await self.exports.change(export.id, exports.cut_short, at=at)


def _owner(id: str) -> str:
    return f"export/{id}"
