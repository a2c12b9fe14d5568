"""An undecided stipend: the schedule has no amount for it, so staff decide one."""

from datetime import datetime

from contracts.money import Money
from contracts.stipends import StipendStatus
from services.chassis.domain import Actor, Change, Conflict, NotInThisState
from services.stipends.domain.claim import OwnStipend
from services.stipends.domain.ledger import must_be_payable
from services.stipends.domain.stipend import Means, Stipend, settle


class NothingToDecide(Conflict):
    """The project pays no stipends any more."""


def decide(
    stipend: Stipend, amount: Money, explanation: str, *, means: Means, by: Actor, at: datetime
) -> Change[Stipend]:
    """Give it an amount, in the installments of the project's policy; it is reserved or waits as any other."""
    if by.id == stipend.mentee_id:
        raise OwnStipend("This is your own stipend; somebody else of staff decides about it.")
    if stipend.status is not StipendStatus.UNDECIDED:
        raise NotInThisState(f"A stipend that is {stipend.status} has nothing for staff to decide.")
    must_be_payable(amount)
    if not means.offer.pays:
        raise NothingToDecide("The project's policy pays no stipends now; its administrators change it first.")
    offer = means.offer.model_copy(update={"amount": amount, "explanation": explanation})
    return settle(stipend, means.model_copy(update={"offer": offer}), by=by, at=at)
