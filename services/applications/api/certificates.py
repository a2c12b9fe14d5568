"""Routes about certificates and the graduates' directory."""

from datetime import date
from typing import Final

from anyio import to_thread
from fastapi import Depends, Response

from contracts.applications import Attendance
from contracts.ids import ApplicationId, CertificateId, ProjectId
from contracts.time import Instant
from services.applications.dependencies import ApplicationPath, CodePath, Data
from services.applications.domain import certificate as domain
from services.applications.domain.certificate import Certificate
from services.applications.letter import letter_of
from services.chassis.files import disposition
from services.chassis.http import Body, By, Now, View, anyone, router
from services.chassis.paging import Page, Paging
from services.chassis.text import Line, Prose

routes: Final = router("/v1", "certificates")
PDF: Final = "application/pdf"


class RevokeCertificate(Body):
    reason: Prose


class ListCertificate(Body):
    headline: Line


class VerifiedView(View):
    """What whoever has the code is told."""

    code: str
    valid: bool
    name: str
    project_id: ProjectId
    project_name: str
    term_name: str
    attendance: Attendance
    began_on: date
    ended_on: date
    issued_at: Instant
    revoked_at: Instant | None


class CertificateView(VerifiedView):
    """What the graduate and staff are told."""

    id: CertificateId
    application_id: ApplicationId
    reason: str
    listed: bool
    headline: str
    version: int


class GraduateView(View):
    """An entry of the directory."""

    id: CertificateId
    name: str
    headline: str
    project_id: ProjectId
    project_name: str
    term_name: str
    issued_at: Instant


@routes.get("/applications/{id}/certificate.pdf", response_class=Response, responses={200: {"content": {PDF: {}}}})
async def read_letter(id: ApplicationPath, data: Data, by: By) -> Response:
    certificate = await data.letter_for(by, id)
    address = f"{data.public_url}/certificates/{certificate.code}"
    content = await to_thread.run_sync(lambda: letter_of(certificate, address=address))
    headers = {"Content-Disposition": disposition("letter-of-completion.pdf"), "Cache-Control": "private, no-store"}
    return Response(content, media_type=PDF, headers={**headers, "X-Content-Type-Options": "nosniff"})


@routes.get("/certificates", response_model=Page[CertificateView])
async def list_certificates(data: Data, by: By, paging: Paging) -> Page[Certificate]:
    return await data.certificates_of(by, paging)


@routes.get("/certificates/graduates", response_model=Page[GraduateView], dependencies=[Depends(anyone)])
async def list_graduates(data: Data, paging: Paging) -> Page[Certificate]:
    return await data.graduates(paging)


@routes.get("/certificates/{code}", response_model=VerifiedView, dependencies=[Depends(anyone)])
async def verify_certificate(code: CodePath, data: Data, response: Response) -> Certificate:
    response.headers["Cache-Control"] = "no-store"
    return await data.certificate_with(code)


@routes.post("/certificates/{code}/revoke", response_model=CertificateView)
async def revoke_certificate(code: CodePath, command: RevokeCertificate, data: Data, by: By, now: Now) -> Certificate:
    return await data.revoke_certificate(code, reason=command.reason, by=by, at=now)


@routes.post("/certificates/{code}/list", response_model=CertificateView)
async def list_in_directory(code: CodePath, command: ListCertificate, data: Data, by: By, now: Now) -> Certificate:
    return await data.change_certificate(code, domain.enlist, headline=command.headline, by=by, at=now)


@routes.post("/certificates/{code}/unlist", response_model=CertificateView)
async def take_out_of_directory(code: CodePath, data: Data, by: By, now: Now) -> Certificate:
    return await data.change_certificate(code, domain.unlist, by=by, at=now)
