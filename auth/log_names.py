"""What logs, limits and the audit log call whoever asks.

No two are called alike, whatever tenants and clients are named: what comes before the first `/` or
`:` holds neither, and it is that sign which tells a partner's systems from all others.
"""

from uuid import UUID

from db.enums import ClientKind


def of_client(kind: ClientKind, tenant_number: str | None, name: str) -> str:
    """`M-10001/CRM` of a partner's client, `support:Desk` of the carrier's own."""
    return f"{kind.lower()}:{name}" if tenant_number is None else f"{_plain(tenant_number)}/{name}"


def of_user(tenant_number: str, user_id: UUID) -> str:
    """`user:M-10001/0f3a5c7e9b1d`: no name, but the end of the id, which is random."""
    return f"user:{_plain(tenant_number)}/{user_id.hex[-12:]}"


def of_widget(client: str, number: str) -> str:
    """`widget:K-10001/M-10001/Portal`, of the sessions that a client makes for that number."""
    return f"widget:{_plain(number)}/{client}"


def _plain(number: str) -> str:
    return number.replace("%", "%25").replace("/", "%2F").replace(":", "%3A")
