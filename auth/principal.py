"""The one type that says who is asking, whatever credential they brought."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from auth.permissions import Permission
from db.scope import Scope


class PrincipalKind(StrEnum):
    API_CLIENT = "API_CLIENT"


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """Somebody whose credential was accepted, the part of the data that they see, and what of it.

    There is none without a credential, and a credential without permissions gives none.
    """

    kind: PrincipalKind
    client_id: UUID
    client_name: str
    token_id: str
    """The public part of the credential: it names it in lists and logs."""
    tenant_id: int
    """The tenant at the top of what is seen."""
    tenant_number: str
    scope: Scope
    permissions: frozenset[Permission]
    expires_at: datetime | None
    """When the credential ends; None if it does not by itself."""
