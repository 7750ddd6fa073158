"""What a credential may be good for: OAuth scopes, by the name that partners see."""

from collections.abc import Iterable, Mapping
from enum import StrEnum

from db.enums import ClientKind


class OAuthScope(StrEnum):
    ORDERS_READ = "orders:read"
    OFFERS_READ = "offers:read"
    """Offers, and the carts they are made of."""
    CONTRACTS_READ = "contracts:read"
    CUSTOMERS_READ = "customers:read"
    """Customers, and their sites."""
    TENANTS_READ = "tenants:read"
    COMMISSIONS_READ = "commissions:read"
    """The dealer and sub-partner ids that commissions are matched by."""
    PERSONAL_DATA_READ = "personal-data:read"
    """Names and e-mail addresses of people."""
    AUDIT_READ = "audit:read"
    """Who did what about credentials and users, and what support has read."""
    WIDGET_SESSIONS_CREATE = "widget-sessions:create"
    """Handing what the credential may read to browsers, for minutes (`server.widget_sessions`)."""
    PROGRESS_REPORT = "progress:report"
    """Reporting how orders move on: for fulfilment alone."""


READING: frozenset[OAuthScope] = frozenset(p for p in OAuthScope if p.endswith(":read"))
"""All that there is to read."""
DEFAULT: frozenset[OAuthScope] = READING - {OAuthScope.PERSONAL_DATA_READ, OAuthScope.AUDIT_READ}
"""What a partner's system gets unless more, or less, is asked for."""
WIDGET_SCOPES: frozenset[OAuthScope] = READING - {OAuthScope.AUDIT_READ}
"""What a page in a browser may read at most; how a partner is administered is for its systems."""
CUSTOMER_USER_SCOPES: frozenset[OAuthScope] = frozenset(
    {
        OAuthScope.ORDERS_READ,
        OAuthScope.OFFERS_READ,
        OAuthScope.CONTRACTS_READ,
        OAuthScope.CUSTOMERS_READ,
    }
)
"""A customer's own documents, and nothing of the partner's. Named one by one, as the next are, so
that nobody gets a permission because it is new."""
TENANT_USER_SCOPES: frozenset[OAuthScope] = CUSTOMER_USER_SCOPES | {
    OAuthScope.TENANTS_READ,
    OAuthScope.COMMISSIONS_READ,
    OAuthScope.PERSONAL_DATA_READ,
}

POSSIBLE: Mapping[ClientKind, frozenset[OAuthScope]] = {
    ClientKind.PARTNER: READING | {OAuthScope.WIDGET_SESSIONS_CREATE},
    ClientKind.FULFILMENT: (READING - {OAuthScope.AUDIT_READ}) | {OAuthScope.PROGRESS_REPORT},
    ClientKind.SUPPORT: READING,
}
"""All that clients of a kind may have."""
ALL_OF_KIND: Mapping[ClientKind, frozenset[OAuthScope]] = {
    **POSSIBLE,
    ClientKind.PARTNER: READING,
}
"""What `all` stands for. What lets others ask is granted by its name alone."""
BY_DEFAULT: Mapping[ClientKind, frozenset[OAuthScope]] = {
    ClientKind.PARTNER: DEFAULT,
    ClientKind.FULFILMENT: (DEFAULT - {OAuthScope.COMMISSIONS_READ}) | {OAuthScope.PROGRESS_REPORT},
    ClientKind.SUPPORT: DEFAULT,
}
"""What they get unless more, or less, is asked for."""


class UnknownScopeError(Exception):
    """There is no permission of that name."""


class ImpossibleScopeError(Exception):
    """A client of that kind may not have the permission."""


def parse(names: Iterable[str]) -> frozenset[OAuthScope]:
    """The scopes of those names; raises UnknownPermissionError with the first unknown one."""
    found = set()
    for name in names:
        try:
            found.add(OAuthScope(name))
        except ValueError:
            raise UnknownScopeError(name) from None
    return frozenset(found)


def known(stored: Iterable[str]) -> frozenset[OAuthScope]:
    """The scopes of stored names; one that this version does not know yet is none."""
    names = {permission.value for permission in OAuthScope}
    return frozenset(OAuthScope(name) for name in stored if name in names)


def granted_to(kind: ClientKind, scopes: frozenset[OAuthScope] | None) -> frozenset[OAuthScope]:
    """What a client of the kind gets where that is asked for, or nothing in particular.

    Raises ImpossiblePermissionError for the first that it may not have.
    """
    if scopes is None:
        return BY_DEFAULT[kind]
    for permission in sorted(scopes - POSSIBLE[kind]):
        raise ImpossibleScopeError(permission)
    return scopes
