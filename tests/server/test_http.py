"""The endpoint as HTTP sees it: methods, media types, keys, and the life of a context."""

import pytest

from server.limits import ServerLimits
from server.negotiation import GRAPHQL_RESPONSE, JSON, MOST_RANGES, choose_media_type
from tests.execution.support import READERS_KEY, SECRET, Served, code, data, only_error, serve

HELLO = "{ hello }"


async def test_a_posted_query_is_answered(served: Served) -> None:
    response = await served.ask("query Q($n: String!) { hello(name: $n) }", {"n": "you"})
    assert response.status_code == 200
    assert data(response) == {"hello": "hello you"}


async def test_a_query_by_get_is_answered(served: Served) -> None:
    parameters = {"query": "query Q($n: String) { hello(name: $n) }", "variables": '{"n": "you"}'}
    response = await served.http.get("/graphql", params=parameters)
    assert data(response) == {"hello": "hello you"}


async def test_empty_parameters_of_a_get_count_as_absent(served: Served) -> None:
    parameters = {"query": HELLO, "variables": "", "operationName": "", "extensions": ""}
    response = await served.http.get("/graphql", params=parameters)
    assert data(response) == {"hello": "hello world"}


async def test_a_mutation_is_answered_by_post(served: Served) -> None:
    response = await served.ask("mutation { touch }")
    assert data(response) == {"touch": True}


async def test_a_mutation_of_whoever_may_only_read_is_refused_without_running(
    served: Served,
) -> None:
    served.http.headers["Authorization"] = f"Bearer {READERS_KEY}"
    refused = await served.ask("mutation { touch }")
    assert (refused.status_code, code(refused)) == (403, "FORBIDDEN")
    assert served.events == ["authenticated"]
    assert data(await served.ask(HELLO)) == {"hello": "hello world"}


@pytest.mark.parametrize("accept", [JSON, GRAPHQL_RESPONSE])
@pytest.mark.parametrize("query", ["mutation { touch }", "mutation { unknown }"])
async def test_a_mutation_by_get_is_refused_without_running(
    served: Served, accept: str, query: str
) -> None:
    response = await served.http.get(
        "/graphql", params={"query": query}, headers={"Accept": accept}
    )
    assert response.status_code == 405
    assert response.headers["allow"] == "POST"
    assert served.events == ["authenticated"]


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS"])
async def test_other_methods_are_refused_with_those_allowed(served: Served, method: str) -> None:
    response = await served.http.request(method, "/graphql")
    assert response.status_code == 405
    assert response.headers["allow"] == "GET, POST"


async def test_a_subscription_is_refused(served: Served) -> None:
    response = await served.ask("subscription { ticks }")
    assert response.status_code == 400
    assert code(response) == "BAD_REQUEST"


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        (None, JSON),
        ("", JSON),
        ("*/*", JSON),
        ("application/*", JSON),
        (JSON, JSON),
        ("APPLICATION/JSON", JSON),
        (GRAPHQL_RESPONSE, GRAPHQL_RESPONSE),
        (f"{GRAPHQL_RESPONSE}, {JSON}", GRAPHQL_RESPONSE),
        (f"{JSON}, {GRAPHQL_RESPONSE}", JSON),
        (f"{JSON};q=0.5, {GRAPHQL_RESPONSE};q=0.9", GRAPHQL_RESPONSE),
        (f"{GRAPHQL_RESPONSE};q=0.5, {JSON};q=0.9", JSON),
        (f"*/*, {GRAPHQL_RESPONSE}", GRAPHQL_RESPONSE),
        (f"{JSON};q=0, */*", GRAPHQL_RESPONSE),
        ("text/html, */*;q=0.8", JSON),
        (f"{JSON}; charset=utf-8", JSON),
        (f"{GRAPHQL_RESPONSE}, text/event-stream", GRAPHQL_RESPONSE),
        (f"{JSON}; charset=iso-8859-1", None),
        (f"{JSON}; q=nonsense", None),
        (f"{JSON}; q=nan", None),
        (f"{JSON};q=0", None),
        ("text/html", None),
        ("text/*", None),
    ],
)
def test_the_media_type_is_what_the_client_likes_best(
    accept: str | None, chosen: str | None
) -> None:
    assert choose_media_type(accept) == chosen


def test_of_many_media_ranges_the_first_count() -> None:
    assert choose_media_type("text/html," * (MOST_RANGES - 1) + JSON) == JSON
    assert choose_media_type("text/html," * MOST_RANGES + JSON) is None


