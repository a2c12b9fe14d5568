"""What a release needs in the store is made before it, beside the version that runs."""

from services.chassis.mongo import asked_for
from tests.component.operators.conftest import Operator
from tests.support.served import Served


async def test_missing_indexes_are_made_beside_the_running_service(projects: Served, operator: Operator):
    """A dropped collection stands for one that this release is the first to know."""
    database = projects.service.store.database
    wanted = await asked_for(projects.service.prepare_everything)
    await database["mails"].drop()
    assert await database["mails"].indexes() == {}

    (done,) = await operator.sees("prepare", "projects")
    (again,) = await operator.sees("prepare", "projects")

    assert (done["service"], again["service"]) == ("projects", "projects")
    for collection, indexes in wanted.items():
        assert {index["name"] for index in indexes} <= set(await database[collection].indexes())
    anybody = await projects.caller()
    assert (await anybody.get("/health/ready")).status_code == 200
