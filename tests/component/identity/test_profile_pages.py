"""The pages of one's profile, without a script: forms that are filled in, refused in words, and never forged."""

import re
from typing import Any

import httpx
import pytest

from tests.component.identity.browser import Browser, Form
from tests.component.identity.provider import Person, Provider
from tests.component.identity.told import MENTEE
from tests.support.pictured import BAD, picture

PLACE = "/account/profile"
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n"
PAGES = ["", "/mentor", "/mentee", "/picture", "/picture/remove", "/resume", "/resume/remove", "/demographics"]


async def signed_in(provider: Provider) -> tuple[Browser, Person]:
    person, browser = await provider.person(), await provider.browser()
    assert (await browser.sign_in(person.email, person.password)).status_code == 303
    return browser, person


async def send(browser: Browser, place: str, content: bytes, name: str = "file", **more: Any) -> httpx.Response:
    """Choose a file and press the button."""
    form = Form((await browser.http.get(place)).text)
    fields = {field: value for field, value in form.fields.items() if field != "file"} | more
    return await browser.http.post(form.action, data=fields, files={"file": (name, content)}, headers=browser.origin)


def chosen(page: httpx.Response) -> set[str]:
    """Name the boxes that are ticked."""
    boxes = re.findall(r'<input type="checkbox" name="(\w+)"[^>]*?( checked)?>', page.text)
    return {name for name, ticked in boxes if ticked}


@pytest.mark.parametrize("page", PAGES)
async def test_whoever_is_not_signed_in_is_led_to_the_sign_in(provider: Provider, page: str):
    browser = await provider.browser()
    asked = await browser.http.get(PLACE + page)
    sent = await browser.submit(await browser.http.get("/sign-in"))
    assert (asked.status_code, asked.headers["location"]) == (303, "/sign-in")
    assert sent.status_code >= 400


@pytest.mark.parametrize("page", PAGES)
async def test_a_page_has_one_button_loads_nothing_from_elsewhere_and_is_kept_by_no_cache(
    provider: Provider, page: str
):
    browser, _ = await signed_in(provider)
    answer = await browser.http.get(PLACE + page)
    assert (answer.status_code, Form(answer.text).buttons) == (200, 1)
    assert answer.headers["cache-control"] == "no-store"
    assert "script-src" not in answer.headers["content-security-policy"]
    assert re.findall(r'(?:src|href)="(?!/|data:image/)[^"]*"', answer.text) == []
    labels = len(re.findall(r"<(?:input|select|textarea)(?! type=\"hidden\")", answer.text))
    assert answer.text.count("<label") == labels


@pytest.mark.parametrize("page", ["", "/mentor", "/mentee", "/picture/remove", "/resume/remove", "/demographics"])
async def test_a_form_from_elsewhere_changes_nothing(provider: Provider, page: str):
    browser, person = await signed_in(provider)
    form = Form((await browser.http.get(PLACE + page)).text).fields | {"name": "Forged", "introduction": "Forged"}
    elsewhere = {"Origin": "https://evil.example"}
    answers = [
        await browser.http.post(PLACE + page, data=form, headers=elsewhere),
        await browser.http.post(PLACE + page, data={**form, "csrf": "0" * 32}, headers=browser.origin),
        await browser.http.post(PLACE + page, content=b'{"name": "Forged"}', headers=browser.origin),
    ]
    assert [answer.status_code for answer in answers] == [403, 403, 422]
    assert (await provider.identity.people.get(person.id)).name == person.name
    assert await provider.identity.profiles.mentees.find_one({"_id": person.id}) is None


@pytest.mark.parametrize("page", ["/picture", "/resume"])
async def test_a_file_from_elsewhere_changes_nothing(provider: Provider, page: str):
    browser, person = await signed_in(provider)
    form = Form((await browser.http.get(PLACE + page)).text).fields
    files = {"file": ("cv.pdf", PDF if page == "/resume" else picture())}
    token = {"csrf": form["csrf"]}
    answers = [
        await browser.http.post(PLACE + page, data=token, files=files, headers={"Origin": "https://evil.example"}),
        await browser.http.post(PLACE + page, data={"csrf": "0" * 32}, files=files, headers=browser.origin),
        await browser.http.post(PLACE + page, files=files, headers=browser.origin),
    ]
    assert [answer.status_code for answer in answers] == [403, 403, 403]
    assert (await provider.identity.profiles.portfolio_of(person.id)).version == 0


