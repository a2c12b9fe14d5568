"""The keys that tokens are signed with, for staff: which there are, and new ones."""

from fastapi import Depends

from contracts.time import Instant
from services.chassis.http import Body, Now, View, having, router
from services.chassis.paging import Page
from services.identity.dependencies import Data, StaffNow
from services.identity.domain.key import Algorithm, KeyState
from services.identity.store import Identity

signing_keys = router("/v1/signing-keys", "signing-keys")
STAFF = [Depends(having("staff"))]


class RotateKeys(Body):
    at_once: bool = False
    """A key is known to somebody: every token signed until now is good no more."""


class KeyView(View):
    id: str
    algorithm: Algorithm
    state: KeyState
    made_at: Instant
    activated_at: Instant | None
    retired_at: Instant | None


@signing_keys.get("", response_model=Page[KeyView], dependencies=STAFF)
async def list_keys(identity: Data) -> Page[KeyView]:
    """List all that are published; all on one page."""
    return await _listed(identity)


@signing_keys.post("/rotate", response_model=Page[KeyView], dependencies=STAFF)
async def rotate_keys(command: RotateKeys, by: StaffNow, identity: Data, now: Now) -> Page[KeyView]:
    """Make new keys: they sign in 10 minutes, when everybody can know them, or at once."""
    await identity.keys.rotate(at_once=command.at_once, by=by, at=now)
    return await _listed(identity)


async def _listed(identity: Identity) -> Page[KeyView]:
    keys = await identity.keys.find({})
    return Page(items=[KeyView.model_validate(key) for key in keys], next_cursor=None)
