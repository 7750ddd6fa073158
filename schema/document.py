"""Documents of orders and products."""

import strawberry

from schema.enums import DocumentKind


@strawberry.type(description="A document that can be downloaded.")
class Document:
    kind: DocumentKind = strawberry.field(description="The kind of document.")
    title: str = strawberry.field(description="The title, in the language of the document.")
    content_type: str = strawberry.field(description='The media type: "application/pdf".')
    url: str = strawberry.field(
        description="The address from which the document can be downloaded."
    )
