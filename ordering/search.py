"""What orders, contracts, offers and customers are found by: one place for each."""

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
    """Its number, those of its offer and contract, the partner's own ones, the customer's name."""
    return search_text(number, offer, contract, *external_ids, customer)


def contract_search_text(*, number: str, customer: str, site: str | None) -> str:
    """Its number, the customer's name and the site's."""
    return search_text(number, customer, site)


def offer_search_text(*, number: str, customer: str) -> str:
    """Its number and the customer's name."""
    return search_text(number, customer)


def customer_search_text(*, number: str, name: str) -> str:
    """Number and name."""
    return search_text(number, name)
