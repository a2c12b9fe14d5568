"""Projects alone: logos, sent as anybody may send them, kept as nothing but a picture."""

import io
from collections.abc import AsyncIterator

import httpx
import pytest
from PIL import Image
from uuid6 import uuid7

from contracts.projects import ProjectDrafted, ProjectEdited
from deploy.local.platform import Platform
from services.projects import app as rooms
from tests.component.projects.scene import problem, published
from tests.component.projects.test_enrollment import enrollment
from tests.support.issuer import Issuer
from tests.support.pictured import BAD, picture, with_secrets
from tests.support.served import Served, serving


@pytest.fixture(scope="module")
async def projects(platform: Platform, issuer: Issuer) -> AsyncIterator[Served]:
    async with serving(rooms, platform, issuer) as served:
        yield served


@pytest.fixture
async def owner(projects: Served) -> httpx.AsyncClient:
    return await projects.caller(str(uuid7()))


@pytest.fixture
async def place(owner: httpx.AsyncClient) -> str:
    return f"/v1/projects/{(await owner.post('/v1/projects', json=enrollment())).json()['id']}"


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
async def test_a_picture_is_kept_and_shown_as_what_its_content_is(
    projects: Served, owner: httpx.AsyncClient, place: str, kind: str
):
    sent = await owner.put(f"{place}/logo", content=picture(kind), headers={"content-type": "image/svg+xml"})
    digest = sent.json()["logo"]
    shown = await owner.get(f"{place}/logo")

    assert (sent.status_code, shown.status_code) == (200, 200)
    assert (shown.headers["content-type"], shown.headers["etag"]) == (f"image/{kind.lower()}", f'"{digest}"')
    assert (shown.headers["x-content-type-options"], "sandbox" in shown.headers["content-security-policy"]) == (
        "nosniff",
        True,
    )
    with Image.open(io.BytesIO(shown.content)) as kept:
        assert (kept.format, kept.size) == (kind, (64, 32))
    events = await projects.told(place.rpartition("/")[2])
    assert [getattr(event, "logo", "") for event in events] == [None, digest]


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
async def test_nothing_but_the_picture_is_kept(owner: httpx.AsyncClient, place: str, kind: str):
    sent = with_secrets(kind)
    await owner.put(f"{place}/logo", content=sent)
    assert (b"SECRET" in sent, b"SECRET" in (await owner.get(f"{place}/logo")).content) == (True, False)


async def test_a_large_picture_is_made_smaller(owner: httpx.AsyncClient, place: str):
    await owner.put(f"{place}/logo", content=picture(size=(2000, 1000)))
    with Image.open(io.BytesIO((await owner.get(f"{place}/logo")).content)) as kept:
        assert kept.size == (512, 256)


@pytest.mark.parametrize("mode", ["L", "LA", "P", "RGBA", "1", "I;16"])
async def test_pictures_of_every_kind_of_color_are_taken(owner: httpx.AsyncClient, place: str, mode: str):
    answer = await owner.put(f"{place}/logo", content=picture(mode=mode, color=0))  # type: ignore[arg-type]
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("case", BAD, ids=BAD)
async def test_what_is_no_good_picture_is_refused_with_what_to_do(
    projects: Served, owner: httpx.AsyncClient, place: str, case: str
):
    answer = await owner.put(f"{place}/logo", content=BAD[case], headers={"content-type": "image/png"})

    assert problem(answer) == (422, "picture-refused")
    assert "send" in answer.json()["detail"].lower()
    assert (await owner.get(f"{place}/logo")).status_code == 404
    assert [type(event) for event in await projects.told(place.rpartition("/")[2])] == [ProjectDrafted]


async def test_over_two_mebibytes_is_refused(owner: httpx.AsyncClient, place: str):
    padded = picture() + b"\0" * (2 * 1024 * 1024)
    answer = await owner.put(f"{place}/logo", content=padded)
    assert (answer.status_code, answer.json()["type"]) == (413, "/problems/body-too-large")


