"""Documents of orders and products."""

import strawberry

from schema.enums import DocumentKind


@strawberry.type(description="A document to read or keep.")
class Document:
    kind: DocumentKind = strawberry.field(description="What the document is.")
    title: str = strawberry.field(description="Its title, in its own language.")
    content_type: str = strawberry.field(description='Its media type: "application/pdf".')
    url: str = strawberry.field(description="Where it can be fetched.")
