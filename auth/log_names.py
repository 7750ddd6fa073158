"""Names of principals in logs, limits and the audit log.

Names are unique, whatever tenants and clients are called: the part before the first `/` or `:`
contains neither, and the first of these characters tells a partner's systems from all others.
"""

from uuid import UUID

from db.enums import ClientKind


def of_client(kind: ClientKind, tenant_number: str | None, name: str) -> str:
    """`M-10001/CRM` for a partner's client, `support:Desk` for one of the carrier's."""
    return f"{kind.lower()}:{name}" if tenant_number is None else f"{_plain(tenant_number)}/{name}"


def of_user(tenant_number: str, user_id: UUID) -> str:
    """`user:M-10001/0f3a5c7e9b1d`: the random end of the id instead of a person's name."""
    return f"user:{_plain(tenant_number)}/{user_id.hex[-12:]}"


def of_widget(client: str, number: str) -> str:
    """`widget:K-10001/M-10001/Portal` for the sessions that a client creates for a number."""
    return f"widget:{_plain(number)}/{client}"


def _plain(number: str) -> str:
    return number.replace("%", "%25").replace("/", "%2F").replace(":", "%3A")
