"""What partners see. `build_schema()` makes it; `schema.graphql` is its printed form."""

from functools import cache
from pathlib import Path

import strawberry
from graphql import Undefined
from strawberry.printer import print_schema
from strawberry.schema.config import StrawberryConfig

from schema.cart import Cart
from schema.costs import state_costs
from schema.permissions import needs
from schema.query import Query
from schema.scalars import SCALARS
from schema.site import Site

__all__ = ["build_schema", "needs", "printed"]

PRINTED = Path(__file__).parent / "schema.graphql"
"""The committed print of the schema, which clients may read as a file."""

DESCRIPTION = (
    "A carrier's orders as its partners see them: from cart and offer to the order and the "
    "contract that came of it, with the state of processing, in a single request. Begin at "
    "`order`, `orders` or `ordersByReference`; `statusGuide` explains every state."
)


@cache
def build_schema() -> strawberry.Schema:
    """The schema, made once: it holds no state, so that one serves every application."""
    schema = strawberry.Schema(
        query=Query,
        types=[Cart, Site],
        config=StrawberryConfig(scalar_map=SCALARS, disable_field_suggestions=True),
    )
    schema._schema.description = DESCRIPTION
    _drop_null_defaults(schema)
    state_costs(schema)
    return schema


def _drop_null_defaults(schema: strawberry.Schema) -> None:
    """Leaving an optional argument out is the same as null here; the schema need not repeat it."""
    for kind in schema._schema.type_map.values():
        for field in getattr(kind, "fields", {}).values():
            for argument in (field, *getattr(field, "args", {}).values()):
                if getattr(argument, "default_value", Undefined) is None:
                    argument.default_value = Undefined


@cache
def printed() -> str:
    """The schema in the schema definition language."""
    # Of a schema of its own: one that was used prints its directives in another order.
    return print_schema(build_schema.__wrapped__()) + "\n"
