"""Every mail there is: to whom it goes, once, with a link to what it is about; instants in UTC and a zone."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import httpx
import pytest

from contracts.projects import AdministratorLeft, MentorLeft
from deploy.local.platform import Platform
from services.applications.store.kept import MAILS
from tests.component.applications.scene import (
    BUILD,
    DAY,
    Clock,
    Scene,
    address,
    confirm,
    funding,
    now,
    person,
    profile,
    project,
    somebody,
)
from tests.component.applications.test_certificates import REQUEST
from tests.component.applications.test_evaluating import FEEDBACK, ahead_of, evaluations
from tests.support.served import Served
from tests.support.waiting import eventually

SAYS: Final[Mapping[str, tuple[str, str]]] = {
    "received": ("…: your application for Spring was received", "/v1/applications/ID"),
    "prerequisites_open": ("…: your prerequisites for Spring are not completed", "/v1/applications/ID/tasks"),
    "waitlisted": ("…: you are on the wait list for Spring", "/v1/applications/ID"),
    "offered": ("… offers you a mentorship in Spring", "/v1/applications/ID"),
    "offer_expires": (r"…: your offer expires on .* UTC \(.* Asia/Kolkata\)", "/v1/applications/ID"),
    "declined": ("…: your application for Spring was declined", "/v1/applications/ID"),
    "undone": ("…: a decline in Spring was undone", "/v1/applications/ID"),
    "withdrawn": ("…: (Noah Berg withdrew from Spring|your mentorship in Spring was ended)", "/v1/applications/ID"),
    "confirmed": ("…: .* signed, and the mentorship in Spring is under way", "/v1/applications/ID/evaluations"),
    "failed": ("…: your mentorship was ended as failed", "/v1/applications/ID"),
    "task_given": ("…: a task for you, “Port”", "/v1/tasks/ID"),
    "task_submitted": ("…: Mira Diaz handed in “(Build|Port)”", "/v1/tasks/ID"),
    "task_returned": ("…: “Build” needs more work", "/v1/tasks/ID"),
    "task_due": ("…: “Port” is due on .*", "/v1/tasks/ID"),
    "evaluation_due": ("…: the midterm evaluation of Mira Diaz is due on .*", "/v1/evaluations/ID"),
    "feedback_due": ("…: your feedback is due on .*", "/v1/evaluations/ID"),
    "evaluation_escalated": ("…: the midterm evaluation of Mira Diaz is a week late", "/v1/evaluations/ID"),
    "evaluation_shared": ("…: your (midterm|final) evaluation is there", "/v1/evaluations/ID"),
    "reevaluation_set": ("…: the midterm evaluation is done once more, on .*", "/v1/evaluations/ID"),
    "mentorship_extended": ("…: the mentorship was extended by 2 weeks", "/v1/applications/ID"),
    "taken_over": ("…: what waits for you, now that you mentor in place of another", "/v1/evaluations/ID"),
    "graduated": ("You graduated from …", "/v1/applications/ID/certificate.pdf"),
    "certificate_revoked": ("Your certificate from … was revoked", "/certificates/CODE"),
    "referral_requested": ("ACME would like to get in touch with you", "/v1/certificates/referrals/ID"),
    "referral_answered": ("Mira Diaz and Eve Cole are in touch now", "/v1/certificates/referrals/ID"),
}
"""By the name of the letter: its subject, where `…` is the project, and the link in it."""
LINKS: Final = {"ID": "[0-9a-f-]{36}", "CODE": "[0-9A-Z-]{29}"}


def test_every_letter_there_is_has_its_row():
    assert SAYS.keys() == {path.stem for path in MAILS.glob("*.txt")}


@dataclass
class Cast:
    """People who are told by mail, by their first names."""

    scene: Scene
    platform: Platform
    ids: Mapping[str, str]
    callers: Mapping[str, httpx.AsyncClient]

    @property
    def served(self) -> Served:
        return self.scene.served

    async def told(self) -> dict[str, list[str]]:
        """Give what arrived at each, by the names of the letters in their order, once all of it has been sent."""
        rows = self.served.service.store.database["mails"]

        async def all_sent() -> bool:
            return not await self.served.service.data.ring(self.served.service.clock()) and not await rows.count(
                {"due_at": {"$exists": True}}
            )

        await eventually(all_sent, what="all mails sent")
        found = {name: await self.mails_to(name) for name in self.ids}
        return {name: sorted(letter for mail in mails if (letter := self.read(mail))) for name, mails in found.items()}

    async def mails_to(self, name: str) -> list[dict[str, str]]:
        async with httpx.AsyncClient(base_url=self.platform.addresses.mailbox, timeout=90) as mailbox:
            mails = (await mailbox.get("/api/mails", params={"to": address(self.ids[name])})).json()
        items: list[dict[str, str]] = mails["items"]
        return items

    def read(self, mail: dict[str, str]) -> str:
        subject = " ".join(mail["subject"].split()).replace(self.name, "…")
        if "first evaluation" in subject or "third evaluation" in subject:
            return ""
        (letter,) = (each for each, (pattern, _) in SAYS.items() if re.fullmatch(pattern, subject))
        link = SAYS[letter][1]
        for word, pattern in LINKS.items():
            link = link.replace(word, pattern)
        assert re.search(rf"http\S+{link}\s", mail["text"]), mail["text"]
        return letter

    @property
    def name(self) -> str:
        return f"Kernel {self.scene.project_id}"


async def cast_of(served: Served, platform: Platform, *mentees: str, **changes: Any) -> Cast:
    project_id, everybody = somebody(), ("Ada Kern", "Mo Olsen", *mentees, "Kim Park")
    names = {name.split()[0].lower(): name for name in everybody}
    ids = {name: somebody() for name in names}
    of = {"name": f"Kernel {project_id}", "administrators": (ids["ada"], ids["kim"])}
    await served.hears(*(person(ids[name], full) for name, full in names.items()))
    await served.hears(*(profile(ids[name.split()[0].lower()]) for name in mentees))
    known = {"admin_id": ids["ada"], "mentor_id": ids["mo"], "project_id": project_id}
    scene = await Scene.of(served, ids=known, of=of, time_zone="Asia/Kolkata", **changes)
    return Cast(scene, platform, ids, {name: await served.caller(id) for name, id in ids.items()})


async def until_all_reminded(served: Served, clock: Clock) -> None:
    async def nothing_due() -> bool:
        data = served.service.data
        return not await data.tasks.next_to_remind(clock()) and not await data.evaluations.next_to_remind(clock())

    await eventually(nothing_due, what="all reminded")


async def test_from_the_wish_to_the_signature_each_is_told_once(served: Served, platform: Platform, clock: Clock):
    cast = await cast_of(served, platform, "Mira Diaz", prerequisites=(BUILD,))
    scene, mira, ada, mo = cast.scene, cast.callers["mira"], cast.callers["ada"], cast.callers["mo"]
    id = await scene.applied(mira)
    place = f"/v1/applications/{id}"
    with clock.put_forward(3 * DAY + timedelta(minutes=1)):
        told = await cast.told()
    assert (told["mira"], told["ada"]) == (["prerequisites_open", "received"], [])

    await ada.post(f"{place}/waitlist")
    await cast.told()
    await ada.post(f"{place}/decline", json={"reason_code": "not_selected"})
    await cast.told()
    await ada.post(f"{place}/undo")
    await cast.told()
    await scene.accept(id)
    with clock.put_forward(timedelta(days=11, minutes=1)):
        await cast.told()
    (task,) = await scene.tasks(id)
    await scene.bring_up_to_submitted(mira, task["id"])
    await mo.post(f"/v1/tasks/{task['id']}/return", json={"comment": "Say how."})
    await served.hears(funding(id))
    assert (await confirm(mira, id)).status_code == 200

    deciding = ["declined", "offer_expires", "offered", "prerequisites_open", "received", "task_returned", "undone"]
    assert await cast.told() == {
        "mira": [*deciding, "waitlisted"],
        "mo": ["confirmed", "task_submitted"],
        "ada": ["confirmed"],
        "kim": ["confirmed"],
    }


async def test_from_the_first_task_to_the_letter_each_is_told_once(served: Served, platform: Platform, clock: Clock):
    cast = await cast_of(served, platform, "Mira Diaz", "Eve Cole")
    scene, mira, eve, mo = cast.scene, cast.callers["mira"], cast.callers["eve"], cast.callers["mo"]
    id = await scene.applied(mira)
    await scene.accept(id)
    await cast.told()  # who has confirmed is offered nothing any more
    await served.hears(funding(id))
    assert (await confirm(mira, id)).status_code == 200
    place, midterm = f"/v1/applications/{id}", (await evaluations(mira, id))["midterm"]
    due = (now() + 10 * DAY).date().isoformat()
    await mo.post(f"{place}/tasks", json={"name": "Port", "description": "Port it.", "due_on": due})
    with clock.put_forward(8 * DAY):
        await until_all_reminded(served, clock)
    (task,) = await scene.tasks(id)
    await scene.bring_up_to_submitted(mira, task["id"])
    for days in (-7, 7):
        with clock.put_forward(ahead_of(midterm["due_on"], days)):
            await until_all_reminded(served, clock)
    await mo.put(f"/v1/evaluations/{midterm['id']}", json={"verdict": "unsatisfactory"})
    later = (now() + 80 * DAY).date().isoformat()
    await scene.admin.post(f"/v1/evaluations/{midterm['id']}/reevaluate", json={"due_on": later})
    await scene.admin.post(f"{place}/extend", json={"weeks": 2})
    gone = {"mentors": (cast.ids["kim"],), "administrators": (cast.ids["ada"], cast.ids["kim"]), "sequence": 2}
    left = project(scene.project_id, admin=scene.admin_id, name=cast.name, **gone).model_dump(exclude={"type"})
    said = {**left, "mentor_id": scene.mentor_id, "replaced_by": cast.ids["kim"]}
    await served.hears(MentorLeft.model_validate(said))
    final, kim = (await evaluations(mira, id))["final"]["id"], cast.callers["kim"]
    await kim.put(f"/v1/evaluations/{final}", json={"verdict": "satisfactory"})
    await mira.put(f"/v1/evaluations/{final}/feedback", json=FEEDBACK)
    await kim.post(f"/v1/tasks/{task['id']}/complete")
    assert (await scene.admin.post(f"{place}/graduate")).status_code == 200
    (certificate,) = (await mira.get("/v1/certificates")).json()["items"]
    await mira.post(f"/v1/certificates/{certificate['code']}/list", json={"headline": "I mend kernels."})
    asked = await eve.post(f"/v1/certificates/graduates/{certificate['id']}/referrals", json=REQUEST)
    await mira.post(f"/v1/certificates/referrals/{asked.json()['id']}/accept")
    staff = await served.caller(somebody(), "staff")
    await staff.post(f"/v1/certificates/{certificate['code']}/revoke", json={"reason": "A mix-up."})

    mentoring = ["evaluation_shared"] * 2 + ["feedback_due", "graduated", "mentorship_extended", "offered"]
    asked_for = ["received", "reevaluation_set", "referral_answered", "referral_requested", "task_due", "task_given"]
    assert await cast.told() == {
        "mira": ["certificate_revoked", *mentoring, *asked_for],
        "mo": ["confirmed", "evaluation_due", "mentorship_extended", "reevaluation_set", "task_submitted"],
        "ada": ["confirmed", "evaluation_escalated"],
        "kim": ["confirmed", "evaluation_escalated", "taken_over"],
        "eve": ["referral_answered"],
    }


async def test_instants_are_in_the_zone_of_who_reads_or_of_the_term_where_they_told_none(
    served: Served, platform: Platform
):
    cast = await cast_of(served, platform, "Mira Diaz", "Noah Berg", capacity=2)
    told = person(cast.ids["mira"], "Mira Diaz", zone="America/Bogota").model_copy(update={"sequence": 2})
    await served.hears(told)
    for name in ("mira", "noah"):
        await cast.scene.accept(await cast.scene.applied(cast.callers[name]))
    await cast.told()

    letters = {name: " ".join(mail["text"] for mail in await cast.mails_to(name)) for name in ("mira", "noah")}
    zones = {name: re.findall(r"UTC\s\([\d\s:-]+ (\w+/\w+)\)", text) for name, text in letters.items()}
    assert zones == {"mira": ["America/Bogota"], "noah": ["Asia/Kolkata"]}


async def test_who_takes_over_from_an_administrator_that_mentored_is_told_what_waits(
    served: Served, platform: Platform
):
    cast = await cast_of(served, platform, "Mira Diaz")
    await cast.scene.active(cast.callers["mira"])
    stay = {"administrators": (cast.ids["kim"],), "mentors": (cast.ids["mo"], cast.ids["kim"]), "sequence": 2}
    left = project(cast.scene.project_id, admin=cast.ids["ada"], name=cast.name, **stay).model_dump(exclude={"type"})
    said = {**left, "administrator_id": cast.ids["ada"], "replaced_by": cast.ids["kim"]}

    await served.hears(AdministratorLeft.model_validate(said))

    told = await cast.told()
    assert (told["kim"], told["mo"]) == (["confirmed", "taken_over"], ["confirmed"])


@pytest.mark.parametrize(
    ("by", "verb", "told"),
    [
        ("noah", "withdraw", {"ada": "withdrawn", "kim": "withdrawn"}),
        ("ada", "withdraw", {"noah": "withdrawn"}),
        ("ada", "fail", {"noah": "failed"}),
    ],
)
async def test_whoever_did_not_end_a_mentorship_is_told_of_its_end(
    served: Served, platform: Platform, by: str, verb: str, told: dict[str, str]
):
    cast = await cast_of(served, platform, "Noah Berg")
    id = await cast.scene.active(cast.callers["noah"])
    before = await cast.told()

    answer = await cast.callers[by].post(f"/v1/applications/{id}/{verb}", json={"reason": "Moved away."})

    assert answer.status_code == 200
    after = await cast.told()
    assert after == {name: sorted([*letters, *filter(None, [told.get(name)])]) for name, letters in before.items()}
