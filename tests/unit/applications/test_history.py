"""The history in words: everything that happened in its order, and who may learn by whom."""

from datetime import timedelta
from typing import Any

import pytest

from contracts.applications import ApplicationStatus, TaskStatus
from contracts.ids import ActorId
from services.applications.domain.application import NEXT, Application, ApplicationUnknown
from services.applications.domain.history import DID, DID_TO_A_TASK, Entry, happenings, tell
from services.chassis.domain import Actor, NotAllowed
from tests.unit.applications.examples import ADA, AT, EVE, MIRA, MO, application, evaluation, final, project, task

NAMES = {ActorId("ada"): "Ada Kern", ActorId("mira"): "Mira Diaz"}
HOUR = timedelta(hours=1)


def steps(*pairs: tuple[str, str]) -> dict[str, Any]:
    return {"history": [{"status": status, "by": by, "at": AT + n * HOUR} for n, (status, by) in enumerate(pairs)]}


def told(subject: Application, *, reader: Actor = ADA, tasks: Any = (), evaluations: Any = ()) -> list[Entry]:
    return tell(happenings(subject, tasks, evaluations), subject, project(), NAMES, reader=reader)


def newest(status: str, by: str, **changes: Any) -> str:
    history = steps(("pending", "mira"), (status, by))["history"]
    history[-1] |= changes
    subject = application(history=history, status=status)
    return told(subject)[-1].what


def test_there_are_words_for_every_status():
    assert DID.keys() == set(ApplicationStatus)
    assert DID_TO_A_TASK.keys() == set(TaskStatus)
    assert set().union(*NEXT.values()) <= DID.keys()


@pytest.mark.parametrize(
    ("status", "by", "changes", "what"),
    [
        ("waitlisted", "ada", {}, "put the application on the wait list"),
        ("accepted", "ada", {}, "accepted the application"),
        ("declined", "ada", {"why": "(not selected)"}, "declined the application (not selected)"),
        (
            "declined",
            "ada",
            {"why": "(not selected): Many applied."},
            "declined the application (not selected): Many applied.",
        ),
        (
            "declined",
            "system:applications",
            {"why": "(offer expired): Not in time."},
            "ended the offer, which was not confirmed in time",
        ),
        ("withdrawn", "mira", {}, "withdrew the application"),
        ("withdrawn", "ada", {"why": "Moved away."}, "took the mentee out of the mentorship: Moved away."),
        ("failed", "ada", {"why": "Was never there."}, "ended the mentorship as failed: Was never there."),
        ("graduated", "ada", {}, "let the mentee graduate"),
    ],
)
def test_each_end_is_worded_with_its_reason(status: str, by: str, changes: dict[str, Any], what: str):
    assert newest(status, by, **changes) == what


LONG = application(
    **steps(("pending", "mira"), ("waitlisted", "ada"), ("accepted", "zoe"), ("active", "mira")), status="active"
)
PORT = task(kind="milestone", name="Port", **steps(("assigned", "mo"), ("in_progress", "mira")))
BUILD = task(id="k-0", name="Build", **steps(("assigned", "mira")))
MIDTERM = evaluation(verdict="satisfactory", recorded_by="mo", recorded_at=AT + 9 * HOUR, private_note="Hm.")
FINAL = final()


def test_an_administrator_learns_who_it_was():
    entries = told(LONG, tasks=[PORT, BUILD], evaluations=[MIDTERM, FINAL])
    assert [(entry.who, entry.what) for entry in entries] == [
        ("Mira Diaz", "applied"),
        ("A mentor", "gave the task “Port”"),
        ("The system", "gave the task “Build”"),
        ("Mira Diaz", "gave feedback with the final evaluation"),
        ("You", "put the application on the wait list"),
        ("Mira Diaz", "started the task “Port”"),
        ("Somebody who has left the project", "accepted the application"),
        ("Mira Diaz", "signed the participation agreement; the mentorship began"),
        ("A mentor", "recorded the midterm evaluation: satisfactory"),
    ]
    assert [entry.by for entry in entries[:3]] == ["mira", "mo", "system:applications"]


def test_the_applicant_learns_in_which_role_it_was():
    entries = told(LONG, reader=MIRA, tasks=[PORT], evaluations=[MIDTERM])
    assert [entry.who for entry in entries] == [
        *("You", "A mentor", "An administrator", "You", "Somebody who has left the project", "You", "A mentor")
    ]
    assert {entry.by for entry in entries} == {None, "mira"}


def test_what_is_private_is_in_nobodys_history():
    for reader in (ADA, MIRA):
        words = " ".join(entry.what for entry in told(LONG, reader=reader, evaluations=[MIDTERM, FINAL]))
        assert not any(private in words for private in ("Hm.", "Patient.", "Lively."))


@pytest.mark.parametrize(("reader", "refusal"), [(MO, NotAllowed), (EVE, ApplicationUnknown)])
def test_the_history_is_for_the_applicant_and_the_administrators(reader: Actor, refusal: type[Exception]):
    with pytest.raises(refusal):
        told(LONG, reader=reader)


def test_completed_prerequisites_and_the_end_of_waiting_have_their_place():
    subject = application(
        **steps(("pending", "mira"), ("waitlisted", "ada"), ("pending", "ada"), ("accepted", "ada")),
        status="accepted",
        prerequisites_completed_at=AT + 9 * HOUR,
    )
    assert [entry.what for entry in told(subject)][2:] == [
        "took the application off the wait list",
        "accepted the application",
        "noted that all prerequisites are completed",
    ]
