"""A term's stipends exceed what is there: whoever can do something about it is told, once until it is over."""

from contracts.identity import AccountRolesChanged
from deploy.local.platform import Platform
from tests.component.stipends.scene import AT, Mentee, Project, Scene, described, mails_of, somebody
from tests.support.waiting import eventually

SHORTAGE = "The stipends of Kernel exceed its budget"


async def officer(scene: Scene, *, status: str = "active") -> str:
    """Somebody of finance, as identity tells."""
    id = somebody()
    roles = {"id": id, "status": status, "roles": ("finance",), "sequence": 1, "at": AT, "by": id}
    await scene.tell(AccountRolesChanged.model_validate(roles), described(id, "Fay"))
    return id


async def account_of(scene: Scene, project: Project) -> str:
    known = await scene.store.projects.get(project.id)
    assert known
    (ada,) = known.administrators
    await scene.tell(described(ada, "Ada"))
    return str(ada)


async def times_told(platform: Platform, id: str) -> int:
    return (await mails_of(platform, id)).count(SHORTAGE)


async def told_once_more(platform: Platform, id: str, before: int = 0) -> None:
    async def look() -> bool:
        return await times_told(platform, id) > before

    await eventually(look, what="the warning")


async def test_administrators_and_finance_are_mailed_once_until_nobody_waits_any_more(scene: Scene, platform: Platform):
    project = await scene.project(deposit=6000)
    ada, fay, gone = await account_of(scene, project), await officer(scene), await officer(scene, status="suspended")
    first, second, third, fourth = [Mentee(project.id) for _ in range(4)]
    await scene.tell(*first.whole())
    await scene.tell(*second.whole())
    await told_once_more(platform, ada)
    await scene.tell(*third.whole())
    forecast = await scene.money(project.id, "forecast")
    assert "10,200.00 USD more must be deposited until every accepted stipend is reserved." in forecast["warnings"]

    await scene.deposit(project.id, 10_200)
    assert (await scene.money(project.id, "forecast"))["warnings"] == []
    assert await times_told(platform, ada) == 1, "the third waited as the second did"
    await scene.tell(*fourth.whole())
    await told_once_more(platform, ada, before=1)
    await told_once_more(platform, fay, before=1)
    assert (await times_told(platform, ada), await times_told(platform, fay)) == (2, 2)
    assert await mails_of(platform, gone) == []


async def test_each_term_is_told_of_and_nobody_where_the_money_is_there(scene: Scene, platform: Platform):
    project = await scene.project(deposit=5400)
    ada = await account_of(scene, project)
    spring, fall = Mentee(project.id, term="spring"), Mentee(project.id, term="fall")
    served = Mentee(project.id)
    await scene.tell(*served.whole())
    await scene.tell(*spring.whole())
    await told_once_more(platform, ada)
    await scene.tell(*fall.whole())
    await told_once_more(platform, ada, before=1)
    assert await times_told(platform, ada) == 2
