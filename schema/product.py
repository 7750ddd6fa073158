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
from schema.filters.contract import CONTRACTS
from schema.filters.order import ORDERS
from schema.node import Node, rows_of


def _descriptions(
    parents: Sequence[ProductRow], context: Context, locale: LocaleArgument = None
) -> list[str | None]:
    if locale_of(context, locale) is Locale.DE:
        return [product.description_de or product.description_en for product in parents]
    return [product.description_en or product.description_de for product in parents]


@reads("language")
def _language(root: strawberry.Parent[ProductDocumentRow]) -> Locale:
    return Locale(root.language.upper())


@strawberry.type(description="A document about a product, in one language.")
class ProductDocument(Document):
    language: Locale = strawberry.field(
        resolver=_language, description="The language of the document."
    )


@strawberry.type(
    description="A product in the carrier's catalogue, which is the same for all tenants."
)
class Product(Node):
    number: str = strawberry.field(description='The product number: "CF-KOMFORT".')
    name: str = strawberry.field(description="The name of the product.")
    family: ProductFamily = strawberry.field(description="The family that the product belongs to.")
    family_label = label_of("family")
    description = strawberry.field(
        resolver=by_level(_descriptions, reads=("description_de", "description_en")),
        graphql_type=str | None,
        description="A description of the product, in the other language if there is none in the "
        "requested one. Null if there is none.",
    )
    documents = to_parts(
        relations.DOCUMENTS_OF_PRODUCT, ProductDocument, "The documents about the product."
    )
    orders = ORDERS.below(relations.ORDERS_OF_PRODUCT, "The orders whose main product this is.")
    contracts = CONTRACTS.below(
        relations.CONTRACTS_OF_PRODUCT, "The contracts whose main product this is."
    )

    is_type_of = rows_of(ProductRow)
