"""Certificates and referrals: looked up by code, listed by choice, answered by the graduate."""

import hashlib
from collections.abc import Callable
from datetime import datetime
from typing import Concatenate, ParamSpec

from contracts.ids import AccountId, ApplicationId, CertificateId, ReferralId
from services.applications.domain import certificate, referral
from services.applications.domain.certificate import Certificate, CertificateUnknown
from services.applications.domain.known import Person
from services.applications.domain.referral import AskedBefore, GraduateUnknown, Referral, Sender
from services.applications.store.kept import Kept
from services.chassis.domain import Actor, Change, NotYetKnown
from services.chassis.mongo import DuplicateKeyError
from services.chassis.paging import Page, PageRequest
from services.chassis.problems import TooManyRequests

P = ParamSpec("P")


class TooManyReferrals(TooManyRequests):
    """Too many requests came from this address lately."""


class CertificateCommands(Kept):
    async def certificate_with(self, code: str) -> Certificate:
        """Find it as a person types it. Raises `CertificateUnknown`."""
        found = await self.certificates.find_one({"code": code.strip().upper()})
        if found is None:
            raise CertificateUnknown(f"There is no certificate with the code {code!r}. Compare it with the letter.")
        return found

    async def letter_for(self, reader: Actor, id: ApplicationId) -> Certificate:
        """Give what the graduate's letter of completion says. Raises `CertificateUnknown`, `CertificateVoid`."""
        await self.seen_with_project(reader, id)
        found = await self.certificates.find_one({"application_id": id})
        if found is None:
            raise CertificateUnknown("The letter of completion is there once the mentee has graduated.")
        found.must_be_of(reader)
        found.must_be_valid()
        return found

    async def change_certificate(
        self,
        code: str,
        decision: Callable[Concatenate[Certificate, P], Change[Certificate]],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> Certificate:
        found = await self.certificate_with(code)
        return await self.certificates.change(found.id, decision, *args, **kwargs)

    async def revoke_certificate(self, code: str, *, reason: str, by: Actor, at: datetime) -> Certificate:
        async def work() -> Certificate:
            revoked = await self.change_certificate(code, certificate.revoke, reason=reason, by=by, at=at)
            await self.write_to([revoked.mentee_id], "certificate_revoked", certificate=revoked)
            return revoked

        return await self._store.transaction(work)

    async def certificates_of(self, owner: Actor, request: PageRequest) -> Page[Certificate]:
        return await self.certificates.page({"mentee_id": owner.id}, request)

    async def graduates(self, request: PageRequest) -> Page[Certificate]:
        return await self.certificates.page({"listed": True}, request)

    async def request_referral(
        self, id: str, certificate_id: CertificateId, *, company: str, message: str, by: Actor, at: datetime
    ) -> Referral:
        """Ask a graduate of the directory. Raises `TooManyReferrals`, `AskedBefore`."""

        async def work() -> Referral:
            wanted = await self.certificates.find_one({"_id": certificate_id})
            if wanted is None:
                raise GraduateUnknown(f"There is no graduate {certificate_id!r} in the directory.")
            sender = await self.reachable(AccountId(by.id))
            asked = referral.request(
                id, wanted, sender_name=sender.name, company=company, message=message, by=by, at=at
            )
            await self._count_request(sender.emails[0], at)
            added = await self.referrals.add(asked)
            await self.write_to([added.graduate_id], "referral_requested", referral=added)
            return added

        try:
            return await self._store.transaction(work)
        except DuplicateKeyError as taken:
            if "sender_id" not in str(taken.details and taken.details.get("keyPattern")):
                raise
            raise AskedBefore("You asked this graduate before. They answer when they like, or not at all.") from None

    async def _count_request(self, address: str, at: datetime) -> None:
        id = hashlib.sha256(address.encode()).hexdigest()
        sender = await self.senders.find_one({"_id": id}) or await self.senders.add(Change(Sender(id=id)))
        if not sender.may_send(self.most_referrals, at):
            raise TooManyReferrals(f"At most {self.most_referrals} requests go out in 24 hours. Try again tomorrow.")
        await self.senders.change(id, referral.send, at=at)

    async def reachable(self, id: AccountId) -> Person:
        """Give a person with a proved address. Raises `NotYetKnown`."""
        person = await self.people.get(id)
        if person is None or not person.emails:
            raise NotYetKnown("Your proved address, which is needed here, has not arrived here yet. Try again soon.")
        return person

    async def answer_referral(
        self, id: ReferralId, decision: Callable[..., Change[Referral]], *, by: Actor, at: datetime
    ) -> Referral:
        """Answer; after a yes each of the two gets the other's address, after a no the sender hears of it."""

        async def work() -> Referral:
            answered = await self.referrals.change(id, decision, by=by, at=at)
            for reader in (answered.sender_id, answered.graduate_id):
                contact = await self.contact_of(answered, Actor(reader))
                if contact or reader == answered.sender_id:
                    await self.write_to([reader], "referral_answered", referral=answered, contact=contact)
            return answered

        return await self._store.transaction(work)

    async def contact_of(self, answered: Referral, reader: Actor) -> str | None:
        """Give the other one's address, after a yes."""
        id = answered.contact_for(reader)
        person = await self.people.get(id) if id else None
        return person.emails[0] if person and person.emails else None

    async def referrals_of(self, reader: Actor, request: PageRequest) -> Page[Referral]:
        """Those sent and those received."""
        return await self.referrals.page({"$or": [{"sender_id": reader.id}, {"graduate_id": reader.id}]}, request)

    async def forget_person(self, id: AccountId) -> None:
        """Leave no personal data of somebody who erased themself."""
        for each in await self.certificates.find({"mentee_id": id}):
            await self.certificates.change(each.id, certificate.forget_name)
        await self.referrals.documents.update_many({"graduate_id": id}, {"$set": {"graduate_name": ""}})
        nothing = {"sender_name": "", "company": "", "message": ""}
        await self.referrals.documents.update_many({"sender_id": id}, {"$set": nothing})
