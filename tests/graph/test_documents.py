"""The random documents: they are valid, and cover the whole schema."""

from collections import Counter
from random import Random
from typing import Any

import orjson
import pytest
from graphql import (
    DocumentNode,
    Node,
    OperationDefinitionNode,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    get_operation_ast,
    parse,
    validate,
    visit,
)
from graphql.execution.values import VariableValues, get_variable_values

import schema as product
from execution.cost import operation_costs
from execution.cost_model import CostModel
from execution.limits import exceeded, measure
from server.limits import ServerLimits
from tests.graph import walk
from tests.graph.broken_documents import broken
from tests.graph.document_author import Bounds, Composite
from tests.graph.documents import Documents, Request
from tests.graph.walk import SCHEMA

EXECUTED = product.build_schema()._schema
DOCUMENTS = Documents(SCHEMA, {})


@pytest.fixture(scope="module")
def made() -> list[tuple[Request, DocumentNode]]:
    requests = [DOCUMENTS.request(Random(seed)) for seed in range(300)]
    return [(request, parse(request.query)) for request in requests]


def test_every_document_is_valid_and_within_the_limits(
    made: list[tuple[Request, DocumentNode]],
) -> None:
    limits = ServerLimits()
    for request, document in made[:60]:
        assert validate(EXECUTED, document) == [], request
        assert exceeded(measure(document), limits) == [], request
        assert document.token_count <= limits.tokens


def test_the_variables_of_every_request_fit(made: list[tuple[Request, DocumentNode]]) -> None:
    for request, document in made:
        operation = get_operation_ast(document, request.operation)
        assert operation is not None, request
        assert _fit(operation, orjson.loads(request.body)["variables"]), request


def test_a_seed_makes_the_same_request_again() -> None:
    assert DOCUMENTS.request(Random(7)) == DOCUMENTS.request(Random(7))
    assert broken(DOCUMENTS, Random(7)) == broken(DOCUMENTS, Random(7))


def test_every_field_and_argument_of_the_schema_is_asked_for(
    made: list[tuple[Request, DocumentNode]],
) -> None:
    asked: set[str] = set()
    for _, document in made:
        information = TypeInfo(SCHEMA)
        visit(document, TypeInfoVisitor(information, _Asked(information, asked)))
    composites = [
        kind
        for kind in SCHEMA.type_map.values()
        if isinstance(kind, Composite)
        and not kind.name.startswith("__")
        and kind.name not in walk.of_mutations()
    ]
    fields = {f"{kind}.{name}" for kind in composites for name in kind.fields}
    arguments = {
        f"{kind}.{name}({argument})"
        for kind in composites
        for name, field in kind.fields.items()
        for argument in field.args
    }
    assert fields - asked == set()
    # Some arguments belong to fields that are rarely reached.
    assert len(arguments - asked) < len(arguments) / 4


def test_documents_have_all_that_the_language_has(
    made: list[tuple[Request, DocumentNode]],
) -> None:
    kinds = Counter[str]()
    for _, document in made:
        visit(document, _Kinds(kinds))
    for kind in (
        *("fragment_definition", "fragment_spread", "inline_fragment", "directive", "variable"),
        *("variable_definition", "object_value", "list_value", "enum_value", "null_value"),
    ):
        assert kinds[kind] > 20, kind
    assert any(request.operation == "Two" for request, _ in made)
    assert any("= " in request.query for request, _ in made)


def test_bounds_keep_every_operation_within_the_cost_that_clients_have() -> None:
    small = Documents(SCHEMA, {}, Bounds(objects=200))
    costs = CostModel(EXECUTED)
    for seed in range(60):
        request = small.request(Random(seed))
        document = parse(request.query)
        for cost in operation_costs(document, costs, measure(document).fragments).values():
            assert cost.requested(request.variables) <= ServerLimits().cost


def test_a_broken_request_is_seldom_a_valid_one() -> None:
    bodies = [broken(DOCUMENTS, Random(seed)) for seed in range(100)]
    assert sum(map(_is_valid, bodies)) < len(bodies) / 4


def _is_valid(body: bytes) -> bool:
    try:
        parameters = orjson.loads(body)
        document = parse(parameters["query"], max_lexical_tokens=1_000)
        operation = get_operation_ast(document, parameters.get("operationName"))
        if operation is None or validate(SCHEMA, document):
            return False
        return _fit(operation, parameters.get("variables") or {})
    except Exception:
        return False


def _fit(operation: OperationDefinitionNode, variables: dict[str, Any]) -> bool:
    definitions = operation.variable_definitions or ()
    return isinstance(get_variable_values(EXECUTED, definitions, variables), VariableValues)


class _Asked(Visitor):
    """Collects the fields and arguments of a document as Type.field(argument)."""

    def __init__(self, information: TypeInfo, asked: set[str]) -> None:
        super().__init__()
        self._information = information
        self._asked = asked

    def enter_field(self, node: Any, *_: Any) -> None:
        parent = self._information.get_parent_type()
        self._asked.add(f"{parent}.{node.name.value}")
        self._asked.update(
            f"{parent}.{node.name.value}({each.name.value})" for each in node.arguments or ()
        )


class _Kinds(Visitor):
    def __init__(self, kinds: Counter[str]) -> None:
        super().__init__()
        self._kinds = kinds

    def enter(self, node: Node, *_: Any) -> None:
        self._kinds[node.kind] += 1
