"""The keys that tokens are signed with, for staff: which there are, and new ones."""

from fastapi import Depends

from contracts.time import Instant
from services.chassis.http import Body, Now, View, having, router
from services.chassis.paging import Page
from services.chassis.said import YesOrNo
from services.identity.dependencies import Data, StaffNow
from services.identity.domain.key import Algorithm, KeyState, SigningKey

signing_keys = router("/v1/signing-keys", "signing-keys")
STAFF = [Depends(having("staff"))]


class RotateKeys(Body):
    at_once: YesOrNo = False
    """A key is known to somebody: every token signed until now is good no more."""


class KeyView(View):
    id: str
    algorithm: Algorithm
    state: KeyState
    made_at: Instant
    activated_at: Instant | None
    retired_at: Instant | None


@signing_keys.get("", response_model=Page[KeyView], dependencies=STAFF)
async def list_keys(identity: Data) -> Page[SigningKey]:
    """List all that are published; all on one page."""
    return await identity.keys.all()


@signing_keys.post("/rotate", response_model=Page[KeyView], dependencies=STAFF)
async def rotate_keys(command: RotateKeys, by: StaffNow, identity: Data, now: Now) -> Page[SigningKey]:
    """Make new keys: they sign in 10 minutes, when everybody can know them, or at once."""
    return await identity.keys.rotate(at_once=command.at_once, by=by, at=now)
