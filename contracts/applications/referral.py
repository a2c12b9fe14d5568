"""Referrals: who would like to get in touch with a graduate."""

from enum import StrEnum
from typing import ClassVar, Literal

from contracts.event import Event
from contracts.ids import AccountId, CertificateId, ReferralId


class ReferralStatus(StrEnum):
    REQUESTED = "requested"
    ACCEPTED = "accepted"
    DECLINED = "declined"


class ReferralEvent(Event):
    """Who is who stays; how to reach them, and what was said, is for the two alone."""

    source: ClassVar[str] = "applications"
    topic: ClassVar[str] = "applications.events"
    noun: ClassVar[str] = "referral"

    id: ReferralId
    certificate_id: CertificateId
    graduate_id: AccountId
    sender_id: AccountId
    status: ReferralStatus


class ReferralRequested(ReferralEvent):
    """Somebody wants to get in touch with a graduate of the directory."""

    type: Literal["referral.requested.v1"] = "referral.requested.v1"


class ReferralAccepted(ReferralEvent):
    """The graduate said yes; both learn how to reach the other."""

    type: Literal["referral.accepted.v1"] = "referral.accepted.v1"


class ReferralDeclined(ReferralEvent):
    """The graduate said no."""

    type: Literal["referral.declined.v1"] = "referral.declined.v1"
