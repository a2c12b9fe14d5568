"""What a graduate has in hand: the letter, its verification, the directory, and requests of employers."""

import asyncio
import re
from dataclasses import dataclass
from typing import Any

import httpx

from contracts.identity import PersonDescribed
from deploy.local.platform import Platform
from tests.component.applications.scene import Scene, address, kinds, now, person, somebody
from tests.support.mailed import mailed
from tests.support.served import Served

FEEDBACK = {"on_mentor": "Patient.", "on_project": "Lively."}
REQUEST = {"company": "ACME", "message": "We look for somebody who mends kernels."}


@dataclass
class Graduate:
    scene: Scene
    client: httpx.AsyncClient
    account: str
    application: str
    certificate: dict[str, Any]

    @property
    def code(self) -> str:
        return str(self.certificate["code"])

    @property
    def place(self) -> str:
        return f"/v1/certificates/{self.code}"


async def graduated(served: Served, *, listed: bool = False) -> Graduate:
    scene = await Scene.of(served)
    mentee = await scene.mentee()
    id = await scene.active(mentee)
    items = (await mentee.get(f"/v1/applications/{id}/evaluations")).json()["items"]
    final = next(item["id"] for item in items if item["milestone"] == "final")
    await scene.mentor.put(f"/v1/evaluations/{final}", json={"verdict": "satisfactory"})
    await mentee.put(f"/v1/evaluations/{final}/feedback", json=FEEDBACK)
    answer = await scene.admin.post(f"/v1/applications/{id}/graduate")
    assert answer.status_code == 200, answer.text
    (certificate,) = (await mentee.get("/v1/certificates")).json()["items"]
    graduate = Graduate(scene, mentee, answer.json()["mentee_id"], id, certificate)
    if listed:
        enlisted = await mentee.post(f"{graduate.place}/list", json={"headline": "I mend kernels."})
        assert enlisted.status_code == 200, enlisted.text
    return graduate


async def employer(served: Served) -> tuple[httpx.AsyncClient, str]:
    account = somebody()
    await served.hears(person(account, "Eve Stone"))
    return await served.caller(account), account


async def test_a_graduate_has_a_letter_that_nobody_else_can_fetch(served: Served, platform: Platform):
    graduate = await graduated(served)
    scene, place = graduate.scene, f"/v1/applications/{graduate.application}/certificate.pdf"
    stranger, anonymous = await served.caller(somebody()), await served.caller()

    answers = [await by.get(place) for by in (graduate.client, scene.admin, scene.mentor, stranger, anonymous)]
    again = await graduate.client.get(place)

    assert [answer.status_code for answer in answers] == [200, 403, 403, 404, 401]
    assert (answers[0].headers["content-type"], answers[0].content[:5]) == ("application/pdf", b"%PDF-")
    assert again.content == answers[0].content
    assert answers[0].headers["content-disposition"].startswith("attachment")
    (mail,) = await mailed(platform, address(graduate.account), "You graduated from Kernel")
    assert place in mail["text"]
    assert f"/certificates/{graduate.code}" in mail["text"]


async def test_there_is_no_letter_before_the_graduation(served: Served):
    scene = await Scene.of(served)
    mentee = await scene.mentee()
    id = await scene.active(mentee)
    assert kinds([await mentee.get(f"/v1/applications/{id}/certificate.pdf")]) == ["404 certificate-unknown"]
    assert (await mentee.get("/v1/certificates")).json()["items"] == []


async def test_a_graduation_is_certified_once_and_waits_for_the_name(served: Served):
    graduate = await graduated(served)
    again = await graduate.scene.admin.post(f"/v1/applications/{graduate.application}/graduate")
    assert kinds([again]) == ["409 not-in-this-state"]
    assert await served.service.store.database["certificates"].count({"mentee_id": graduate.account}) == 1
    assert await graduate.scene.told(graduate.certificate["id"]) == ["certificate.issued.v1"]


