"""The one type that says who is asking, whatever credential they brought."""

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
    """Somebody whose credential was accepted, the part of the data that they see, and what of it.

    There is none without a credential, and a credential without permissions gives none.
    """

    kind: PrincipalKind
    client_id: UUID
    """The client, or the user, by the id of its row."""
    client_name: str
    account: str
    """What logs call it, and what limits count as one. It names no person."""
    token_id: str
    """The public part of the credential: it names it in lists and logs."""
    credential: str | None = None
    """The registered credential that all rests on, by its public part: of a key its prefix, of an
    access token its OAuth client. None where none is registered here."""
    tenant_id: int | None = None
    """The tenant at the top of what is seen; None for the carrier's own, who see them all."""
    tenant_number: str | None = None
    scope: TenantScope
    permissions: frozenset[OAuthScope]
    expires_at: datetime | None
    """When the credential ends; None if it does not by itself."""
    origin: str | None = None
    """The origin of the only browser page that may ask so; None where any may."""

    @property
    def customer_id(self) -> UUID | None:
        """The one customer whose documents are seen; None where more than one's are."""
        return self.scope.customer_id

    @property
    def reads_only(self) -> bool:
        """True if it may not run mutations, whatever its permissions are."""
        return self.kind is PrincipalKind.WIDGET_SESSION
