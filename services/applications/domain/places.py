"""The places of a term: acceptances that happen at the same time meet here, and no more get through than fit."""

from typing import ClassVar

from contracts.ids import TermId
from services.chassis.domain import Aggregate, Change, Conflict, NotFound


class PlacesUnknown(NotFound):
    """No term with these places was heard of."""


class CapacityReached(Conflict):
    """Every place of the term is taken."""


class Places(Aggregate):
    """Has its term's id. A place that comes back from who withdraws would tell them that they had one."""

    inside: ClassVar = True

    id: TermId
    taken: int = 0
    to_offer: bool = False
    """Whether one may be free for the next on the wait list, who is to be looked for."""


def take(places: Places, *, capacity: int) -> Change[Places]:
    if places.taken >= capacity:
        raise CapacityReached(
            f"The term has {capacity} place{'s' if capacity > 1 else ''}, and all are taken. "
            "Put the application on the wait list, or accept it once a place is free."
        )
    return Change(places.evolve(taken=places.taken + 1))


def give_back(places: Places) -> Change[Places]:
    return Change(places.evolve(taken=places.taken - 1, to_offer=True))


def look_for_next(places: Places) -> Change[Places]:
    """Note that somebody began to wait, or that there may be more places now."""
    return Change(places.evolve(to_offer=True))


def found_nobody(places: Places) -> Change[Places]:
    return Change(places.evolve(to_offer=False))