async def test_anybody_checks_a_code_as_json_and_as_a_page(served: Served):
    graduate, anybody = await graduated(served), await served.caller()

    told = await anybody.get(graduate.place)
    typed = await anybody.get(f"/v1/certificates/{graduate.code.lower()}")
    page = await anybody.get(f"/certificates/{graduate.code}")
    unknown = [await anybody.get(f"{family}/certificates/AAAAA-AAAAA") for family in ("/v1", "")]

    assert (told.json()["valid"], told.json()["name"], told.json()["project_name"]) == (True, "Mira Diaz", "Kernel")
    assert {"mentee_id", "application_id", "reason", "id"} & set(told.json()) == set()
    assert (typed.content, told.headers["cache-control"]) == (told.content, "no-store")
    assert page.headers["content-type"].startswith("text/html")
    assert "This letter is genuine." in page.text
    assert "Mira Diaz" in page.text
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert [answer.status_code for answer in unknown] == [404, 404]
    assert "No letter of completion has this code" in unknown[1].text
    assert re.fullmatch(r"([2-9A-HJKMNP-TV-Z]{5}-){4}[2-9A-HJKMNP-TV-Z]{5}", graduate.code)


async def test_staff_revoke_and_everybody_sees_that(served: Served, platform: Platform):
    graduate = await graduated(served, listed=True)
    staff, anybody = await served.caller(somebody(), "staff"), await served.caller()
    callers = (anybody, graduate.client, graduate.scene.admin, graduate.scene.mentor, staff, staff)

    answers = [await by.post(f"{graduate.place}/revoke", json={"reason": "A mix-up."}) for by in callers]
    told, page = await anybody.get(graduate.place), await anybody.get(f"/certificates/{graduate.code}")
    letter = await graduate.client.get(f"/v1/applications/{graduate.application}/certificate.pdf")

    assert [answer.status_code for answer in answers] == [401, 403, 403, 403, 200, 409]
    assert (told.json()["valid"], "mix-up" in told.text, "mix-up" in page.text) == (False, False, False)
    assert "is void" in page.text
    assert kinds([letter]) == ["409 certificate-void"]
    listed = [
        each["id"] for each in (await anybody.get("/v1/certificates/graduates", params={"limit": 100})).json()["items"]
    ]
    assert graduate.certificate["id"] not in listed
    (mail,) = await mailed(platform, address(graduate.account), "was revoked")
    assert "A mix-up." in mail["text"]


async def test_the_directory_holds_those_who_want_to_be_in_it(served: Served):
    graduate, other, anybody = await graduated(served), await graduated(served), await served.caller()

    async def listed() -> dict[str, Any]:
        answer = await anybody.get("/v1/certificates/graduates", params={"limit": 100})
        return {each["id"]: each for each in answer.json()["items"]}

    before = await listed()
    by_other = await other.client.post(f"{graduate.place}/list", json={"headline": "Mine."})
    await graduate.client.post(f"{graduate.place}/list", json={"headline": "I mend kernels."})
    during = await listed()
    await graduate.client.post(f"{graduate.place}/unlist")
    after = await listed()

    id = graduate.certificate["id"]
    assert (id in before, id in during, id in after) == (False, True, False)
    assert (during[id]["name"], during[id]["headline"]) == ("Mira Diaz", "I mend kernels.")
    assert not {"code", "mentee_id"} & set(during[id])
    assert kinds([by_other]) == ["403 not-allowed"]


async def test_a_request_reaches_the_graduate_and_a_yes_shares_the_addresses(served: Served, platform: Platform):
    graduate, (eve, eve_id) = await graduated(served, listed=True), await employer(served)
    anybody, place = await served.caller(), f"/v1/certificates/graduates/{graduate.certificate['id']}/referrals"

    unsigned = await anybody.post(place, json=REQUEST)
    asked = await eve.post(place, json=REQUEST)
    again = await eve.post(place, json=REQUEST)
    referral = f"/v1/certificates/referrals/{asked.json()['id']}"
    (mail,) = await mailed(platform, address(graduate.account), "ACME would like to get in touch")
    before = [(await by.get(referral)).json()["contact"] for by in (graduate.client, eve)]
    by_others = [await by.post(f"{referral}/accept") for by in (eve, graduate.scene.admin)]
    answered = [await graduate.client.post(f"{referral}/accept") for _ in range(2)]
    after = [(await by.get(referral)).json()["contact"] for by in (graduate.client, eve)]

    assert (unsigned.status_code, asked.status_code, kinds([again])) == (401, 201, ["409 asked-before"])
    assert REQUEST["message"] in mail["text"]
    assert address(eve_id) not in mail["text"]
    assert (before, after) == ([None, None], [address(eve_id), address(graduate.account)])
    assert kinds(by_others) == ["403 not-allowed", "404 referral-unknown"]
    assert kinds(answered) == ["200", "409 not-in-this-state"]
    (to_eve,) = await mailed(platform, address(eve_id), "are in touch now")
    (to_graduate,) = await mailed(platform, address(graduate.account), "are in touch now")
    assert address(graduate.account) in to_eve["text"]
    assert address(eve_id) in to_graduate["text"]


