"""Products."""

from collections.abc import Sequence

import strawberry

from db.models import Product as ProductRow
from db.models import ProductDocument as ProductDocumentRow
from execution.resolving import by_level, reads
from resolvers import relations
from resolvers.context import Context
from schema.document import Document
from schema.enums import Locale, ProductFamily
from schema.fields import LocaleArgument, label_of, locale_of, to_parts
from schema.filters.contract import CONTRACTS, ContractConnection
from schema.filters.order import ORDERS, OrderConnection
from schema.node import Node, rows_of


def _descriptions(
    parents: Sequence[ProductRow], context: Context, locale: LocaleArgument = None
) -> list[str | None]:
    if locale_of(context, locale) is Locale.DE:
        return [each.description_de or each.description_en for each in parents]
    return [each.description_en or each.description_de for each in parents]


@reads("language")
def _language(root: strawberry.Parent[ProductDocumentRow]) -> Locale:
    return Locale(root.language.upper())


@strawberry.type(description="A document about a product, in one language.")
class ProductDocument(Document):
    language: Locale = strawberry.field(resolver=_language, description="Its language.")


@strawberry.type(description="A product of the carrier's catalogue, which all tenants share.")
class Product(Node):
    number: str = strawberry.field(description="The product number.")
    name: str = strawberry.field(description="The name.")
    family: ProductFamily = strawberry.field(description="The kind of product.")
    family_label = strawberry.field(
        resolver=label_of("family"),
        graphql_type=str,
        description="The kind as people call it.",
    )
    description = strawberry.field(
        resolver=by_level(_descriptions, reads=("description_de", "description_en")),
        graphql_type=str | None,
        description="What the product is.",
    )
    documents = strawberry.field(
        resolver=to_parts(relations.DOCUMENTS_OF_PRODUCT),
        graphql_type=list[ProductDocument],
        description="Documents about the product.",
    )
    orders = strawberry.field(
        resolver=ORDERS.below(relations.ORDERS_OF_PRODUCT),
        graphql_type=OrderConnection | None,
        description="Orders whose main product it is.",
    )
    contracts = strawberry.field(
        resolver=CONTRACTS.below(relations.CONTRACTS_OF_PRODUCT),
        graphql_type=ContractConnection | None,
        description="Contracts whose main product it is.",
    )

    is_type_of = rows_of(ProductRow)
