"""What filters declare of the indexes that serve them is true."""

from collections.abc import Iterator

import pytest
from graphql import GraphQLInputObjectType
from sqlalchemy import Table, UniqueConstraint

import schema
from db.base import Base
from schema.input_checks import columns_in
from schema.inputs import Filter, ServedBy, filter_of


def filters() -> Iterator[tuple[str, Filter]]:
    for kind in schema.build_schema()._schema.type_map.values():
        if isinstance(kind, GraphQLInputObjectType):
            for name, field in kind.fields.items():
                filter = filter_of(field.extensions.get("strawberry-definition"))
                if filter is not None:
                    yield f"{kind.name}.{name}", filter


FILTERS = dict(filters())


def indexed(table: Table) -> set[str]:
    """The columns by which an index of the table finds rows, after those of the tenant."""
    keys = [index.columns for index in table.indexes]
    keys += [each.columns for each in table.constraints if isinstance(each, UniqueConstraint)]
    tenant = {"root_tenant_id", "tenant_id"}
    found = {next((each.name for each in key if each.name not in tenant), None) for key in keys}
    return {name for name in found if name} | {key.columns[0].name for key in [table.primary_key]}


def is_served(filter: Filter) -> bool:
    """Whether an index begins with a compared column, for each table that is read."""
    compared: dict[str, set[str]] = {}
    condition = filter.condition
    for clause in condition.use("example", condition.example, frozenset()).clauses():
        for column in columns_in(clause):
            compared.setdefault(column.table.name, set()).add(column.name)
    tables = Base.metadata.tables
    return all(
        columns & (indexed(tables[name]) | {"tenant_id"}) for name, columns in compared.items()
    )


@pytest.mark.parametrize("name", FILTERS)
def test_a_filter_declares_whether_an_index_serves_it(name: str) -> None:
    filter = FILTERS[name]
    assert is_served(filter) == (filter.served_by is ServedBy.INDEX)
