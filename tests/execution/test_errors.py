"""Errors in responses: codes, masked messages, locations, and what is logged."""

from typing import Any

import pytest
from graphql import located_error

from execution.null_propagation import FieldErrors
from tests.execution.support import SECRET, Served, code, data, only_error


@pytest.mark.parametrize(
    ("query", "variables", "expected"),
    [
        ("{", None, "GRAPHQL_PARSE_FAILED"),
        ("{ unknown }", None, "GRAPHQL_VALIDATION_FAILED"),
        ("{ even(value: 1) }", None, "GRAPHQL_VALIDATION_FAILED"),
        ("query Q($n: String!) { hello(name: $n) }", {}, "BAD_USER_INPUT"),
        ("query Q($n: String!) { hello(name: $n) }", {"n": 1}, "BAD_USER_INPUT"),
        ("query Q($e: Even!) { even(value: $e) }", {"e": 1}, "BAD_USER_INPUT"),
        ("{ refused }", None, "FORBIDDEN"),
        ("{ leak }", None, "INTERNAL_SERVER_ERROR"),
    ],
)
async def test_every_error_has_a_code(
    served: Served, query: str, variables: dict[str, Any] | None, expected: str
) -> None:
    response = await served.ask(query, variables)
    assert code(response) == expected


async def test_an_expected_error_keeps_its_message_extensions_path_and_location(
    served: Served,
) -> None:
    assert only_error(await served.ask("{ refused }")) == {
        "message": "That is not yours.",
        "locations": [{"line": 1, "column": 3}],
        "path": ["refused"],
        "extensions": {"code": "FORBIDDEN", "scope": "orders:read"},
    }


@pytest.mark.parametrize("field", ["leak", "plainGraphqlError", "must", "wrongType"])
async def test_an_unexpected_error_is_masked_with_its_location(served: Served, field: str) -> None:
    response = await served.ask(f"{{ {field} }}")
    assert only_error(response) == {
        "message": "Internal server error",
        "locations": [{"line": 1, "column": 3}],
        "path": [field],
        "extensions": {
            "code": "INTERNAL_SERVER_ERROR",
            "requestId": response.headers["x-request-id"],
        },
    }


@pytest.mark.parametrize("field", ["leak", "plainGraphqlError", "must", "wrongType"])
async def test_an_unexpected_error_is_logged_with_its_traceback_and_request_id(
    served: Served, field: str
) -> None:
    response = await served.ask(f"{{ {field} }}")
    (line,) = served.lines("unexpected error")
    assert line["request_id"] == response.headers["x-request-id"]
    assert "Traceback" in line["exception"]
    assert SECRET in line["exception"]


async def test_a_failed_non_null_field_answers_with_null_data(served: Served) -> None:
    response = await served.ask("{ must }")
    assert response.status_code == 200
    assert response.json()["data"] is None


async def test_a_validation_error_has_its_location(served: Served) -> None:
    error = only_error(await served.ask("{\n  unknown\n}"))
    assert error["locations"] == [{"line": 2, "column": 3}]
    assert "unknown" in error["message"]


async def test_a_variable_error_contains_the_message_of_its_scalar(served: Served) -> None:
    response = await served.ask("query Q($e: Even!) { even(value: $e) }", {"e": 3})
    assert "Even numbers only." in only_error(response)["message"]


async def test_an_argument_that_fails_during_execution_is_bad_user_input(
    served: Served,
) -> None:
    # A nullable variable with a default is valid for a non-null argument, but null is not.
    response = await served.ask('query Q($n: String = "x") { hello(name: $n) }', {"n": None})
    error = only_error(response)
    assert (error["path"], error["extensions"]) == (["hello"], {"code": "BAD_USER_INPUT"})


async def test_a_result_that_cannot_be_encoded_is_masked(served: Served) -> None:
    value: Any = 1
    for _ in range(300):
        value = [value]
    response = await served.ask("query Q($v: JSON!) { echo(value: $v) }", {"v": value})
    assert response.status_code == 500
    assert code(response) == "INTERNAL_SERVER_ERROR"
    assert len(served.lines("unexpected error")) == 1


@pytest.mark.parametrize(
    "query",
    [
        "{ choose(choice: {name: $unknown}) }",
        "{ ...F } fragment F on Query { choose(choice: {name: $unknown}) }",
        """fragment F on Query { choose(choice: {name: $n, number: 1}) }
        query Q($n: String! = "x") { ...F }""",
    ],
)
async def test_a_wrong_one_of_input_is_a_validation_error(served: Served, query: str) -> None:
    response = await served.ask(query)
    assert response.status_code == 400
    assert code(response) == "GRAPHQL_VALIDATION_FAILED"


async def test_a_one_of_input_in_a_fragment_before_its_operation_is_served(served: Served) -> None:
    response = await served.ask(
        "fragment F on Query { choose(choice: {name: $n}) } query Q($n: String!) { ...F }",
        {"n": "x"},
    )
    assert data(response) == {"choose": "chosen"}


def test_only_reported_errors_keep_their_tracebacks() -> None:
    hidden, logged = _raised("hidden"), _raised("logged")
    errors = FieldErrors()
    data = {"a": {"b": None, "c": None, "d": None}}
    errors.add(located_error(logged, path=["a", "b"]), ("a", "b"), ("a",))
    errors.add(located_error(hidden, path=["a", "c"]), ("a", "c"), ("a", "c"))
    errors.add(located_error(logged, path=["a", "d"]), ("a", "d"), ("a", "d"))
    shown, [error] = errors.apply(data)
    assert shown == {"a": None}
    assert error.original_error is logged
    assert logged.__traceback__ is not None
    assert hidden.__traceback__ is None


def _raised(message: str) -> Exception:
    try:
        raise RuntimeError(message)
    except RuntimeError as error:
        return error
