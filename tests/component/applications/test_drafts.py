"""Drafts: saved, resumed, seen by nobody else, gone with the application; and what the project asks of everybody."""

from tests.component.applications.scene import Scene, kinds, somebody
from tests.support.served import Served

DRAFT = "/v1/applications/draft"
ASKED = {"application_questions": ({"id": "why", "text": "Why?"},), "ai_use_policy": "Say what you used."}


async def test_a_draft_is_saved_resumed_and_gone_once_sent(served: Served):
    scene = await Scene.of(served)
    mentee, params = await scene.mentee(), {"term_id": scene.term_id}
    assert kinds([await mentee.get(DRAFT, params=params)]) == ["404 draft-unknown"]

    for answers in ({}, {"why": ""}):
        saved = await mentee.put(DRAFT, params=params, json={"statement": "I want", "answers": answers})
        assert saved.status_code == 200, saved.text
    read = (await mentee.get(DRAFT, params=params)).json()
    other = await scene.admin.get(DRAFT, params=params)
    await scene.applied(mentee)

    assert (read["statement"], read["answers"], read["version"]) == ("I want", {"why": ""}, 2)
    assert kinds([other]) == ["404 draft-unknown"]
    assert kinds([await mentee.get(DRAFT, params=params)]) == ["404 draft-unknown"]


async def test_a_draft_is_discarded(served: Served):
    scene = await Scene.of(served)
    mentee, params = await scene.mentee(), {"term_id": scene.term_id}
    await mentee.put(DRAFT, params=params, json={"statement": "I want"})
    for _ in range(2):
        assert (await mentee.delete(DRAFT, params=params)).status_code == 204
    assert (await mentee.get(DRAFT, params=params)).status_code == 404


async def test_nothing_is_drafted_for_a_term_that_nobody_heard_of(served: Served):
    mentee = await served.caller(somebody())
    answer = await mentee.put(DRAFT, params={"term_id": somebody()}, json={})
    assert kinds([answer]) == ["409 not-yet-known"]


async def test_what_the_project_asks_is_answered(served: Served):
    scene = await Scene.of(served, of=ASKED)
    mentee = await scene.mentee()

    refused = [
        await scene.wish(mentee, ai_use="None."),
        await scene.wish(mentee, answers={"why": "Because."}),
        await scene.wish(mentee, answers={"why": "Because.", "how": "So."}, ai_use="None."),
        await scene.wish(mentee, answers={"why": "B" * 10_001}, ai_use="None."),
    ]
    sent = await scene.wish(mentee, answers={"why": "Because."}, ai_use="None.")

    assert kinds(refused[:3]) == ["422 ai-use-missing"] + ["422 answers-do-not-fit"] * 2
    assert refused[3].status_code == 422
    assert sent.json()["answers"] == [{"question_id": "why", "question": "Why?", "text": "Because."}]
    assert "administrators decide" in sent.json()["what_next"]
