"""The cache of prepared documents: what is shared, and its bounds."""

import pytest
import strawberry
from strawberry.extensions import MaskErrors
from strawberry.schema.config import StrawberryConfig

from execution.documents import DocumentCache
from execution.engine import Engine
from execution.limits import Limits
from tests.execution.support import Served, schema


async def test_a_repeated_document_is_prepared_once_whatever_its_variables(served: Served) -> None:
    query = "query Q($n: String!) { hello(name: $n) }"
    answers = [(await served.ask(query, {"n": name})).json()["data"]["hello"] for name in "abc"]
    assert answers == ["hello a", "hello b", "hello c"]
    assert served.endpoint.engine.documents.prepared == 1


async def test_the_operations_of_a_document_share_its_preparation(served: Served) -> None:
    query = 'query A { hello } query B { hello(name: "b") }'
    for operation in "AB":
        assert (await served.ask(query, operation=operation)).status_code == 200
    assert served.endpoint.engine.documents.prepared == 1


async def test_a_document_with_errors_is_prepared_once(served: Served) -> None:
    first, second = await served.ask("{ unknown }"), await served.ask("{ unknown }")
    assert first.json() == second.json()
    assert served.endpoint.engine.documents.prepared == 1


def test_a_cached_operation_keeps_its_identity() -> None:
    cache = DocumentCache(schema, Limits())
    assert cache.get("{ hello }").operation(None) is cache.get("{ hello }").operation(None)


def test_the_least_recently_used_document_is_dropped_first() -> None:
    cache = DocumentCache(schema, Limits(cached_documents=2))
    for text in ("{ hello }", "{ locale }", "{ hello }", "{ thing { name } }", "{ hello }"):
        cache.get(text)
    assert (len(cache), cache.prepared) == (2, 3)
    cache.get("{ locale }")
    assert cache.prepared == 4


@pytest.mark.parametrize("query", ["{{ hello }} # {}", "{{ unknown }} # {}", "{{ # {}"])
def test_memory_is_bounded_for_documents_with_and_without_errors(query: str) -> None:
    limits = Limits(cached_bytes=100_000)
    cache = DocumentCache(schema, limits)
    for number in range(200):
        cache.get(query.format(f"{number} {'x' * 1_000}"))
        assert cache.cost <= limits.cached_bytes
    assert 0 < len(cache) < 40


def test_a_document_larger_than_the_cache_is_served_but_not_kept() -> None:
    cache = DocumentCache(schema, Limits(cached_bytes=1_000))
    assert not cache.get("{ hello } #" + "x" * 1_000).errors
    assert (len(cache), cache.cost) == (0, 0)


@pytest.mark.parametrize("query", ["{ nam }", '{ greet(nam: "x") }'])
@pytest.mark.parametrize("hidden", [True, False])
def test_suggestions_are_hidden_where_the_schema_says_so(query: str, hidden: bool) -> None:
    @strawberry.type
    class Query:
        name: str = "x"

        @strawberry.field
        def greet(self, name: str) -> str:
            return name

    config = StrawberryConfig(disable_field_suggestions=hidden)
    errors = DocumentCache(strawberry.Schema(Query, config=config), Limits()).get(query).errors
    assert any("Did you mean" in error["message"] for error in errors) is not hidden


def test_a_schema_with_extensions_is_refused() -> None:
    @strawberry.type
    class Query:
        name: str = "x"

    with pytest.raises(ValueError, match="extensions"):
        Engine(strawberry.Schema(Query, extensions=[MaskErrors]), Limits())
