"""Rows that orders refer to, in memory: loaded beforehand, or added while orders are changed.

`ordering.unit_of_work` loads them and stores those that are new. Nothing here sends a statement.
"""

from collections.abc import Callable
from typing import Any, Generic, TypeVar
from uuid import UUID

from db.base import Base
from db.models import Contract, ContractItem, Customer, Offer, Product, Site, Tenant

Key = TypeVar("Key")
Row = TypeVar("Row", bound=Base)


class Index(Generic[Key, Row]):
    """Rows of one table, by their business key and by id."""

    def __init__(self, key_of: Callable[[Row], Key]) -> None:
        self._key_of = key_of
        self._by_key: dict[Key, Row] = {}
        self.by_id: dict[Any, Row] = {}
        self.new: dict[Any, Row] = {}
        """Rows that are not stored yet, by id."""

    def add(self, row: Row) -> Row:
        """Add a new row."""
        entity: Any = row
        self.new[entity.id] = row
        return self.put(row)

    def put(self, row: Row) -> Row:
        """Add a row that is stored, or take it in place of an earlier copy."""
        entity: Any = row
        self._by_key[self._key_of(row)] = self.by_id[entity.id] = row
        return row

    def get(self, key: Key) -> Row | None:
        return self._by_key.get(key)

    def find(self, row_id: UUID | None) -> Row | None:
        """The row that a reference points to; None if there is no reference."""
        return None if row_id is None else self.by_id[row_id]


class Lookups:
    """The rows that a batch of orders refers to."""

    def __init__(self) -> None:
        self.tenants: Index[str, Tenant] = Index(lambda row: row.number)
        self.last_tenant_id = 0
        """The highest id in use, if a tenant may have to be added."""
        self.products: Index[str, Product] = Index(lambda row: row.number)
        self.customers: Index[tuple[int, str], Customer] = Index(_number_in_tree)
        self.sites: Index[tuple[UUID, str], Site] = Index(lambda row: (row.customer_id, row.number))
        self.offers: Index[tuple[int, str], Offer] = Index(_number_in_tree)
        self.ordered_offers: set[UUID] = set()
        """Offers that led to an order."""
        self.contracts: Index[tuple[int, str], Contract] = Index(_number_in_tree)
        self.contract_items: list[ContractItem] = []
        """Those of new contracts."""


def _number_in_tree(row: Any) -> tuple[int, str]:
    # Numbers are unique within a partner's tree of tenants.
    return row.root_tenant_id, row.number
