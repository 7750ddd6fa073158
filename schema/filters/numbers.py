"""Conditions that name another object by its number. They need the scope of that object.

The number becomes an id in a look-up of its own, so that a page stays one range of one index.
"""

from typing import Any

from sqlalchemy.orm import InstrumentedAttribute

from auth.oauth_scopes import OAuthScope
from db.conditions import one_of
from resolvers import lookups
from schema.inputs import condition


def of_customer(column: InstrumentedAttribute[Any], description: str) -> Any:
    """Of the customer with the number; `column` holds the customer's id."""
    return condition(
        one_of(column), description, OAuthScope.CUSTOMERS_READ, read=lookups.customer_ids
    )


def of_tenant(column: InstrumentedAttribute[Any], description: str) -> Any:
    """Of the tenant with the number, or of a tenant below it."""
    return condition(one_of(column), description, OAuthScope.TENANTS_READ, read=lookups.tenant_ids)


def of_product(column: InstrumentedAttribute[Any], description: str) -> Any:
    """About the product with the number. The catalogue needs no scope."""
    return condition(one_of(column), description, read=lookups.product_ids)
