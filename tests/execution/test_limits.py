"""Limits of documents: what each counts, its error, and that counting is linear."""

from collections.abc import Callable

import pytest
from graphql import get_introspection_query, parse

from execution.limits import COUNT_CEILING, Size, exceeded, measure
from server.limits import ServerLimits
from tests.execution.support import Served, data, only_error

# The introspection query of GraphiQL, Apollo and most code generators, with all its options.
INTROSPECTION = get_introspection_query(
    descriptions=True,
    specified_by_url=True,
    directive_is_repeatable=True,
    schema_description=True,
    input_value_deprecation=True,
)


def size(query: str) -> Size:
    """The size of a document's first operation."""
    return measure(parse(query)).operations[0][1]


def nested(levels: int) -> str:
    """A query of that depth."""
    return "{ thing " + "{ child " * (levels - 2) + "{ name }" + " }" * (levels - 1)


def doubling(levels: int, selection: str = "child {{ {inner} }} other {{ {inner} }}") -> str:
    """Fragments that each spread the next one twice: 2 ** levels fields."""
    fragments = [
        f"fragment F{level} on Thing {{ {selection.format(inner=f'...F{level + 1}')} }}"
        for level in range(levels)
    ]
    last = f"fragment F{levels} on Thing {{ name }}"
    return "\n".join(["{ thing { ...F0 } }", *fragments, last])


@pytest.mark.parametrize(
    ("limits", "allowed", "refused", "limit", "actual"),
    [
        (ServerLimits(depth=4), nested(4), nested(5), "depth", 5),
        (
            ServerLimits(depth=3),
            "{ thing { ...F } } fragment F on Thing { child { __typename } }",
            """{ thing { ...F } } fragment F on Thing { child { ...G } }
            fragment G on Thing { ... { child { name } } }""",
            "depth",
            4,
        ),
        (
            ServerLimits(aliases=2),
            "{ a: hello b: hello }",
            "{ a: hello b: hello c: hello }",
            "aliases",
            3,
        ),
        (
            ServerLimits(aliases=3),
            "{ thing { ...F } } fragment F on Thing { a: name b: name }",
            "{ thing { ...F child { ...F } } } fragment F on Thing { a: name b: name }",
            "aliases",
            4,
        ),
        (
            ServerLimits(root_fields=2),
            "{ hello locale }",
            "{ hello ... { locale } ...F } fragment F on Query { thing { name } }",
            "rootFields",
            3,
        ),
        (
            ServerLimits(directives=1),
            "{ hello @include(if: true) }",
            "query @skip(if: false) { hello @include(if: true) }",
            "directives",
            2,
        ),
        (
            ServerLimits(fields=3),
            "{ thing { name } hello }",
            "{ thing { name } hello locale }",
            "fields",
            4,
        ),
        (
            # __schema, then types, then 50 names.
            ServerLimits(introspection_cost=102),
            "{ __schema { types { name kind } } }",
            "{ __schema { types { ...F } __typename } } fragment F on __Type { name kind }",
            "introspectionCost",
            103,
        ),
        (
            ServerLimits(introspection_lists=1),
            '{ __type(name: "Thing") { fields { name } } }',
            """{ __type(name: "Thing") { fields { type { ofType { ...F } } } } }
            fragment F on __Type { fields { name } }""",
            "introspectionLists",
            2,
        ),
        (ServerLimits(tokens=6), "{ thing { name } }", "{ thing { name name } }", "tokens", 7),
        (ServerLimits(tokens=3), "#\n#\n#\n{ hello }", "#\n#\n#\n#\n{ hello }", "comments", 4),
        (
            ServerLimits(),
            "{ hello " + "... { " * 100 + "hello" + " }" * 100 + " }",
            "{ hello " + "... { " * 250 + "hello" + " }" * 250 + " }",
            "nesting",
            201,
        ),
    ],
)
async def test_a_limit_allows_its_maximum_and_refuses_one_more(  # noqa: PLR0917 - its cases
    serving: Callable[[ServerLimits], Served],
    limits: ServerLimits,
    allowed: str,
    refused: str,
    limit: str,
    actual: int,
) -> None:
    served = serving(limits)
    accepted = await served.ask(allowed)
    assert accepted.status_code == 200
    assert "errors" not in accepted.json()

    response = await served.ask(refused)
    assert response.status_code == 400
    error = only_error(response)
    assert error["extensions"] == {
        "code": "LIMIT_EXCEEDED",
        "limit": limit,
        "actual": actual,
        "maximum": actual - 1,
    }
    assert limit in error["message"]
    assert str(actual - 1) in error["message"]
    assert served.events.count("opened") == 1


def test_all_exceeded_limits_are_reported_together() -> None:
    document = parse("{ a: hello b: hello c: hello }")
    errors = exceeded(measure(document), ServerLimits(aliases=1, root_fields=1, fields=1))
    assert [(error.extensions or {})["limit"] for error in errors] == [
        "fields",
        "rootFields",
        "aliases",
    ]


