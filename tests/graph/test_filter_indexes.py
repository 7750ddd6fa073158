"""Each filter is served by an index, or is known to read rows in the order of the list."""

from collections.abc import Iterator

import pytest
from graphql import GraphQLInputObjectType
from sqlalchemy import Table, UniqueConstraint

import schema
from db.base import Base
from schema.input_checks import columns_in
from schema.inputs import Filter, filter_of

# Few values, each of many rows: reading rows in the order of the list finds a page soon.
FEW_VALUES = {
    *("OrderFilter.status", "OrderFilter.phase", "OrderFilter.businessCase"),
    *("OrderFilter.needsAction", "OrderFilter.delayed"),
    *("OfferFilter.status", "OfferFilter.businessCase", "ContractFilter.status"),
    *("CartFilter.status", "CartFilter.businessCase", "CustomerFilter.kind"),
    *("ProductFilter.family", "AuditFilter.actions"),
}
# A tenant has few customers, offers and contracts beside its orders, and few actors.
FEW_ROWS = {
    *("OfferFilter.updated", "CustomerFilter.updated", "AuditFilter.actor"),
    *("ContractFilter.termEnd", "ContractFilter.renewableWithinDays"),
    # The index is on `expected_sort`, which serves the order and not the range.
    "OrderFilter.expected",
}


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
def test_a_filter_is_served_by_an_index_or_known_not_to_be(name: str) -> None:
    assert is_served(FILTERS[name]) or name in FEW_VALUES | FEW_ROWS


def test_only_filters_are_known_not_to_be_served() -> None:
    assert FILTERS.keys() >= FEW_VALUES | FEW_ROWS
