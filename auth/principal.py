"""The principal of a request, the same type for every kind of credential."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from auth.oauth_scopes import OAuthScope
from db.scope.tenant_scope import TenantScope


class PrincipalKind(StrEnum):
    API_CLIENT = "API_CLIENT"
    PORTAL_USER = "PORTAL_USER"
    WIDGET_SESSION = "WIDGET_SESSION"
    FULFILMENT = "FULFILMENT"
    SUPPORT = "SUPPORT"


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """Who makes a request: which tenants' rows they see, and which fields by their scopes."""

    kind: PrincipalKind
    client_id: UUID
    """The id of the API client or portal user."""
    client_name: str
    account: str
    """Its name in logs, and the account that limits count. It names no person."""
    token_id: str
    """The public part of the credential or token, for lists and logs."""
    credential: str | None = None
    """The identifier of the registered credential: an API key's prefix or the OAuth client of an
    access token. None for portal users, who have none here."""
    tenant_id: int | None = None
    """The topmost tenant that is seen; None for the carrier's own clients, which see all."""
    tenant_number: str | None = None
    tenant_scope: TenantScope
    scopes: frozenset[OAuthScope]
    expires_at: datetime | None
    """When the credential or token expires; None if it does not."""
    origin: str | None = None
    """The only origin whose pages may use the token; None if it is not restricted to pages."""

    @property
    def customer_id(self) -> UUID | None:
        """The id of the customer that the principal is restricted to, or None."""
        return self.tenant_scope.customer_id

    @property
    def reads_only(self) -> bool:
        """True if mutations are refused, whatever the scopes are."""
        return self.kind is PrincipalKind.WIDGET_SESSION
