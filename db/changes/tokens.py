"""Reads the newest change in a scope: one statement, whatever the scope holds."""

from sqlalchemy import ColumnElement, and_, select

from db.models import CatalogueToken, ChangeToken
from db.models.changes import EVERY_CUSTOMER, WHOLE_TREE
from db.scope.tenant_scope import TenantScope
from db.session import ReadSession


async def newest(session: ReadSession) -> str | None:
    """Names the state of all that the session's snapshot shows: as long as nothing in its scope
    and nothing in the catalogue changes it is the same, and afterwards it is another, for ever.
    What changes outside of the scope does not change it.

    None for the carrier's scope, which has no marks of its own.
    """
    if session.scope.root_tenant_id is None:
        return None
    rows = await session.tuples(
        select(CatalogueToken.change, ChangeToken.change)
        .select_from(CatalogueToken)
        .outerjoin(ChangeToken, _about_all(session.scope))
    )
    if not rows:
        # A database whose triggers have never been made: nothing says what has changed.
        return None
    # The second is None where nothing of the scope has been marked yet.
    changes = {change for row in rows for change in row} - {None}
    return ".".join(sorted(change.hex for change in changes))


def _about_all(scope: TenantScope) -> ColumnElement[bool]:
    """Which of the marks that the scope sees are about all of it."""
    if scope.tenant_ids is None:
        return ChangeToken.tenant_id == WHOLE_TREE
    if scope.customer_id is None:
        return ChangeToken.customer_id == EVERY_CUSTOMER
    # The session says whose; the tenant is named for the index.
    return and_(
        ChangeToken.tenant_id == scope.tenant_ids[0], ChangeToken.customer_id == scope.customer_id
    )