async def test_a_logo_is_replaced_and_taken_back_whole(projects: Served, owner: httpx.AsyncClient, place: str):
    first = (await owner.put(f"{place}/logo", content=picture())).json()["logo"]
    again = (await owner.put(f"{place}/logo", content=picture())).json()["logo"]
    other = (await owner.put(f"{place}/logo", content=picture(color="red"))).json()["logo"]
    logos = projects.service.store.database["logos"]
    kept = await logos.count({"_id": place.rpartition("/")[2]})

    removed = await owner.delete(f"{place}/logo")

    assert (first == again, first == other, kept) == (True, False, 1)
    assert (removed.status_code, (await owner.get(place)).json()["logo"]) == (204, None)
    assert problem(await owner.get(f"{place}/logo")) == (404, "logo-unknown")
    assert await logos.count({"_id": place.rpartition("/")[2]}) == 0
    events = await projects.told(place.rpartition("/")[2])
    assert [type(event) for event in events] == [ProjectDrafted, *[ProjectEdited] * 3]
    assert (await owner.delete(f"{place}/logo")).status_code == 204
    assert len(await projects.told(place.rpartition("/")[2])) == 4


async def test_an_edit_that_expects_another_version_leaves_the_logo(owner: httpx.AsyncClient, place: str):
    answer = await owner.put(f"{place}/logo", content=picture(), headers={"If-Match": '"7"'})
    assert (answer.status_code, (await owner.get(f"{place}/logo")).status_code) == (412, 404)


async def test_only_its_administrators_change_a_logo(projects: Served, owner: httpx.AsyncClient, place: str):
    stranger, anybody = await projects.caller(str(uuid7())), await projects.caller()
    scene = await published(projects)
    statuses = {
        "a draft": (await stranger.put(f"{place}/logo", content=picture())).status_code,
        "a published one": (await stranger.put(f"{scene.place}/logo", content=picture())).status_code,
        "taken back": (await stranger.delete(f"{scene.place}/logo")).status_code,
        "without a token": (await anybody.put(f"{scene.place}/logo", content=picture())).status_code,
    }
    assert statuses == {"a draft": 404, "a published one": 403, "taken back": 403, "without a token": 401}
    await owner.put(f"{place}/logo", content=picture())
    assert (await anybody.get(f"{place}/logo")).status_code == 404


async def test_a_published_logo_may_be_kept_for_ever_under_its_hash_alone(projects: Served):
    scene = await published(projects)
    digest = (await scene.owner.client.put(f"{scene.place}/logo", content=picture())).json()["logo"]

    lasting = await scene.anybody.get(f"{scene.place}/logo", params={"v": digest})
    plain = await scene.anybody.get(f"{scene.place}/logo")
    stale = await scene.anybody.get(f"{scene.place}/logo", params={"v": "0" * 64})
    known = await scene.anybody.get(f"{scene.place}/logo", headers={"If-None-Match": plain.headers["etag"]})

    assert "immutable" in lasting.headers["cache-control"]
    assert {answer.headers["cache-control"] for answer in (plain, stale)} == {"private, no-cache"}
    assert (known.status_code, known.content) == (304, b"")


async def test_a_logo_out_of_sight_is_kept_by_no_cache(owner: httpx.AsyncClient, place: str):
    digest = (await owner.put(f"{place}/logo", content=picture())).json()["logo"]
    answer = await owner.get(f"{place}/logo", params={"v": digest})
    assert answer.headers["cache-control"] == "private, no-cache"


async def test_a_clone_has_the_logo_of_its_own(owner: httpx.AsyncClient, place: str):
    digest = (await owner.put(f"{place}/logo", content=picture())).json()["logo"]
    cloned = (await owner.post(f"{place}/clone", json={"name": f"Kernel {uuid7()}"})).json()
    await owner.delete(f"{place}/logo")

    shown = await owner.get(f"/v1/projects/{cloned['id']}/logo")
    assert (cloned["logo"], shown.status_code, shown.headers["etag"]) == (digest, 200, f'"{digest}"')
