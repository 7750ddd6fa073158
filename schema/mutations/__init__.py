"""The root type `Mutation`, and one module for each mutation."""

import strawberry

from schema.mutations.order_note_add import order_note_add as _order_note_add

__all__ = ["Mutation"]


@strawberry.type(
    description="The entry points for writing. Each field is a transaction of its own: the fields "
    "of a document are carried out one after the other, and one that fails does not undo those "
    "before it. A document may have at most 5 of them."
)
class Mutation:
    order_note_add = _order_note_add
