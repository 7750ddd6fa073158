"""The texts by which orders, contracts, offers and customers are found."""

from collections.abc import Iterable

from db.search import search_text


def order_search_text(
    *,
    number: str,
    offer: str | None,
    contract: str | None,
    external_ids: Iterable[str],
    customer: str,
) -> str:
    """The numbers of order, offer and contract, the partner's own ids, the customer's name."""
    return search_text(number, offer, contract, *external_ids, customer)


def contract_search_text(*, number: str, customer: str, site: str | None) -> str:
    """The contract's number, the customer's name and the site's."""
    return search_text(number, customer, site)


def offer_search_text(*, number: str, customer: str) -> str:
    """The offer's number and the customer's name."""
    return search_text(number, customer)


def customer_search_text(*, number: str, name: str) -> str:
    """The customer's number and name."""
    return search_text(number, name)
