"""What every route here works on."""

from typing import Annotated

from fastapi import Depends, Path, Request
from pydantic import Field

from contracts.ids import ApplicationId, CertificateId, EvaluationId, ReferralId, TaskId, TermId
from services.applications.store import ApplicationsStore


def _data(request: Request) -> ApplicationsStore:
    data: ApplicationsStore = request.app.state.data
    return data


Data = Annotated[ApplicationsStore, Depends(_data)]
ApplicationPath = Annotated[ApplicationId, Path(max_length=200)]
TaskPath = Annotated[TaskId, Path(max_length=200)]
EvaluationPath = Annotated[EvaluationId, Path(max_length=200)]
CertificatePath = Annotated[CertificateId, Path(max_length=200)]
ReferralPath = Annotated[ReferralId, Path(max_length=200)]
CodePath = Annotated[str, Path(max_length=200)]
TermReference = Annotated[TermId, Field(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]
