"""The schema as partners read it: fully described, without implementation details."""

import re
from collections.abc import Iterator
from typing import Any, cast

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    GraphQLUnionType,
    IntrospectionQuery,
    build_client_schema,
    build_schema,
    get_introspection_query,
    get_named_type,
    is_introspection_type,
    is_leaf_type,
    is_specified_scalar_type,
    lexicographic_sort_schema,
    print_schema,
)

import schema as product
from auth.oauth_scopes import OAuthScope
from tests.graph.client import Client
from tests.graph.factory import Factory

SCHEMA: GraphQLSchema = build_schema(product.printed())

TYPES: dict[str, Any] = {
    name: kind
    for name, kind in SCHEMA.type_map.items()
    if not is_introspection_type(kind) and not is_specified_scalar_type(kind)
}
OBJECTS = {name: kind for name, kind in TYPES.items() if isinstance(kind, GraphQLObjectType)}


def fields_of(kind: GraphQLNamedType) -> dict[str, Any]:
    has_fields = GraphQLObjectType | GraphQLInterfaceType | GraphQLInputObjectType
    return kind.fields if isinstance(kind, has_fields) else {}


def elements(name: str) -> Iterator[tuple[str, str | None]]:
    """Everything of a type that can have a description, with its description."""
    kind = TYPES[name]
    yield name, kind.description
    if isinstance(kind, GraphQLEnumType):
        for value, enum_value in kind.values.items():
            yield f"{name}.{value}", enum_value.description
    for field_name, field in fields_of(kind).items():
        yield f"{name}.{field_name}", field.description
        for argument, details in getattr(field, "args", {}).items():
            yield f"{name}.{field_name}({argument}:)", details.description


# Directives and request headers.
NAMES_BESIDE_TYPES = {
    "Accept-Language",
    "X-Tenant",
    *(f"@{each.name}" for each in SCHEMA.directives),
    *OAuthScope,
}


@pytest.mark.parametrize("name", TYPES)
def test_everything_is_described_by_whole_sentences(name: str) -> None:
    for place, description in elements(name):
        assert description, f"{place} has no description"
        # Names of other vocabularies may follow the last sentence, in brackets.
        assert re.fullmatch(r"[A-Z].*\.( \([^()]+\))?", description, re.DOTALL), place
        assert "  " not in description, place
        assert description.count("`") % 2 == 0, place


@pytest.mark.parametrize("name", TYPES)
def test_what_a_description_names_exists(name: str) -> None:
    fields = {field for kind in TYPES.values() for field in fields_of(kind)}
    arguments = {
        argument
        for kind in OBJECTS.values()
        for field in kind.fields.values()
        for argument in field.args
    }
    values = {
        value
        for kind in TYPES.values()
        if isinstance(kind, GraphQLEnumType)
        for value in kind.values
    }
    for place, description in elements(name):
        text = re.sub(r"\(TMF622 `[^`]*`", "", description or "")
        for quoted in re.findall(r"`([^`]+)`", text):
            owner, _, member = quoted.rpartition(".")
            if owner:
                assert member in fields_of(TYPES[owner]), f"{place}: {quoted}"
            else:
                known = {*TYPES, *fields, *arguments, *values, *NAMES_BESIDE_TYPES}
                assert member in known, f"{place}: {quoted}"


def test_no_name_or_description_tells_how_things_are_stored() -> None:
    # Implementation details: keys and columns, tables, libraries.
    inside = re.compile(
        r"tenant_?id|root_?tenant|public_?id|_sort\b|search_?text|report_?times|processing_?seconds"
        r"|\b(uuid|sql\w*|postgres\w*|sqlite|strawberry|alembic|orm|database|column|row|table)s?\b",
        re.IGNORECASE,
    )
    for name in TYPES:
        for place, description in elements(name):
            assert not inside.search(place), place
            assert not inside.search(description or ""), f"{place}: {description}"


def test_only_global_ids_are_ids() -> None:
    typed = {
        f"{name}.{field_name}"
        for name, kind in TYPES.items()
        for field_name, field in fields_of(kind).items()
        if str(get_named_type(field.type)) == "ID"
    }
    nodes = {kind.name for kind in SCHEMA.get_possible_types(TYPES["Node"])}
    # Clients choose the keys of their mutations.
    keys = {place for place in typed if place.endswith("Input.idempotencyKey")}
    assert typed - keys == {f"{name}.id" for name in {*nodes, "Node"}}


