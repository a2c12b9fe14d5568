"""A picture and a résumé: told by content, bounded, the picture written anew, the résumé for its owner alone."""

import io

import pytest
from PIL import Image

from services.chassis.files import MOST_LOOSE
from tests.component.identity.provider import Provider
from tests.component.identity.told import Somebody, problem, somebody
from tests.support.pictured import BAD, picture, with_secrets

AVATAR, RESUME = "/v1/me/avatar", "/v1/me/resume"
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n"


@pytest.fixture(scope="module")
async def wanda(provider: Provider) -> Somebody:
    return await somebody(provider)


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
async def test_a_picture_is_kept_and_given_back_as_what_its_content_is(provider: Provider, kind: str):
    wanda = await somebody(provider)
    sent = await wanda.http.put(AVATAR, content=picture(kind), headers={"content-type": "text/html"})
    shown = await wanda.http.get(AVATAR)

    digest = sent.json()["avatar"]["digest"]
    assert (sent.status_code, shown.status_code) == (200, 200)
    assert (shown.headers["content-type"], shown.headers["etag"]) == (f"image/{kind.lower()}", f'"{digest}"')
    assert (shown.headers["cache-control"], shown.headers["x-content-type-options"]) == ("private, no-cache", "nosniff")
    with Image.open(io.BytesIO(shown.content)) as kept:
        assert (kept.format, kept.size) == (kind, (64, 32))
    known = await wanda.http.get(AVATAR, headers={"If-None-Match": shown.headers["etag"]})
    assert (known.status_code, known.content) == (304, b"")


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
async def test_nothing_but_the_picture_is_kept(wanda: Somebody, kind: str):
    sent = with_secrets(kind)
    await wanda.http.put(AVATAR, content=sent)
    assert (b"SECRET" in sent, b"SECRET" in (await wanda.http.get(AVATAR)).content) == (True, False)


@pytest.mark.parametrize("case", BAD, ids=BAD)
async def test_what_is_no_good_picture_is_refused_and_the_one_before_stays(wanda: Somebody, case: str):
    before = (await wanda.http.put(AVATAR, content=picture())).json()
    answer = await wanda.http.put(AVATAR, content=BAD[case], headers={"content-type": "image/png"})
    assert problem(answer) == (422, "picture-refused")
    assert (await wanda.http.get("/v1/me/portfolio")).json() == before


async def test_over_two_mebibytes_of_picture_are_refused(wanda: Somebody):
    answer = await wanda.http.put(AVATAR, content=picture() + b"\0" * (2 * 1024 * 1024))
    assert problem(answer) == (413, "body-too-large")


async def test_a_resume_is_given_back_whole_to_be_saved_and_never_shown(provider: Provider):
    wanda = await somebody(provider)
    content = PDF + b"x" * 1_000_000
    sent = await wanda.http.put(RESUME, content=content, params={"name": "Wanda Frÿ.pdf"})
    got = await wanda.http.get(RESUME)

    assert (sent.json()["resume"]["name"], sent.json()["resume"]["size"]) == ("Wanda Frÿ.pdf", len(content))
    assert (got.content, got.headers["content-type"]) == (content, "application/pdf")
    assert got.headers["content-disposition"].startswith("attachment; ")
    assert (got.headers["cache-control"], got.headers["x-content-type-options"]) == ("private, no-store", "nosniff")
    assert "sandbox" in got.headers["content-security-policy"]


NO_RESUME = {
    "nothing": (b"", 422, "file-empty"),
    "a text": (b"hello", 415, "kind-refused"),
    "a picture": (picture(), 415, "kind-refused"),
    "a page": (b"<!doctype html><script>alert(1)</script>", 415, "kind-refused"),
    "an archive": (b"PK\x03\x04" + bytes(100), 415, "kind-refused"),
    "too much": (PDF + bytes(5 * 1024 * 1024), 413, "body-too-large"),
}


@pytest.mark.parametrize("case", NO_RESUME, ids=NO_RESUME)
async def test_what_is_no_pdf_of_five_mebibytes_is_refused_whatever_it_is_called(wanda: Somebody, case: str):
    before = (await wanda.http.put(RESUME, content=PDF)).json()
    content, status, code = NO_RESUME[case]
    headers = {"content-type": "application/pdf"}
    answer = await wanda.http.put(RESUME, content=content, params={"name": "cv.pdf"}, headers=headers)
    assert problem(answer) == (status, code)
    assert (await wanda.http.get("/v1/me/portfolio")).json() == before


async def test_both_are_replaced_and_removed_and_what_was_before_is_let_go(provider: Provider):
    wanda = await somebody(provider)
    nothing = (await wanda.http.get("/v1/me/portfolio")).json()
    for content in (picture(), picture(color="red")):
        await wanda.http.put(AVATAR, content=content)
    for name in ("one.pdf", "two.pdf"):
        await wanda.http.put(RESUME, content=PDF, params={"name": name})
    files = provider.service.store.database["files"]
    held = await files.count({"sender": wanda.id, "loose_since": {"$exists": False}})
    kept = (await wanda.http.get("/v1/me/portfolio")).json()
    removed = [await wanda.http.delete(place) for place in (AVATAR, RESUME, AVATAR)]

    assert nothing == {"id": wanda.id, "version": 0, "avatar": None, "resume": None}
    assert (held, kept["version"], kept["resume"]["name"]) == (2, 4, "two.pdf")
    assert [answer.json()["version"] for answer in removed] == [5, 6, 6]
    assert await files.count({"sender": wanda.id, "loose_since": {"$exists": False}}) == 0
    assert problem(await wanda.http.get(AVATAR)) == (404, "avatar-unknown")
    assert problem(await wanda.http.get(RESUME)) == (404, "resume-unknown")


async def test_a_change_that_expects_another_version_leaves_both(provider: Provider):
    wanda = await somebody(provider)
    first = await wanda.http.put(AVATAR, content=picture(), headers={"If-Match": '"0"'})
    late = [
        await wanda.http.put(AVATAR, content=picture(), headers={"If-Match": '"7"'}),
        await wanda.http.put(RESUME, content=PDF, headers={"If-Match": '"7"'}),
        await wanda.http.delete(AVATAR, headers={"If-Match": '"7"'}),
    ]
    assert (first.status_code, [answer.status_code for answer in late]) == (200, [412, 412, 412])
    assert (await wanda.http.get("/v1/me/portfolio")).json() == first.json()


async def test_nobody_fills_the_store_with_one_picture_after_the_other(provider: Provider):
    wanda = await somebody(provider)
    answers = [await wanda.http.put(RESUME, content=PDF) for _ in range(MOST_LOOSE + 2)]
    assert {answer.status_code for answer in answers[:MOST_LOOSE]} == {200}
    assert problem(answers[-1]) == (429, "too-many-files")
