"""Names for the ids that cross a service's border; all are UUIDv7 strings."""

from typing import NewType

ActorId = NewType("ActorId", str)
"""An account's id, or `system:<service>` where nobody asked."""
AccountId = NewType("AccountId", ActorId)
ProjectId = NewType("ProjectId", str)
TermId = NewType("TermId", str)
ExportId = NewType("ExportId", str)
MentorInvitationId = NewType("MentorInvitationId", str)
MentorRequestId = NewType("MentorRequestId", str)
ApplicationId = NewType("ApplicationId", str)
TaskId = NewType("TaskId", str)
EvaluationId = NewType("EvaluationId", str)
CertificateId = NewType("CertificateId", str)
ReferralId = NewType("ReferralId", str)
StipendId = NewType("StipendId", str)
PostingId = NewType("PostingId", str)
