"""Reads connections as a partner does: one page, or all pages in turn."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from tests.graph.client import Answer, Client

TYPES: Final = {
    "orders": "Order",
    "offers": "Offer",
    "contracts": "Contract",
    "customers": "Customer",
    "tenants": "Tenant",
    "products": "Product",
    "children": "Tenant",
    "carts": "Cart",
    "sites": "Site",
}
"""The identifying field of the objects, by the name of their connection."""

_ARGUMENTS: Final = {
    "filter": "{}Filter",
    "orderBy": "{}Sort",
    "first": "Int",
    "after": "String",
    "last": "Int",
    "before": "String",
}
_SELECTION: Final = (
    "pageInfo { hasNextPage hasPreviousPage startCursor endCursor } "
    "edges { cursor node { number } } nodes { number }"
)
MOST_PAGES: Final = 100


@dataclass(frozen=True)
class Page:
    """The response of a connection."""

    raw: dict[str, Any]

    @property
    def numbers(self) -> list[str]:
        return [node["number"] for node in self.raw["nodes"]]

    @property
    def cursors(self) -> list[str]:
        return [edge["cursor"] for edge in self.raw["edges"]]

    @property
    def has_next(self) -> bool:
        return bool(self.raw["pageInfo"]["hasNextPage"])

    @property
    def has_previous(self) -> bool:
        return bool(self.raw["pageInfo"]["hasPreviousPage"])

    @property
    def start(self) -> str | None:
        cursor: str | None = self.raw["pageInfo"]["startCursor"]
        return cursor

    @property
    def end(self) -> str | None:
        cursor: str | None = self.raw["pageInfo"]["endCursor"]
        return cursor


async def ask(
    client: Client,
    field: str,
    arguments: Mapping[str, Any],
    *,
    below: str = "",
    selection: str = _SELECTION,
) -> Answer:
    """The connection with these arguments, at the root or below a field like
    `customer(number: "K-1")`."""
    declared = ", ".join(f"${name}: {_ARGUMENTS[name].format(TYPES[field])}" for name in arguments)
    given = ", ".join(f"{name}: ${name}" for name in arguments)
    asked = f"{field}({given}) {{ {selection} }}" if given else f"{field} {{ {selection} }}"
    head = f"query({declared})" if declared else "query"
    body = f"{below} {{ {asked} }}" if below else asked
    return await client.query(f"{head} {{ {body} }}", arguments)


async def page(client: Client, field: str, *, below: str = "", **arguments: Any) -> Page:
    """One page."""
    data = (await ask(client, field, arguments, below=below)).data
    if below:
        (data,) = data.values()
    return Page(data[field])


async def numbers(client: Client, field: str, *, below: str = "", **arguments: Any) -> list[str]:
    """The numbers of the objects on one page, in order."""
    return (await page(client, field, below=below, **arguments)).numbers


async def forward(
    client: Client, field: str, size: int, *, below: str = "", **arguments: Any
) -> list[Page]:
    """All pages from the first to the last, by `after`."""
    pages = [await page(client, field, below=below, first=size, **arguments)]
    while pages[-1].has_next and len(pages) < MOST_PAGES:
        after = pages[-1].end
        pages.append(await page(client, field, below=below, first=size, after=after, **arguments))
    return pages


async def backward(
    client: Client, field: str, size: int, *, below: str = "", **arguments: Any
) -> list[Page]:
    """All pages from the last to the first, by `before`."""
    pages = [await page(client, field, below=below, last=size, **arguments)]
    while pages[-1].has_previous and len(pages) < MOST_PAGES:
        before = pages[-1].start
        pages.append(await page(client, field, below=below, last=size, before=before, **arguments))
    return pages


def joined(pages: list[Page]) -> list[str]:
    """The numbers on all pages, in order."""
    return [number for each in pages for number in each.numbers]
