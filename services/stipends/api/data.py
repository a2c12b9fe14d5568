"""What every route here needs: the service's store, and who has the platform roles finance and staff."""

from collections.abc import Sequence
from typing import Annotated, Final

from fastapi import Depends, Request

from services.chassis.domain import Actor
from services.chassis.http import View, fresh_factor, having
from services.stipends.domain.project import FINANCE, STAFF
from services.stipends.store import StipendsStore


def _data(request: Request) -> StipendsStore:
    data: StipendsStore = request.app.state.data
    return data


Data = Annotated[StipendsStore, Depends(_data)]
FINANCE_ONLY: Final = Depends(having(FINANCE))
Finance = Annotated[Actor, FINANCE_ONLY]
Staff = Annotated[Actor, Depends(having(STAFF))]


SECOND_FACTOR: Final = Depends(fresh_factor)
"""For what must not be done with a stolen session: where a person is paid, and what staff and finance do with money."""


class DifferenceView(View):
    reference: str
    words: str


class DifferencesView(View):
    """Where the provider's books and the ledger do not agree."""

    items: Sequence[DifferenceView]
