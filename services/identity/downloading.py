"""How the document with all of a person's data goes out: to be saved, by nobody but them."""

from datetime import datetime

from fastapi.responses import StreamingResponse

from contracts.ids import AccountId
from services.chassis.files import disposition
from services.identity.store import Identity


async def download(identity: Identity, id: AccountId, now: datetime) -> StreamingResponse:
    export, content = await identity.exporting.document(id, at=now)
    headers = {
        "Content-Disposition": disposition(f"mentorship-{export.requested_at:%Y-%m-%d}.json"),
        "Content-Length": str(export.size),
        "Cache-Control": "private, no-store",
        "X-Content-Type-Options": "nosniff",
    }
    return StreamingResponse(content, headers=headers, media_type="application/json")
