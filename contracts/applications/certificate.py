"""Certificates of those who graduated."""

from typing import ClassVar, Literal

from contracts.event import Event
from contracts.ids import AccountId, ApplicationId, CertificateId, ProjectId
from contracts.time import Instant


class CertificateEvent(Event):
    """The code that proves a certificate stays with whoever graduated."""

    source: ClassVar[str] = "applications"
    topic: ClassVar[str] = "applications.events"
    noun: ClassVar[str] = "certificate"

    id: CertificateId
    application_id: ApplicationId
    project_id: ProjectId
    mentee_id: AccountId
    issued_at: Instant
    revoked_at: Instant | None
    listed: bool
    """Whether the graduate wants to be in the graduates' directory."""


class CertificateIssued(CertificateEvent):
    """A mentee graduated and has a letter of completion."""

    type: Literal["certificate.issued.v1"] = "certificate.issued.v1"


class CertificateRevoked(CertificateEvent):
    """Staff declared it void."""

    type: Literal["certificate.revoked.v1"] = "certificate.revoked.v1"


class CertificateListed(CertificateEvent):
    """The graduate put themself into the directory."""

    type: Literal["certificate.listed.v1"] = "certificate.listed.v1"


class CertificateUnlisted(CertificateEvent):
    """The graduate took themself out of the directory."""

    type: Literal["certificate.unlisted.v1"] = "certificate.unlisted.v1"