def test_no_integer_identifies_anything() -> None:
    counting = re.compile(
        r"(count|total|version|sequence|position|quantity|amount|duration|priority|sampleSize"
        r"|delayed|needingAction|limit|remaining|.*Count|.*Position|.*Length|.*Months|.*Days|.*Seconds)"
    )
    for name, kind in TYPES.items():
        for field_name, field in fields_of(kind).items():
            if str(get_named_type(field.type)) == "Int":
                assert counting.fullmatch(field_name), f"{name}.{field_name}"


def test_the_custom_scalars_are_specified() -> None:
    scalars = {name: kind for name, kind in TYPES.items() if isinstance(kind, GraphQLScalarType)}
    assert set(scalars) == {"DateTime", "Date", "Decimal"}
    assert all((kind.specified_by_url or "").startswith("https://") for kind in scalars.values())


def test_what_has_a_number_is_a_node_and_what_partners_know_by_it_can_be_looked_up() -> None:
    numbered = {name for name, kind in OBJECTS.items() if "number" in kind.fields}
    assert numbered == {kind.name for kind in SCHEMA.get_possible_types(TYPES["Node"])}
    looked_up = {
        str(get_named_type(field.type))
        for field in OBJECTS["Query"].fields.values()
        if "number" in field.args
    }
    # The number of a site is its customer's, and carts are of the portal: neither stands alone.
    assert numbered - looked_up == {"Site", "Cart"}


def test_every_list_can_be_told_how_long_it_may_get() -> None:
    for kind in OBJECTS.values():
        for field_name, field in kind.fields.items():
            if str(get_named_type(field.type)).endswith("Connection"):
                assert {"first", "after", "last", "before"} <= set(field.args), field_name


def test_connections_follow_the_relay_specification() -> None:
    for name, kind in OBJECTS.items():
        if name.endswith("Connection"):
            node = name.removesuffix("Connection")
            assert {field: str(details.type) for field, details in kind.fields.items()} == {
                "edges": f"[{node}Edge!]!",
                "nodes": f"[{node}!]!",
                "pageInfo": "PageInfo!",
                "totalCount": "Int!",
            }


def test_every_text_for_people_takes_a_locale_or_stands_in_something_that_does() -> None:
    guides = {"StatusGuide", "PhaseGuide"}
    for name in set(OBJECTS) - guides:
        for field_name, field in OBJECTS[name].fields.items():
            if re.search("[lL]abel$|Explanation$", field_name):
                assert str(field.args["locale"].type) == "Locale", f"{name}.{field_name}"
    assert "locale" in OBJECTS["Query"].fields["statusGuide"].args


def test_an_object_that_could_be_out_of_scope_may_be_null() -> None:
    nodes = {kind.name for kind in SCHEMA.get_possible_types(TYPES["Node"])}
    for name, kind in OBJECTS.items():
        if name in nodes:
            for field_name, field in kind.fields.items():
                if get_named_type(field.type).name in nodes:
                    assert str(field.type) in nodes, f"{name}.{field_name}"


def test_there_are_no_subscriptions() -> None:
    assert SCHEMA.subscription_type is None


def test_every_object_type_is_reached_from_a_root() -> None:
    reached, ahead = set[str](), ["Query", "Mutation"]
    while ahead:
        name = ahead.pop()
        if name in reached:
            continue
        reached.add(name)
        targets = [get_named_type(field.type) for field in fields_of(TYPES[name]).values()]
        ahead += [target.name for target in targets if not is_leaf_type(target)]
        if isinstance(TYPES[name], GraphQLInterfaceType | GraphQLUnionType):
            ahead += [kind.name for kind in SCHEMA.get_possible_types(TYPES[name])]
    results = {name for name, kind in TYPES.items() if isinstance(kind, GraphQLUnionType)}
    assert reached == {*OBJECTS, *results, "Node", "UserError"}


def test_the_committed_schema_is_the_one_that_is_served() -> None:
    assert product.PRINTED.read_text("utf-8") == product.printed()


async def test_a_client_that_introspects_sees_the_printed_schema(client: Client) -> None:
    book = Factory()
    book.tenant()
    await client.fill(book)
    query = get_introspection_query(
        specified_by_url=True, directive_is_repeatable=True, input_value_deprecation=True
    )
    answer = cast("IntrospectionQuery", (await client.query(query)).data)
    introspected = build_client_schema(answer)
    assert print_schema(lexicographic_sort_schema(introspected)) == print_schema(
        lexicographic_sort_schema(SCHEMA)
    )
