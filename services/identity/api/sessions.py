"""Where one is signed in, and the end of it."""

from contracts.ids import AccountId
from contracts.time import Instant
from services.chassis.http import By, Now, View, router
from services.chassis.paging import Page
from services.identity.api.mfa import Token
from services.identity.dependencies import Data
from services.identity.domain.session import Session

sessions = router("/v1/me/sessions", "me")


class SessionView(View):
    id: str
    signed_in_at: Instant
    seen_at: Instant
    ends_at: Instant
    acr: str
    amr: tuple[str, ...]


class ListedView(SessionView):
    current: bool
    """The one that this token came from."""


@sessions.get("", response_model=Page[ListedView])
async def list_sessions(by: By, token: Token, identity: Data, now: Now) -> Page[ListedView]:
    """List the browsers that are signed in, the newest first; all on one page."""
    found = await identity.sessions.of(AccountId(by.id), at=now)
    items = [ListedView(**_view(session).model_dump(), current=session.sid == token.sid) for session in found]
    return Page(items=items, next_cursor=None)


@sessions.delete("/{id}", response_model=SessionView)
async def end_session(id: str, by: By, identity: Data, now: Now) -> SessionView:
    """Sign a browser out, and end what clients were given in it."""
    return _view(await identity.end_session(AccountId(by.id), id, at=now))


def _view(session: Session) -> SessionView:
    return SessionView.model_validate({**session.model_dump(), "id": session.sid})
