"""The example queries of GraphiQL, against the printed schema that partners see."""

import re
from pathlib import Path

import pytest
from graphql import GraphQLSchema, build_schema, parse, validate
from graphql.language import OperationDefinitionNode

ROOT = Path(__file__).parent.parent.parent
EXAMPLES = sorted((ROOT / "web" / "graphiql" / "examples").glob("*.graphql"))
VALUES = (ROOT / "web" / "graphiql" / "examples.js").read_text(encoding="utf-8")
# GraphiQL's editor shows about this much of a line on a laptop beside an answer.
WIDTH = 62

each = pytest.mark.parametrize("path", EXAMPLES, ids=[path.stem for path in EXAMPLES])


@pytest.fixture(scope="module")
def schema() -> GraphQLSchema:
    return build_schema((ROOT / "schema" / "schema.graphql").read_text(encoding="utf-8"))


def operation(path: Path) -> OperationDefinitionNode:
    [definition] = parse(path.read_text(encoding="utf-8")).definitions
    assert isinstance(definition, OperationDefinitionNode)
    return definition


def test_there_is_an_example_for_each_of_the_partners_tasks() -> None:
    assert len(EXAMPLES) >= 9


@each
def test_an_example_is_valid(schema: GraphQLSchema, path: Path) -> None:
    errors = validate(schema, parse(path.read_text(encoding="utf-8")))
    assert [error.message for error in errors] == []


@each
def test_an_example_begins_with_a_comment_and_fits_the_editor(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    assert re.match(r"# \w", lines[0])
    assert max(map(len, lines)) <= WIDTH


def test_the_titles_of_the_tabs_differ() -> None:
    names = [node.name.value for node in map(operation, EXAMPLES) if node.name]
    assert len(set(names)) == len(EXAMPLES)


@each
def test_the_page_fills_every_variable_that_must_be_given(path: Path) -> None:
    filled = set(re.findall(r"^  (\w+): ", VALUES, re.MULTILINE))
    wanted = {
        definition.variable.name.value
        for definition in operation(path).variable_definitions or ()
        if definition.type.kind == "non_null_type" and definition.default_value is None
    }
    assert wanted <= filled
