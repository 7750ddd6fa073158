"""Reads the change token of a scope by one statement."""

from sqlalchemy import ColumnElement, and_, select

from db.models import CatalogueToken, ChangeToken
from db.models.changes import EVERY_CUSTOMER, WHOLE_TREE
from db.scope.tenant_scope import TenantScope
from db.session import ReadSession


async def current_token(session: ReadSession) -> str | None:
    """The change token of the session's scope and of the catalogue, as of its snapshot.

    Equal tokens mean that nothing in scope changed. A token is never reused. Changes outside of
    the scope do not affect it. None for the carrier's scope, which has no token.
    """
    if session.scope.root_tenant_id is None:
        return None
    rows = await session.tuples(
        select(CatalogueToken.token, ChangeToken.token)
        .select_from(CatalogueToken)
        .outerjoin(ChangeToken, _of_whole_scope(session.scope))
    )
    if not rows:
        # The triggers were never created, so changes leave no trace.
        return None
    # The second is None before the first change in the scope.
    tokens = {token for row in rows for token in row} - {None}
    return ".".join(sorted(token.hex for token in tokens))


def _of_whole_scope(scope: TenantScope) -> ColumnElement[bool]:
    """Selects the tokens of the scope as a whole, among all that the session sees."""
    if scope.tenant_ids is None:
        return ChangeToken.tenant_id == WHOLE_TREE
    if scope.customer_id is None:
        return ChangeToken.customer_id == EVERY_CUSTOMER
    # The session adds the customer; the tenant is named for the index.
    return and_(
        ChangeToken.tenant_id == scope.tenant_ids[0], ChangeToken.customer_id == scope.customer_id
    )
