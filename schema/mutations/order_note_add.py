"""`orderNoteAdd`: a partner's note to the processing of an order."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import strawberry

from auth.oauth_scopes import OAuthScope
from auth.principal import PrincipalKind
from db.enums import AuditAction
from db.models import OrderNote
from db.session import WriteSession
from execution.resolving import EVERYTHING, Rows, by_level
from ordering.order.notes import LONGEST_NOTE, Author, add_note
from ordering.problems import Problems
from resolvers import relations
from resolvers.batch_loader import resolved
from resolvers.context import Context
from resolvers.mutations import Audited, Written
from schema.fields import to_one
from schema.mutations.declaration import KEY_DESCRIPTION, REPLAYED_DESCRIPTION, mutation
from schema.note import Note


@strawberry.input(description="A note to add to an order.")
class OrderNoteAddInput:
    idempotency_key: strawberry.ID = strawberry.field(description=KEY_DESCRIPTION)
    order: str = strawberry.field(description='The number of the order: "A-10000042".')
    text: str = strawberry.field(
        description=f"The text of the note, at most {LONGEST_NOTE:,} characters. White space "
        "around it is removed. It may have line breaks and tabs, but no other control characters."
    )


async def _note(
    parents: Sequence["OrderNoteAdded"], context: Context, rows: Rows = EVERYTHING
) -> list[Any]:
    keys = [parent.order_id for parent in parents]
    notes = await resolved(context.loaders.parts(relations.NOTES_OF_ORDER, keys, rows))
    return [
        next((note for note in group if note.position == parent.position), None)
        for parent, group in zip(parents, notes, strict=True)
    ]


@strawberry.type(description="A note was added to an order.")
class OrderNoteAdded:
    order_id: strawberry.Private[UUID]
    position: strawberry.Private[int | None]
    order = to_one(relations.ORDER, "order_id", "The order, in its new version.")
    note = strawberry.field(
        resolver=by_level(_note, reads=("order_id", "position"), rows=[()]),
        graphql_type=Note,
        description="The note that was added.",
    )
    replayed: bool = strawberry.field(description=REPLAYED_DESCRIPTION)

    @classmethod
    def of(cls, written: Written) -> "OrderNoteAdded":
        return cls(order_id=written.id, position=written.position, replayed=written.replayed)


async def _add(
    session: WriteSession, problems: Problems, input: OrderNoteAddInput, context: Context
) -> tuple[Written, Audited]:
    principal = context.principal
    is_person = principal.kind is PrincipalKind.PORTAL_USER
    author = Author(principal.account, principal.client_name if is_person else None)
    order = await add_note(
        session, problems, number=input.order, text=input.text, author=author, now=context.now
    )
    row, note = order.row, order.notes[-1]
    written = Written(table=OrderNote.__tablename__, id=row.id, position=note.position)
    return written, Audited(row.tenant_id, row.root_tenant_id, subject=row.number)


order_note_add = mutation(
    input=OrderNoteAddInput,
    payload=OrderNoteAdded,
    service=_add,
    scope=OAuthScope.ORDERS_COMMENT,
    action=AuditAction.ORDER_NOTE_ADDED,
    description="Add a note to the processing of an order. It changes nothing that was stated when "
    "the order was placed. The order gets a new `version`. The carrier sees the note, and so does "
    "everybody who may read the order, such as its customer's users.",
)
