"""What the OpenAPI documents say beyond routes and schemas: examples, keys, conditions, problems."""

import pytest

from contracts.catalog import SERVICES
from services.chassis.documents import KEYS
from tests.contract.calls import lacking, recorded
from tests.contract.openapi import operations

MOVES_MONEY = {
    "POST /v1/budgets/{project_id}/deposits",
    "POST /v1/budgets/{project_id}/refunds",
    "POST /v1/payments/batches",
    "POST /v1/payments/{id}/retry",
    "POST /v1/stipends/{id}/decide",
    "POST /v1/stipends/{id}/installments/{number}/approve",
    "POST /v1/stipends/{id}/installments/{number}/hold",
    "POST /v1/stipends/{id}/installments/{number}/release",
    "POST /v1/stipends/{id}/installments/{number}/second",
}
EVERY = [operation for service in SERVICES for operation in operations(service)]


@pytest.mark.parametrize("service", SERVICES)
def test_every_call_has_an_example_that_is_as_the_document_says(service: str):
    examples = recorded(service)
    found = {one.name: lacking(one, examples.get(one.name, {})) for one in operations(service)}
    assert {name: said for name, said in found.items() if said} == {}


@pytest.mark.parametrize("service", SERVICES)
def test_no_example_is_of_a_call_that_is_gone(service: str):
    assert set(recorded(service)) <= {operation.name for operation in operations(service)}


def test_examples_are_shown_in_the_document():
    for operation in EVERY:
        example = recorded(operation.service).get(operation.name, {})
        assert operation.request.get("example") == example.get("request"), operation.name
        shown = {status: said["example"] for status, said in operation.answers.items()}
        assert shown == example.get("answers", {}), operation.name


def test_every_post_takes_a_key_which_is_required_where_money_moves():
    posts = [operation for operation in EVERY if operation.method == "POST"]
    assert [operation.name for operation in posts if "Idempotency-Key" not in operation.headers()] == []
    assert {one.name for one in posts if one.headers()["Idempotency-Key"]["required"]} == MOVES_MONEY


def test_a_repeated_post_is_answered_again_unless_its_route_declares_otherwise():
    said = {one.name: one.headers()["Idempotency-Key"]["description"] for one in EVERY if one.method == "POST"}
    assert {name for name, words in said.items() if words == KEYS["shown once"]} == {
        "POST /v1/clients",
        "POST /v1/clients/{id}/rotate-secret",
        "POST /v1/me/mfa",
        "POST /v1/me/mfa/confirm",
        "POST /v1/terms/calendar",
    }
    assert {name for name, words in said.items() if words == KEYS["done again"]} == {
        "POST /v1/payments/answers",
        "POST /v1/payments/callbacks/sandbox",
        "POST /v1/payments/callbacks/stripe",
        "POST /v1/payments/differences",
        "POST /v1/stipend-policies/{project_id}/preview",
    }


def test_every_read_takes_a_condition_unless_it_is_streamed():
    streamed = {one.name for one in EVERY if one.method == "GET" and "If-None-Match" not in one.headers()}
    assert streamed == {
        "GET /v1/applications/export.csv",
        "GET /v1/budgets/{project_id}/entries.csv",
        "GET /v1/budgets/{project_id}/entries.journal",
        "GET /v1/me/export/document",
        "GET /v1/me/resume",
        "GET /v1/projects/stream",
        "GET /v1/stipends/export.csv",
        "GET /v1/stipends/stream",
        "GET /v1/tasks/{id}/file",
    }


def test_every_change_of_what_is_there_takes_a_condition():
    changes = [one for one in EVERY if one.method in {"PUT", "PATCH", "DELETE"} or "{" in one.path]
    assert [one.name for one in changes if one.method != "GET" and "If-Match" not in one.headers()] == []


def test_a_stream_goes_on_where_it_was_left():
    streams = [operation for operation in EVERY if operation.path.endswith("/stream")]
    assert streams
    assert [one.name for one in streams if "Last-Event-ID" not in one.headers()] == []
