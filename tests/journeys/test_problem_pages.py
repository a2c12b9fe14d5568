"""Every problem's page, at the address that its `type` names, as the gateway shows it."""

import html

import httpx

from deploy.local.platform import Platform
from tests.architecture.problems_page import kinds


async def test_every_type_leads_to_a_page_that_says_what_it_means(whole: Platform):
    async with httpx.AsyncClient(base_url=whole.addresses.gateway, timeout=90) as anybody:
        for kind in kinds().values():
            page = await anybody.get(f"/problems/{kind.name}")
            shown = html.unescape(page.text)
            assert page.headers["content-type"] == "text/html; charset=utf-8", kind.name
            assert f"<h1>{kind.title}</h1>" in shown, kind.name
            assert all(said in shown for said in (kind.means, kind.advice, str(kind.status), *kind.sentences)), (
                kind.name
            )


async def test_all_of_them_are_listed_and_there_are_no_others(whole: Platform):
    async with httpx.AsyncClient(base_url=whole.addresses.gateway, timeout=90) as anybody:
        listed = (await anybody.get("/problems/")).text
        missing = await anybody.get("/problems/nothing-of-ours")
    assert [name for name in kinds() if f'href="/problems/{name}"' not in listed] == []
    assert (missing.status_code, missing.json()["type"]) == (404, "/problems/not-found")
