"""Results announced later: until then a mentee is told nothing of a stipend, neither by what is there nor by mail."""

from datetime import timedelta

from contracts.projects import TermEdited, TermPlanned
from deploy.local.platform import Platform
from tests.component.stipends.scene import (
    Mentee,
    Project,
    Scene,
    described,
    mails_of,
    planned,
    somebody,
)
from tests.support.waiting import eventually

LATER, BEFORE = timedelta(hours=1), -timedelta(hours=1)


async def decided(scene: Scene, *, announced: timedelta) -> tuple[Project, Mentee]:
    """Somebody who is accepted, and does not know it for so long."""
    project, term = await scene.project(deposit=6000), somebody()
    results_at = scene.clock() + announced
    mentee = Mentee(project.id, term=term)
    await scene.tell(planned(TermPlanned, term, project.id, results_at=results_at), described(mentee.id))
    await scene.tell(*mentee.whole())
    return project, mentee


async def announce(scene: Scene, mentee: Mentee, sequence: int = 2) -> None:
    """The administrators move the announcement to a moment ago."""
    results_at = scene.clock() + BEFORE
    await scene.tell(planned(TermEdited, mentee.term, mentee.project, results_at=results_at, sequence=sequence))


async def what_is_seen(scene: Scene, mentee: Mentee, *roles: str) -> tuple[int, int]:
    """Give the answer to reading it, and how many are listed."""
    mira = await scene.served.caller(mentee.id, *roles)
    listed = (await mira.get(f"/v1/stipends?mentee_id={mentee.id}")).json()["items"]
    return (await mira.get(f"/v1/stipends/{mentee.application}")).status_code, len(listed)


async def test_until_it_is_announced_the_mentee_sees_none_and_the_others_do(scene: Scene):
    project, mentee = await decided(scene, announced=LATER)
    assert (await scene.stipend(mentee))["status"] == "reserved"
    assert (await project.ada.get(f"/v1/stipends/{mentee.application}")).status_code == 200
    for roles in ((), ("finance",), ("staff",)):
        assert await what_is_seen(scene, mentee, *roles) == (404, 0)
    mira = await scene.served.caller(mentee.id)
    assert (await mira.post(f"/v1/stipends/{mentee.application}/installments/1/request")).status_code == 404

    await announce(scene, mentee)
    assert await what_is_seen(scene, mentee) == (200, 1)


async def test_who_is_not_accepted_sees_the_same(scene: Scene):
    project, mentee = await decided(scene, announced=LATER)
    waiting = Mentee(project.id, term=mentee.term)
    await scene.tell(waiting.applied(), waiting.prepared())
    assert (await scene.stipend(waiting))["status"] == "expected"
    assert await what_is_seen(scene, waiting) == await what_is_seen(scene, mentee)


async def test_who_has_begun_sees_it_whatever_the_term_says(scene: Scene):
    _, mentee = await decided(scene, announced=LATER)
    await scene.tell(mentee.confirmed())
    assert await what_is_seen(scene, mentee) == (200, 1)


async def test_the_mail_waits_for_the_announcement_and_comes_once(scene: Scene, platform: Platform):
    _, mentee = await decided(scene, announced=LATER)
    _, at_once = await decided(scene, announced=BEFORE)
    await eventually(lambda: mails_of(platform, at_once.id), what="the mail of one that is announced")
    assert await mails_of(platform, mentee.id) == []

    await announce(scene, mentee)
    (subject,) = await eventually(lambda: mails_of(platform, mentee.id), what="the mail that waited")
    assert [subject] == await mails_of(platform, at_once.id)
    await announce(scene, mentee, sequence=3)
    _, last = await decided(scene, announced=BEFORE)
    await eventually(lambda: mails_of(platform, last.id), what="a later mail")
    assert await mails_of(platform, mentee.id) == [subject]


async def test_the_mail_comes_by_itself_when_its_time_has_come(scene: Scene, platform: Platform):
    _, mentee = await decided(scene, announced=LATER)
    assert await mails_of(platform, mentee.id) == []
    scene.clock.ahead = 2 * LATER
    try:
        await eventually(lambda: mails_of(platform, mentee.id), what="the mail at the announcement")
    finally:
        scene.clock.ahead = timedelta()


async def test_what_was_taken_back_before_the_announcement_is_never_mailed(scene: Scene, platform: Platform):
    _, mentee = await decided(scene, announced=LATER)
    await scene.tell(mentee.withdrawn())
    assert (await scene.stipend(mentee))["status"] == "canceled"
    await announce(scene, mentee)
    _, last = await decided(scene, announced=BEFORE)
    await eventually(lambda: mails_of(platform, last.id), what="a later mail")

    async def nobody_waits() -> bool:
        return not await scene.served.service.store.database["untold"].find({"_id": mentee.application})

    await eventually(nobody_waits, what="the held back to be looked at")
    assert await mails_of(platform, mentee.id) == []


async def test_the_audit_trail_does_not_tell_the_mentee_either(scene: Scene):
    _, mentee = await decided(scene, announced=LATER)
    for role in ("finance", "staff"):
        await (await scene.served.caller(somebody(), role)).get(f"/v1/stipends?mentee_id={mentee.id}")
    mira = await scene.served.caller(mentee.id)
    await mira.get(f"/v1/stipends/{mentee.application}")

    async def noted() -> list[tuple[str, str]]:
        items = (await mira.get("/v1/stipends/audit")).json()["items"]
        return [(each["by"], each["action"]) for each in items]

    assert await noted() == [("you", "read_stipend")], "what they were refused themself, and nothing of the stipend"
    await announce(scene, mentee)
    told = await noted()
    assert {("staff", "list_stipends"), ("you", "read_stipend")} <= {*told}
    assert len(told) > 3, "and how it came to be"
