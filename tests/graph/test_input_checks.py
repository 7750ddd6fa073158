"""A schema whose inputs tell what its outputs hide is refused."""

from enum import Enum
from typing import Annotated, Any

import pytest
import strawberry
from sqlalchemy import exists
from strawberry.types import get_object_definition

import schema
from auth.oauth_scopes import OAuthScope
from db import models
from db.conditions import either, one_of
from schema.filters.contract import ContractFilter
from schema.filters.offer import OfferFilter
from schema.filters.order import OrderFilter
from schema.input_checks import refuse_telling_inputs
from schema.inputs import Filter, filter_argument, lookup_argument, sort_by
from schema.required_scopes import requires

COMMISSIONS, CUSTOMERS = OAuthScope.COMMISSIONS_READ, OAuthScope.CUSTOMERS_READ


@strawberry.type(name="Order", directives=requires(OAuthScope.ORDERS_READ))
class Order:
    number: str
    dealer_id: str | None = strawberry.field(directives=requires(COMMISSIONS))


@strawberry.type(name="Customer", directives=requires(CUSTOMERS))
class Customer:
    number: str


@strawberry.enum
class Undeclared(Enum):
    NUMBER = sort_by(models.Order.number, "By number.")
    DEALER = sort_by(models.Order.dealer_id, "By dealer.")


@strawberry.enum
class Declared(Enum):
    NUMBER = sort_by(models.Order.number, "By number.")
    DEALER = sort_by(models.Order.dealer_id, "By dealer.", COMMISSIONS)


def asking(kind: Any, argument: Any, **default: Any) -> strawberry.Schema:
    """A schema with a list of orders that takes the argument."""

    def resolve(value: Any) -> Any:
        return value

    resolve.__annotations__ = {"value": Annotated[kind, argument], "return": Order | None}
    if default:
        resolve.__defaults__ = (default["default"],)

    @strawberry.type
    class Query:
        orders: Order | None = strawberry.field(resolver=resolve)
        customer: Customer | None = None

    return strawberry.Schema(Query)


PLAIN = strawberry.argument()
DEALER = Filter(one_of(models.Order.dealer_id))
CUSTOMER = Filter(one_of(models.Order.customer_id))
OF_A_CUSTOMER = Filter(
    either(
        exists().where(models.Customer.id == models.Order.customer_id, models.Customer.number == "")
    )
)
REFUSED = {
    "a hidden column": (str | None, filter_argument(DEALER, ""), "needs commissions:read:"),
    "a hidden object": (str | None, filter_argument(CUSTOMER, ""), "needs customers:read:"),
    "a hidden table": (str | None, filter_argument(OF_A_CUSTOMER, ""), "needs customers:read:"),
    "a look-up": (
        str | None,
        lookup_argument("", columns=[models.Customer.number]),
        "needs customers:read:",
    ),
    "a sort field": (Undeclared | None, PLAIN, r"\.DEALER compares .* needs commissions:read:"),
    "a table of no type": (
        str | None,
        filter_argument(Filter(one_of(models.Order.contract_id)), ""),
        "the table contracts, which no type shows",
    ),
    "a required input": (str, filter_argument(DEALER, "", COMMISSIONS), "able to leave it out"),
}
ALLOWED = {
    "a shown column": (str | None, filter_argument(Filter(one_of(models.Order.number)), "")),
    "a declared column": (str | None, filter_argument(DEALER, "", COMMISSIONS)),
    "a declared object": (str | None, filter_argument(CUSTOMER, "", CUSTOMERS)),
    "a declared sort field": (Declared | None, PLAIN),
}


@pytest.mark.parametrize("case", REFUSED)
def test_an_input_that_tells_what_is_hidden_is_refused(case: str) -> None:
    kind, argument, problem = REFUSED[case]
    with pytest.raises(ValueError, match=problem):
        refuse_telling_inputs(asking(kind, argument))


@pytest.mark.parametrize("case", ALLOWED)
def test_an_input_that_tells_what_is_shown_or_declared_is_allowed(case: str) -> None:
    refuse_telling_inputs(asking(*ALLOWED[case]))


def test_the_default_of_an_input_needs_no_scope() -> None:
    refuse_telling_inputs(asking(Declared, PLAIN, default=Declared.NUMBER))
    with pytest.raises(ValueError, match="has the default DEALER, which needs a scope"):
        refuse_telling_inputs(asking(Declared, PLAIN, default=Declared.DEALER))
    argument = filter_argument(DEALER, "", COMMISSIONS)
    with pytest.raises(ValueError, match="able to leave it out"):
        refuse_telling_inputs(asking(str | None, argument, default="HD-1"))


@pytest.mark.parametrize(
    ("kind", "name", "scope"),
    [
        (OrderFilter, "customer", "customers:read"),
        (OrderFilter, "tenant", "tenants:read"),
        (OrderFilter, "has_contract", "contracts:read"),
        (OfferFilter, "has_order", "orders:read"),
        (ContractFilter, "renewable_within_days", "offers:read, orders:read"),
    ],
    ids=str,
)
def test_the_schema_does_not_build_without_the_scope_of_a_filter(
    kind: type[Any], name: str, scope: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    built = schema.build_schema()
    definition = get_object_definition(kind, strict=True)
    [field] = [field for field in definition.fields if field.python_name == name]
    monkeypatch.setattr(field, "directives", [])
    with pytest.raises(ValueError, match=f"compares with data that needs {scope}:"):
        refuse_telling_inputs(built)