async def test_one_tells_all_as_a_mentee_sees_it_again_and_is_listed(provider: Provider):
    browser, person = await signed_in(provider)
    shown = {f"show_{field}": "yes" for field in ("introduction", "skills_to_improve", "availability")}
    typed = {
        "introduction": "I write kernels.\r\nAnd more.",
        "skills": "C\r\n\r\n  Rust ",
        "skills_to_improve": "Ada",
        "links": "https://example.org/wanda",
        "country": "DE",
        "hours_per_week": "20",
        "starting_on": "2026-06-01",
        "time_zone": "Europe/Berlin",
        **dict.fromkeys(("of_age", "may_work", "listed"), "yes"),
        **shown,
    }
    saved = await browser.submit(await browser.http.get(f"{PLACE}/mentee"), **typed)
    again, overview = await browser.http.get(f"{PLACE}/mentee"), await browser.http.get(PLACE)

    kept = await provider.identity.profiles.mentees.get(person.id)
    card = (await browser.http.get(f"/v1/mentees/{person.id}")).json()
    assert (saved.status_code, saved.headers["location"]) == (303, PLACE)
    assert (kept.complete, kept.introduction, kept.skills) == (True, "I write kernels.\nAnd more.", ("C", "Rust"))
    assert kept.availability.model_dump(mode="json") == MENTEE["availability"]
    assert chosen(again) == {"of_age", "may_work", "listed", *shown}
    assert all(word in again.text for word in ("I write kernels.\nAnd more.", "C\nRust", 'value="20"'))
    assert (card["skills"], card["skills_to_improve"], card["links"]) == ([], ["Ada"], [])
    assert ("And more." in overview.text, "complete" in overview.text) == (True, True)


async def test_one_tells_all_as_a_mentor_and_takes_it_back(provider: Provider):
    browser, person = await signed_in(provider)
    typed = {"introduction": "I teach.", "skills": "C", "listed": "yes", "show_skills": "yes"}
    await browser.submit(await browser.http.get(f"{PLACE}/mentor"), **typed)
    listed = (await browser.http.get(f"/v1/mentors/{person.id}")).json()
    page = await browser.http.get(f"{PLACE}/mentor")
    await browser.submit(page, introduction="I teach.", skills="C")
    assert (listed["skills"], listed["introduction"]) == (["C"], None)
    assert (await browser.http.get(f"/v1/mentors/{person.id}")).status_code == 404
    assert "skills_to_improve" not in page.text


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"links": "https://example.org\nnowhere"}, "Links, line 2"),
        ({"skills": "x" * 51}, "Skills, line 1"),
        ({"hours_per_week": "99"}, "Hours a week"),
        ({"starting_on": "soon"}, "From"),
        ({"country": "XX"}, "Country"),
        ({"time_zone": "Mars/Base"}, "Time zone"),
        ({"introduction": "x" * 10_001}, "Introduction"),
    ],
)
async def test_what_is_wrong_is_said_by_its_name_and_nothing_typed_is_lost(
    provider: Provider, typed: dict[str, str], words: str
):
    browser, person = await signed_in(provider)
    page = await browser.http.get(f"{PLACE}/mentee")
    answer = await browser.submit(page, **{"introduction": "<b>Kernels</b>", "listed": "yes", **typed})

    alert = re.search(r'<p role="alert" id="wrong">(.*?)</p>', answer.text)
    assert (answer.status_code, alert and alert[1].startswith(words)) == (422, True)
    assert ("&lt;b&gt;Kernels" in answer.text or "introduction" in typed, chosen(answer)) == (True, {"listed"})
    assert await provider.identity.profiles.mentees.find_one({"_id": person.id}) is None


async def test_one_is_renamed_and_an_empty_name_is_none(provider: Provider):
    browser, person = await signed_in(provider)
    page = await browser.http.get(PLACE)
    refused = await browser.submit(page, name="   ")
    renamed = await browser.submit(page, name="Wanda <Brook>")
    assert (refused.status_code, "Name: " in refused.text) == (422, True)
    assert renamed.status_code == 303
    assert (await provider.identity.people.get(person.id)).name == "Wanda <Brook>"
    assert "Wanda &lt;Brook&gt;" in (await browser.http.get(PLACE)).text


