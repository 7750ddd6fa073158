"""Finds the portal's users. A user works for a tenant, or belongs to one of its customers.

The identity provider signs people in; the table of users alone decides who may ask, and what they
see.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Literal
from uuid import UUID

from sqlalchemy import select, true

from auth import log_names, tenant_scope
from auth.clock import Clock
from auth.oauth_scopes import CUSTOMER_USER_SCOPES, TENANT_USER_SCOPES, OAuthScope
from auth.principal import Principal, PrincipalKind
from auth.tenant_scope import SYSTEM_SCOPE
from auth.ttl_cache import Lookup
from db.models import PortalSubject, PortalUser, Tenant
from db.scope.tenant_scope import TenantScope
from db.session import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A user of the portal; they may be disabled."""

    id: UUID
    name: str
    tenant_id: int
    tenant_number: str
    tenant_scope: TenantScope
    disabled_at: datetime | None

    def principal(
        self, *, token_id: str, token_scopes: frozenset[OAuthScope] | None, expires_at: datetime
    ) -> Principal:
        """The principal of a token. `token_scopes` restricts what the user may read, unless it is
        None."""
        is_customer = self.tenant_scope.customer_id is not None
        scopes = CUSTOMER_USER_SCOPES if is_customer else TENANT_USER_SCOPES
        return Principal(
            kind=PrincipalKind.PORTAL_USER,
            client_id=self.id,
            client_name=self.name,
            account=log_names.of_user(self.tenant_number, self.id),
            token_id=token_id,
            tenant_id=self.tenant_id,
            tenant_number=self.tenant_number,
            tenant_scope=self.tenant_scope,
            scopes=scopes if token_scopes is None else scopes & token_scopes,
            expires_at=expires_at,
        )


class PortalUsers:
    """Finds users by a claim of their tokens, reading each at most once a second."""

    def __init__(self, database: Database, clock: Clock, claim: Literal["sub", "email"]) -> None:
        self._database = database
        self._by_subject = claim == "sub"
        self._by_claim = Lookup(clock.monotonic, self._read)

    async def find(self, value: str) -> Sequence[User]:
        """The users with that subject or address: several if several partners use an address."""
        return await self._by_claim.find(value) or ()

    async def _read(self, value: str) -> Sequence[User] | None:
        """Read the users and what they see, in one statement."""
        if self._by_subject:
            subject = select(PortalSubject.user_id).where(PortalSubject.subject == value)
            condition = PortalUser.id == subject.scalar_subquery()
        else:
            condition = PortalUser.email == value
        subtree = tenant_scope.below(
            select(Tenant.id)
            .join(PortalUser, PortalUser.tenant_id == Tenant.id)
            .where(condition, PortalUser.customer_id.is_(None))
        )
        # One row per user and tenant at or below the user's.
        statement = (
            select(
                PortalUser,
                Tenant.id.label("tenant_id"),
                Tenant.root_tenant_id,
                Tenant.number.label("tenant_number"),
                subtree.c.id.label("seen_id"),
            )
            .join(Tenant, Tenant.id == PortalUser.tenant_id)
            .outerjoin(subtree, true())
            .where(condition)
            .order_by(PortalUser.id, subtree.c.id)
        )
        async with self._database.read(SYSTEM_SCOPE) as session:
            rows = await session.rows(statement)
        users = []
        for user, group in groupby(rows, key=lambda row: row.PortalUser):
            user_rows = list(group)
            first = user_rows[0]
            users.append(
                User(
                    id=user.id,
                    name=user.name,
                    tenant_id=first.tenant_id,
                    tenant_number=first.tenant_number,
                    tenant_scope=tenant_scope.scope(user_rows)
                    if user.customer_id is None
                    else TenantScope.customer(
                        first.root_tenant_id, first.tenant_id, user.customer_id
                    ),
                    disabled_at=user.disabled_at,
                )
            )
        return users or None
