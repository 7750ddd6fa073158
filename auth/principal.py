"""The one type that says who is asking, whatever credential they brought."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from db.scope import Scope


class PrincipalKind(StrEnum):
    API_CLIENT = "API_CLIENT"


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """Somebody whose credential was accepted, and the part of the data that they see."""

    kind: PrincipalKind
    client_id: UUID
    client_name: str
    tenant_id: int
    tenant_number: str
    scope: Scope