async def test_limits_apply_to_every_operation_of_a_document(
    serving: Callable[[ServerLimits], Served],
) -> None:
    response = await serving(ServerLimits(depth=4)).ask(
        f"query A {{ hello }} query B {nested(5)}", operation="A"
    )
    assert only_error(response)["extensions"]["limit"] == "depth"


async def test_the_usual_introspection_query_passes(served: Served) -> None:
    response = await served.ask(INTROSPECTION)
    assert response.status_code == 200
    assert response.json()["data"]["__schema"]["queryType"]["name"] == "Query"


def test_introspection_does_not_count_towards_the_depth() -> None:
    assert size("{ __schema { types { fields { name } } } thing { name } }").depth == 2


def test_the_usual_introspection_query_stays_well_below_its_limit() -> None:
    measured = size(INTROSPECTION)
    assert measured.introspection_cost < 0.75 * ServerLimits().introspection_cost
    assert measured.introspection_lists == ServerLimits().introspection_lists


def aliased(count: int, field: str) -> str:
    """A field `count` times, each with an alias of its own."""
    return " ".join(f"a{number}: {field}" for number in range(count))


@pytest.mark.parametrize(
    ("query", "limit"),
    [
        ("{ __schema { types { fields { type { ofType { fields { name } } } } } } }", "Lists"),
        ("{ __schema { types { fields { type { interfaces { name } } } } } }", "Lists"),
        (f"{{ __schema {{ types {{ {aliased(49, 'fields { a: name b: name }')} }} }} }}", "Cost"),
        (
            f"""{{ {aliased(20, "__schema { ...F }")} }}
            fragment F on __Schema {{ types {{ fields {{ name args {{ name }} }} }} }}""",
            "Cost",
        ),
    ],
)
async def test_introspection_cannot_be_multiplied(
    serving: Callable[[ServerLimits], Served], query: str, limit: str
) -> None:
    response = await serving(ServerLimits(aliases=200)).ask(query)
    assert only_error(response)["extensions"]["limit"] == f"introspection{limit}"


async def test_introspection_fields_elsewhere_are_validation_errors(served: Served) -> None:
    response = await served.ask("{ thing { __schema { types { name } } } }")
    assert only_error(response)["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"


async def test_validation_stops_at_the_number_of_errors_reported(
    serving: Callable[[ServerLimits], Served],
) -> None:
    response = await serving(ServerLimits(validation_errors=3)).ask("{ a b c d e f g }")
    messages = [error["message"] for error in response.json()["errors"]]
    assert len(messages) == 4
    assert "error limit reached" in messages[-1]


async def test_variable_coercion_stops_at_the_number_of_errors_reported(
    serving: Callable[[ServerLimits], Served],
) -> None:
    response = await serving(ServerLimits(variable_errors=2)).ask(
        "query Q($values: [Even!]!) { evens(values: $values) }", {"values": [1] * 50}
    )
    assert response.status_code == 400
    assert len(response.json()["errors"]) == 3


@pytest.mark.parametrize("levels", [10, 20, 40])
def test_each_selection_is_visited_once_however_often_it_is_spread(levels: int) -> None:
    measurement = measure(parse(doubling(levels)))
    # A fragment has two fields and two spreads, and each spread is added once more.
    assert measurement.steps <= 6 * levels + 10


def test_counts_include_the_fields_of_spread_fragments() -> None:
    measured = size(doubling(5))
    assert measured.fields == 1 + 2 * (2**5 - 1) + 2**5
    assert measured.depth == 7


def test_counts_stop_at_a_ceiling() -> None:
    assert size(doubling(90)).fields == COUNT_CEILING


async def test_exponential_fragments_are_refused_before_validation(served: Served) -> None:
    response = await served.ask(doubling(40))
    limits = {error["extensions"]["limit"] for error in response.json()["errors"]}
    assert limits == {"depth", "fields"}


@pytest.mark.parametrize(
    "query",
    [
        "{ thing { ...A } } fragment A on Thing { child { ...A } }",
        "{ thing { ...A } } fragment A on Thing { ...B } fragment B on Thing { ...A }",
        "{ thing { ...A } } fragment A on Thing { ...A ...A }",
    ],
)
async def test_cycles_of_fragments_are_validation_errors(served: Served, query: str) -> None:
    response = await served.ask(query)
    assert response.status_code == 400
    codes = {error["extensions"]["code"] for error in response.json()["errors"]}
    assert codes == {"GRAPHQL_VALIDATION_FAILED"}


async def test_a_long_chain_of_fragments_does_not_exhaust_the_stack(
    serving: Callable[[ServerLimits], Served],
) -> None:
    links = 1_500
    chain = " ".join(f"fragment F{i} on Query {{ ...F{i + 1} }}" for i in range(links))
    query = f"{{ ...F0 }} {chain} fragment F{links} on Query {{ hello }}"
    response = await serving(ServerLimits(tokens=20_000)).ask(query)
    assert response.status_code == 400
    assert only_error(response)["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"


async def test_inline_fragments_as_deep_as_the_parser_allows_are_served(served: Served) -> None:
    response = await served.ask("{ " + "... { " * 199 + "hello" + " }" * 199 + " }")
    assert data(response) == {"hello": "hello world"}
