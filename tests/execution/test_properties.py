"""Random requests: no server errors, and sizes that are right and measured in linear time."""

import asyncio
import io
import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from graphql import FragmentDefinitionNode, parse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from execution.limits import Limits, Size, exceeded, measure
from server.logs import configure_logging
from tests.execution.support import Served, logging_restored, serve

# These tests do not depend on the speed of the machine.
unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)
QUERIES = st.sampled_from(
    [
        "{ hello }",
        "query Q($v: String!) { hello(name: $v) }",
        "query Q($v: Even!) { even(value: $v) }",
        "query Q($v: JSON!) { echo(value: $v) }",
        "query Q($v: Choice!) { choose(choice: $v) }",
        "mutation { touch }",
    ]
)
PIECES = st.sampled_from(
    [
        *("query", "mutation", "fragment", "on", "Query", "Thing", "F", "G", "$v", "String"),
        *("hello", "thing", "name", "child", "choose", "choice", "@include", "@skip", "if"),
        *("!", ":", "=", "{", "}", "(", ")", "[", "]", "...", "1", "1.5", "null", "true"),
        *('"x"', '"""y"""', '"\\u0000"', "#", "\n", "\0", "é", "🏃"),
    ]
)


@pytest.fixture(autouse=True, scope="module")
def quiet() -> Iterator[None]:
    with logging_restored():
        configure_logging(stream=io.BytesIO())
        yield


def answer(send: Any) -> httpx.Response:
    """The response of a new application."""

    async def run() -> httpx.Response:
        served: Served = serve()
        async with served.http:
            response: httpx.Response = await send(served)
            return response

    return asyncio.run(run())


def assert_clean(response: httpx.Response) -> None:
    """Assert that there is no server error, and that all errors have codes."""
    assert response.status_code < 500
    for error in response.json().get("errors", []):
        assert error["extensions"]["code"] != "INTERNAL_SERVER_ERROR"


@given(st.binary())
@unhurried
def test_random_bytes_never_give_a_server_error(body: bytes) -> None:
    response = answer(lambda served: served.send(body))
    assert_clean(response)
    assert "errors" in response.json()


@given(JSON_VALUES)
@unhurried
def test_random_json_never_gives_a_server_error(value: Any) -> None:
    assert_clean(answer(lambda served: served.send(json.dumps(value).encode())))


@given(
    st.fixed_dictionaries(
        {"query": QUERIES | st.text()},
        optional={
            "variables": st.dictionaries(st.just("v") | st.text(), JSON_VALUES) | JSON_VALUES,
            "operationName": st.just("Q") | JSON_VALUES,
            "extensions": JSON_VALUES,
        },
    )
)
@unhurried
def test_random_parameters_never_give_a_server_error(parameters: dict[str, Any]) -> None:
    assert_clean(answer(lambda served: served.send(json.dumps(parameters).encode())))


@given(st.lists(PIECES, max_size=30).map(" ".join))
@settings(unhurried, max_examples=200)
def test_random_documents_never_give_a_server_error(query: str) -> None:
    assert_clean(answer(lambda served: served.ask(query, {"v": "x"})))


@given(st.binary(max_size=60) | st.text(max_size=60).map(lambda text: f"query={text}".encode()))
@unhurried
def test_random_query_strings_never_give_a_server_error(query_string: bytes) -> None:
    async def send(served: Served) -> httpx.Response:
        sent = await served.raw([], method="GET", query_string=query_string)
        return httpx.Response(sent[0]["status"], content=sent[1]["body"])

    assert_clean(answer(send))


@st.composite
def fragment_documents(draw: st.DrawFn) -> str:
    """Documents of fragments that spread later ones any number of times, at any depth."""
    count = draw(st.integers(1, 12))
    definitions = []
    for number in range(count + 1):
        spread = st.integers(number + 1, count).map(lambda later: f"...F{later}")
        leaf = st.sampled_from(["name", "a: name", "name @include(if: true)"])
        choice = leaf if number == count else leaf | spread
        wrapped = st.tuples(
            st.sampled_from(["{}", "child {{ {} }}", "b: other {{ {} }}", "... {{ {} }}"]), choice
        ).map(lambda pair: pair[0].format(pair[1]))
        selections = " ".join(draw(st.lists(wrapped, min_size=1, max_size=5)))
        definitions.append(f"fragment F{number} on Thing {{ {selections} }}")
    return "\n".join(["{ thing { ...F0 } }", *definitions])


def size_when_spread(query: str) -> Size:
    """The size by definition: each spread is followed every time."""
    document = parse(query)
    bodies: dict[str, Any] = {
        node.name.value: node
        for node in document.definitions
        if isinstance(node, FragmentDefinitionNode)
    }
    size = Size(root_fields=1)

    def walk(node: Any, depth: int, keys: Counter[str]) -> None:
        for selection in node.selection_set.selections:
            size.directives += len(selection.directives or ())
            if selection.kind == "fragment_spread":
                walk(bodies[selection.name.value], depth, Counter())
            elif selection.kind == "inline_fragment":
                walk(selection, depth, keys)
            else:
                size.fields += 1
                key = (selection.alias or selection.name).value
                keys[key] += 1
                # Keys are counted within one selection set, as validation compares them.
                size.repeats = max(size.repeats, keys[key])
                size.aliases += selection.alias is not None
                size.depth = max(size.depth, depth + 1)
                if selection.selection_set:
                    walk(selection, depth + 1, Counter())

    walk(document.definitions[0], 0, Counter())
    return size


@given(fragment_documents())
@settings(unhurried, max_examples=200)
def test_sizes_are_those_of_the_document_with_fragments_spread(query: str) -> None:
    assert measure(parse(query)).operations[0][1] == size_when_spread(query)


@given(fragment_documents())
@unhurried
def test_measuring_takes_at_most_two_steps_for_each_selection(query: str) -> None:
    document = parse(query)
    selections = sum(query.count(piece) for piece in ("...", "name", "child", "other"))
    assert measure(document).steps <= 2 * selections


@given(fragment_documents())
@unhurried
def test_nested_fragments_are_refused_or_bounded_by_the_field_limit(query: str) -> None:
    limits = Limits(fields=100)
    within = size_when_spread(query).fields <= limits.fields
    refused = {
        (error.extensions or {})["limit"] for error in exceeded(measure(parse(query)), limits)
    }
    assert ("fields" in refused) is not within