async def test_a_picture_is_sent_seen_and_removed(provider: Provider):
    browser, person = await signed_in(provider)
    place = f"{PLACE}/picture"
    kept = await send(browser, place, picture(), "me.png")
    seen = await browser.http.get(place)
    removed = await browser.submit(await browser.http.get(f"{place}/remove"))
    assert (kept.status_code, 'src="data:image/png;base64,' in seen.text) == (303, True)
    assert "img-src data:" in seen.headers["content-security-policy"]
    assert (removed.status_code, 'class="portrait"' in (await browser.http.get(place)).text) == (303, False)
    assert (await provider.identity.profiles.portfolio_of(person.id)).avatar is None


async def test_a_resume_is_sent_fetched_and_removed(provider: Provider):
    browser, person = await signed_in(provider)
    place = f"{PLACE}/resume"
    assert (await browser.http.get(f"{place}/file")).status_code == 303
    kept = await send(browser, place, PDF, "<b>cv.pdf")
    page, fetched = await browser.http.get(place), await browser.http.get(f"{place}/file")
    stranger = await (await provider.browser()).http.get(f"{place}/file")
    removed = await browser.submit(await browser.http.get(f"{place}/remove"))
    assert (kept.status_code, "bcv.pdf" in page.text, fetched.content) == (303, True, PDF)
    assert fetched.headers["content-disposition"].startswith("attachment; ")
    assert (stranger.status_code, stranger.headers["location"]) == (303, "/sign-in")
    assert removed.status_code == 303
    assert (await provider.identity.profiles.portfolio_of(person.id)).resume is None


@pytest.mark.parametrize(
    ("page", "content", "name"),
    [
        ("/picture", BAD["an SVG"], "me.svg"),
        ("/picture", b"", "me.png"),
        ("/picture", picture() + bytes(2 * 1024 * 1024 + 20_000), "me.png"),
        ("/resume", b"hello", "cv.pdf"),
        ("/resume", b"", ""),
        ("/resume", PDF + bytes(5 * 1024 * 1024 + 20_000), "cv.pdf"),
    ],
)
async def test_a_file_that_is_not_taken_is_answered_by_a_page(provider: Provider, page: str, content: bytes, name: str):
    browser, person = await signed_in(provider)
    answer = await send(browser, PLACE + page, content, name)
    assert (answer.status_code, answer.headers["content-type"]) == (422, "text/html; charset=utf-8")
    assert "Nothing was changed" in answer.text
    assert (await provider.identity.profiles.portfolio_of(person.id)).version == 0


@pytest.mark.parametrize("case", ["broken", "many fields", "many files", "long field"])
async def test_a_form_with_a_file_that_cannot_be_read_is_answered_by_a_page(provider: Provider, case: str):
    browser, _ = await signed_in(provider)
    token = Form((await browser.http.get(f"{PLACE}/resume")).text).fields["csrf"]
    cases: dict[str, dict[str, Any]] = {
        "broken": {"content": b"--x\r\nno", "headers": {"content-type": "multipart/form-data; boundary=x"}},
        "many fields": {"data": {f"a{n}": "1" for n in range(30)}, "files": {"file": PDF}},
        "many files": {"data": {"csrf": token}, "files": {f"file{n}": PDF for n in range(3)}},
        "long field": {"data": {"csrf": "x" * 50_000}, "files": {"file": PDF}},
    }
    sent = cases[case]
    headers = browser.origin | sent.pop("headers", {})
    answer = await browser.http.post(f"{PLACE}/resume", headers=headers, **sent)
    assert 400 <= answer.status_code < 500
    assert answer.headers["content-type"].startswith("text/html")


async def test_demographics_are_told_with_consent_and_taken_back_on_the_page(provider: Provider):
    browser, person = await signed_in(provider)
    place, kept = f"{PLACE}/demographics", provider.identity.profiles.demographics
    page = await browser.http.get(place)
    refused = await browser.submit(page, gender_woman="yes")
    told = {"gender_woman": "yes", "consent_gender": "yes", "education": "master", "consent_education": "yes"}
    saved = await browser.submit(page, **told)
    shown = await browser.http.get(place)
    back = await browser.submit(shown, gender_woman="yes", education="master", consent_education="yes")
    wrong = await browser.submit(shown, education="wizardry", consent_education="yes")

    assert (refused.status_code, "Consent" in refused.text, chosen(refused)) == (422, True, {"gender_woman"})
    assert (saved.status_code, chosen(shown)) == (303, {"gender_woman", "consent_gender", "consent_education"})
    assert '<option value="master" selected>' in shown.text
    assert back.status_code == 303
    assert wrong.status_code == 422
    given = (await kept.of((await provider.identity.people.get(person.id)).id)).given
    assert {category: told.answers for category, told in given.items()} == {"education": ("master",)}
