"""Routes about referrals: an employer's contact asks, the graduate answers."""

from typing import Final, Self

from contracts.applications import ReferralStatus
from contracts.ids import CertificateId, ReferralId
from contracts.time import Instant
from services.applications.dependencies import CertificatePath, Data, ReferralPath
from services.applications.domain import referral as domain
from services.applications.domain.referral import Referral
from services.chassis.http import Body, By, NewId, Now, View, router
from services.chassis.paging import Page, Paging
from services.chassis.text import Line, Prose

routes: Final = router("/v1/certificates", "referrals")


class RequestReferral(Body):
    company: Line
    message: Prose


class ReferralView(View):
    id: ReferralId
    certificate_id: CertificateId
    graduate_name: str
    sender_name: str
    company: str
    message: str
    status: ReferralStatus
    requested_at: Instant
    answered_at: Instant | None
    version: int


class AnsweredView(ReferralView):
    """As one of the two reads it."""

    contact: str | None
    """The other one's address, after a yes."""

    @classmethod
    def of(cls, referral: Referral, contact: str | None) -> Self:
        return cls.model_validate({**referral.model_dump(), "contact": contact})


@routes.post("/graduates/{id}/referrals", response_model=ReferralView, status_code=201)
async def request_referral(
    id: CertificatePath, command: RequestReferral, data: Data, by: By, now: Now, new_id: NewId
) -> Referral:
    return await data.request_referral(new_id, id, **dict(command), by=by, at=now)


@routes.get("/referrals", response_model=Page[AnsweredView])
async def list_referrals(data: Data, by: By, paging: Paging) -> Page[AnsweredView]:
    page = await data.referrals_of(by, paging)
    items = [AnsweredView.of(each, await data.contact_of(each, by)) for each in page.items]
    return Page(items=items, next_cursor=page.next_cursor)


@routes.get("/referrals/{id}", response_model=AnsweredView)
async def read_referral(id: ReferralPath, data: Data, by: By) -> AnsweredView:
    referral = await data.referrals.get(id)
    referral.must_be_seen_by(by)
    return AnsweredView.of(referral, await data.contact_of(referral, by))


@routes.post("/referrals/{id}/accept", response_model=ReferralView)
async def accept_referral(id: ReferralPath, data: Data, by: By, now: Now) -> Referral:
    return await data.answer_referral(id, domain.accept, by=by, at=now)


@routes.post("/referrals/{id}/decline", response_model=ReferralView)
async def decline_referral(id: ReferralPath, data: Data, by: By, now: Now) -> Referral:
    return await data.answer_referral(id, domain.decline, by=by, at=now)