async def test_a_no_shares_nothing(served: Served, platform: Platform):
    graduate, (eve, eve_id) = await graduated(served, listed=True), await employer(served)
    place = f"/v1/certificates/graduates/{graduate.certificate['id']}/referrals"
    referral = f"/v1/certificates/referrals/{(await eve.post(place, json=REQUEST)).json()['id']}"

    declined = await graduate.client.post(f"{referral}/decline")

    (mail,) = await mailed(platform, address(eve_id), "declined your request")
    assert declined.json()["status"] == "declined"
    assert address(graduate.account) not in mail["text"]
    for by in (eve, graduate.client):
        (item,) = (await by.get("/v1/certificates/referrals")).json()["items"]
        assert (item["status"], item["contact"]) == ("declined", None)


async def test_who_is_not_in_the_directory_or_not_reachable_is_not_put_in_touch(served: Served):
    hidden, listed = await graduated(served), await graduated(served, listed=True)
    (eve, _), nobody = await employer(served), await served.caller(somebody())
    asked = [
        await eve.post(f"/v1/certificates/graduates/{hidden.certificate['id']}/referrals", json=REQUEST),
        await eve.post(f"/v1/certificates/graduates/{somebody()}/referrals", json=REQUEST),
        await nobody.post(f"/v1/certificates/graduates/{listed.certificate['id']}/referrals", json=REQUEST),
        await listed.client.post(f"/v1/certificates/graduates/{listed.certificate['id']}/referrals", json=REQUEST),
    ]
    assert kinds(asked) == ["404 graduate-unknown", "404 graduate-unknown", "409 not-yet-known", "422 own-referral"]


async def test_requests_from_one_address_are_limited_also_at_once(served: Served):
    graduate, (eve, _) = await graduated(served, listed=True), await employer(served)
    documents = served.service.store.database["certificates"]
    one = await documents.find_one({"_id": graduate.certificate["id"]})
    assert one is not None
    copies = [{**one, "_id": somebody(), "code": somebody(), "application_id": somebody()} for _ in range(7)]
    for copy in copies:
        await documents.insert(copy)

    places = [f"/v1/certificates/graduates/{copy['_id']}/referrals" for copy in copies]
    answers = await asyncio.gather(*(eve.post(place, json=REQUEST) for place in places))

    assert kinds(list(answers)) == ["200"] * 5 + ["429 too-many-referrals"] * 2
    assert all("retry-after" in answer.headers for answer in answers if answer.status_code == 429)


async def test_who_erased_themself_is_named_nowhere(served: Served):
    graduate, (eve, _) = await graduated(served, listed=True), await employer(served)
    place = f"/v1/certificates/graduates/{graduate.certificate['id']}/referrals"
    referral = (await eve.post(place, json=REQUEST)).json()
    gone = {"id": graduate.account, "name": "", "emails": (), "sequence": 2, "at": now(), "by": graduate.account}

    await served.hears(PersonDescribed.model_validate(gone))

    anybody = await served.caller()
    assert (await anybody.get(graduate.place)).json()["name"] == ""
    assert "asked to be forgotten" in (await anybody.get(f"/certificates/{graduate.code}")).text
    assert (await eve.get(f"/v1/certificates/referrals/{referral['id']}")).json()["graduate_name"] == ""
    listed = (await anybody.get("/v1/certificates/graduates", params={"limit": 100})).json()["items"]
    assert graduate.certificate["id"] not in [each["id"] for each in listed]
