"""The log lines, and the request id that joins them to responses."""

import logging
import re

import pytest
import structlog

from tests.execution.support import KEY, SECRET, Served


async def test_an_operation_is_one_line(served: Served) -> None:
    response = await served.ask("query Greeting { hello }")
    (line,) = served.lines("operation")
    assert line.pop("milliseconds") >= 0
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+Z", line.pop("timestamp"))
    assert line == {
        "event": "operation",
        "level": "info",
        "request_id": response.headers["x-request-id"],
        "client": "acme",
        "operation": "Greeting",
        "type": "query",
        "status": 200,
        "statements": 2,
        "cost": 1,
        "executor": "levels",
        "errors": [],
    }


async def test_what_is_left_to_graphql_core_is_seen(served: Served) -> None:
    await served.ask("{ hello }")
    await served.ask("{ __schema { queryType { name } } }")
    await served.ask("{ unknown }")
    assert [line["executor"] for line in served.lines("operation")] == ["levels", "core", None]


async def test_error_codes_are_named_once_each(served: Served) -> None:
    await served.ask("{ leak refused other: refused }")
    (line,) = served.lines("operation")
    assert line["errors"] == ["INTERNAL_SERVER_ERROR", "FORBIDDEN"]
    assert line["unexpected"] == 1


async def test_a_request_without_a_valid_key_is_a_line_too(served: Served) -> None:
    served.http.headers["authorization"] = "Bearer stolen-key"
    await served.ask("{ hello }")
    (line,) = served.lines("operation")
    assert (line["status"], line["client"], line["errors"]) == (401, None, ["UNAUTHENTICATED"])


@pytest.mark.parametrize(
    "query", ["query Q($n: String!) { hello(name: $n) }", 'query Q { hello(name: "confidential") }']
)
async def test_no_key_no_variable_and_no_literal_is_logged(served: Served, query: str) -> None:
    await served.ask(query, {"n": "confidential"})
    await served.http.get("/graphql", params={"query": query, "variables": '{"n":"confidential"}'})
    logged = served.log.getvalue().decode()
    assert len(served.lines("operation")) == 2
    assert "confidential" not in logged
    assert KEY not in logged


async def test_a_long_operation_name_is_shortened(served: Served) -> None:
    await served.ask(f"query {'N' * 5_000} {{ hello }}")
    (line,) = served.lines("operation")
    assert line["operation"] == "N" * 100


async def test_a_field_that_fails_often_is_logged_a_few_times_and_counted(served: Served) -> None:
    aliases = " ".join(f"a{number}: leak" for number in range(15))
    await served.ask(f"{{ {aliases} }}")
    assert len(served.lines("unexpected error")) == 5
    assert served.lines("operation")[0]["unexpected"] == 15


def test_records_of_the_standard_library_take_the_same_form(served: Served) -> None:
    logging.getLogger("sqlalchemy.pool").warning("pool of %s is full", 5)
    (line,) = served.lines("pool of 5 is full")
    assert (line["level"], line["logger"]) == ("warning", "sqlalchemy.pool")


def test_exceptions_of_the_standard_library_keep_their_traceback(served: Served) -> None:
    try:
        raise RuntimeError(SECRET)
    except RuntimeError:
        logging.getLogger("uvicorn.error").exception("failed")
    (line,) = served.lines("failed")
    assert SECRET in line["exception"]


def test_access_lines_of_uvicorn_lose_the_query_string(served: Served) -> None:
    logging.getLogger("uvicorn.access").info(
        '%s - "%s %s HTTP/%s" %d', "127.0.0.1:1", "GET", "/graphql?query={secret}", "1.1", 200
    )
    (line,) = served.lines("request")
    assert (line["method"], line["path"], line["status"]) == ("GET", "/graphql", 200)
    assert "secret" not in served.log.getvalue().decode()


def test_a_record_that_cannot_be_formatted_does_not_fail_its_caller(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logging, "raiseExceptions", False)
    logging.getLogger("library").warning("%d", "not a number")
    assert served.log.getvalue() == b""


def test_debug_lines_are_left_out_at_the_default_level(served: Served) -> None:
    structlog.get_logger().debug("detail")
    logging.getLogger("library").debug("detail")
    assert served.lines("detail") == []


@pytest.mark.parametrize("request_id", ["abc-123", "A.b_c", "x" * 64])
async def test_a_sane_request_id_is_kept(served: Served, request_id: str) -> None:
    served.http.headers["x-request-id"] = request_id
    response = await served.ask("{ hello }")
    assert response.headers["x-request-id"] == request_id
    assert served.lines("operation")[0]["request_id"] == request_id


@pytest.mark.parametrize("request_id", ["", "x" * 65, "a b", 'a"b', "a\n"])
async def test_any_other_request_id_is_replaced(served: Served, request_id: str) -> None:
    served.http.headers["x-request-id"] = request_id
    response = await served.ask("{ hello }")
    assert re.fullmatch("[0-9a-f]{32}", response.headers["x-request-id"])


async def test_two_requests_have_two_ids(served: Served) -> None:
    first, second = await served.ask("{ hello }"), await served.ask("{ hello }")
    assert first.headers["x-request-id"] != second.headers["x-request-id"]


@pytest.mark.parametrize(
    ("path", "status"), [("/nowhere", 404), ("/graphql", 401), ("/crash", 500)]
)
async def test_every_response_has_a_request_id(served: Served, path: str, status: int) -> None:
    del served.http.headers["authorization"]
    response = await served.http.get(path)
    assert response.status_code == status
    assert response.headers["x-request-id"]


async def test_a_crash_outside_of_graphql_is_masked_and_logged(served: Served) -> None:
    response = await served.http.get("/crash")
    assert response.status_code == 500
    assert SECRET not in response.text
    (line,) = served.lines("unexpected error")
    assert SECRET in line["exception"]
    assert line["request_id"] == response.headers["x-request-id"]
    extensions = response.json()["errors"][0]["extensions"]
    assert extensions == {"code": "INTERNAL_SERVER_ERROR", "requestId": line["request_id"]}