async def test_who_asks_is_decided_before_what_it_accepts(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    def choose(accept: str | None) -> str | None:
        served.events.append("negotiated")
        return choose_media_type(accept)

    monkeypatch.setattr("server.graphql._media_type", choose)
    await served.ask(HELLO)
    assert served.events[:2] == ["authenticated", "negotiated"]


async def test_an_accept_header_that_is_too_long_is_not_parsed(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    def choose(_accept: str | None) -> str | None:
        raise AssertionError

    monkeypatch.setattr("server.graphql._media_type", choose)
    response = await served.ask(HELLO, accept="," * 1_001)
    assert response.status_code == 431
    assert only_error(response)["extensions"]["limit"] == "header"
    assert served.events == []


@pytest.mark.parametrize("media_type", [JSON, GRAPHQL_RESPONSE])
async def test_the_response_has_the_media_type_that_was_asked_for(
    served: Served, media_type: str
) -> None:
    response = await served.ask(HELLO, accept=media_type)
    assert response.headers["content-type"] == f"{media_type}; charset=utf-8"


async def test_a_client_that_accepts_neither_media_type_gets_406(served: Served) -> None:
    response = await served.ask(HELLO, accept="text/html")
    assert response.status_code == 406
    assert JSON in only_error(response)["message"]


async def test_responses_may_not_be_stored(served: Served) -> None:
    response = await served.ask(HELLO)
    assert response.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("query", ["{", "{ unknown }", "query Q($n: Int!) { __typename }"])
@pytest.mark.parametrize(("accept", "status"), [(JSON, 200), (GRAPHQL_RESPONSE, 400)])
async def test_a_request_error_has_no_data_and_a_status_by_media_type(
    served: Served, query: str, accept: str, status: int
) -> None:
    response = await served.ask(query, accept=accept)
    assert response.status_code == status
    assert list(response.json()) == ["errors"]


async def test_a_field_error_leaves_the_rest_of_the_data(served: Served) -> None:
    response = await served.ask("{ hello leak }")
    assert response.status_code == 200
    assert response.json()["data"] == {"hello": "hello world", "leak": None}


async def test_the_operation_is_chosen_by_name(served: Served) -> None:
    response = await served.ask('query A { hello } query B { b: hello(name: "b") }', operation="B")
    assert data(response) == {"b": "hello b"}


@pytest.mark.parametrize("operation", [None, "C"])
async def test_an_ambiguous_or_unknown_operation_is_refused(
    served: Served, operation: str | None
) -> None:
    response = await served.ask("query A { hello } query B { hello }", operation=operation)
    assert response.status_code == 400
    assert code(response) == "BAD_REQUEST"


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer wrong"}])
async def test_a_request_without_a_valid_key_gets_401(
    served: Served, headers: dict[str, str]
) -> None:
    del served.http.headers["authorization"]
    response = await served.http.post("/graphql", json={"query": HELLO}, headers=headers)
    assert response.status_code == 401
    assert response.headers["www-authenticate"] == "Bearer"
    assert code(response) == "UNAUTHENTICATED"
    assert "data" not in response.json()


async def test_a_request_without_a_valid_key_is_refused_before_its_body_is_read(
    served: Served,
) -> None:
    start, _ = await served.raw([], key="wrong")
    assert start["status"] == 401
    assert "received" not in served.events


async def test_a_key_is_checked_before_the_accepted_media_types(served: Served) -> None:
    del served.http.headers["authorization"]
    assert (await served.ask(HELLO, accept="text/html")).status_code == 401


async def test_introspection_is_open_to_clients(served: Served) -> None:
    response = await served.ask("{ __schema { queryType { name } } }")
    assert data(response) == {"__schema": {"queryType": {"name": "Query"}}}


async def test_the_context_is_open_only_while_the_operation_runs(served: Served) -> None:
    await served.ask(HELLO)
    assert served.events == ["authenticated", "opened", "resolved", "closed"]


async def test_the_context_is_closed_before_the_response_starts(served: Served) -> None:
    await served.raw([{"type": "http.request", "body": b'{"query": "{ hello }"}'}])
    assert served.events[-3:] == ["closed", "http.response.start", "http.response.body"]


@pytest.mark.parametrize("query", ["{", "{ unknown }"])
async def test_no_context_is_opened_for_a_document_that_is_not_valid(
    served: Served, query: str
) -> None:
    await served.ask(query)
    assert served.events == ["authenticated"]


async def test_the_context_is_closed_when_a_field_fails(served: Served) -> None:
    await served.ask("{ must }")
    assert served.events == ["authenticated", "opened", "closed"]


async def test_the_context_sees_the_request(served: Served) -> None:
    served.http.headers["accept-language"] = "en"
    assert data(await served.ask("{ locale }")) == {"locale": "en"}


@pytest.mark.parametrize("where", ["open", "close"])
async def test_a_context_that_fails_is_masked(served: Served, where: str) -> None:
    served.application.fails = where
    response = await served.ask(HELLO)
    assert response.status_code == 500
    assert code(response) == "INTERNAL_SERVER_ERROR"
    assert SECRET not in response.text


async def test_a_context_may_refuse_with_a_code(served: Served) -> None:
    served.application.fails = "forbid"
    response = await served.ask(HELLO)
    assert response.status_code == 400
    assert only_error(response) == {"message": "Not here.", "extensions": {"code": "FORBIDDEN"}}


async def test_authentication_that_fails_unexpectedly_is_masked(served: Served) -> None:
    served.http.headers["authorization"] = "Bearer crash"
    response = await served.ask(HELLO)
    assert response.status_code == 500
    assert SECRET not in response.text


async def test_whoever_cannot_be_told_in_time_is_asked_to_try_again() -> None:
    served = serve(ServerLimits(request_seconds=0.01))
    response = await served.http.post(
        "/graphql",
        json={"query": "{ __typename }"},
        headers={"Authorization": "Bearer wait"},
    )
    assert response.status_code == 503
    assert response.headers["retry-after"] == "1"
    assert [each["extensions"]["code"] for each in response.json()["errors"]] == ["UNAVAILABLE"]
    assert served.events == ["authenticated"]
