"""OAuth scopes: what a credential may read or do, by the names that partners see."""

from collections.abc import Iterable, Mapping
from enum import StrEnum

from db.enums import ClientKind


class OAuthScope(StrEnum):
    ORDERS_READ = "orders:read"
    OFFERS_READ = "offers:read"
    """Offers, and the carts they are made from."""
    CONTRACTS_READ = "contracts:read"
    CUSTOMERS_READ = "customers:read"
    """Customers and their sites."""
    TENANTS_READ = "tenants:read"
    COMMISSIONS_READ = "commissions:read"
    """The dealer and sub-partner ids that commissions are assigned by."""
    PERSONAL_DATA_READ = "personal-data:read"
    """Names and e-mail addresses of people."""
    AUDIT_READ = "audit:read"
    """Changes to credentials and users, and what support has read."""
    WIDGET_SESSIONS_CREATE = "widget-sessions:create"
    """Creating widget sessions (`auth.widget_sessions`) that read what the credential reads."""
    ORDERS_COMMENT = "orders:comment"
    """Adding notes to orders; for partners' systems and the users of tenants."""
    PROGRESS_REPORT = "progress:report"
    """Reporting the progress of orders; for fulfilment only."""


READ_SCOPES: frozenset[OAuthScope] = frozenset(s for s in OAuthScope if s.endswith(":read"))
DEFAULT: frozenset[OAuthScope] = READ_SCOPES - {
    OAuthScope.PERSONAL_DATA_READ,
    OAuthScope.AUDIT_READ,
}
"""What a partner's credential gets by default."""
WIDGET_SCOPES: frozenset[OAuthScope] = READ_SCOPES - {OAuthScope.AUDIT_READ}
"""The most that a widget session may read: no page shows a partner's administration."""
CUSTOMER_USER_SCOPES: frozenset[OAuthScope] = frozenset(
    {
        OAuthScope.ORDERS_READ,
        OAuthScope.OFFERS_READ,
        OAuthScope.CONTRACTS_READ,
        OAuthScope.CUSTOMERS_READ,
    }
)
"""What a customer's user reads: the customer's documents. Like the next set it is listed by name,
so that nobody gets a scope because it is new."""
TENANT_USER_SCOPES: frozenset[OAuthScope] = CUSTOMER_USER_SCOPES | {
    OAuthScope.TENANTS_READ,
    OAuthScope.COMMISSIONS_READ,
    OAuthScope.PERSONAL_DATA_READ,
    OAuthScope.ORDERS_COMMENT,
}

ALLOWED_BY_KIND: Mapping[ClientKind, frozenset[OAuthScope]] = {
    ClientKind.PARTNER: READ_SCOPES
    | {OAuthScope.WIDGET_SESSIONS_CREATE, OAuthScope.ORDERS_COMMENT},
    ClientKind.FULFILMENT: (READ_SCOPES - {OAuthScope.AUDIT_READ}) | {OAuthScope.PROGRESS_REPORT},
    ClientKind.SUPPORT: READ_SCOPES,
}
"""The scopes that clients of a kind may have."""
ALL_OF_KIND: Mapping[ClientKind, frozenset[OAuthScope]] = {
    **ALLOWED_BY_KIND,
    ClientKind.PARTNER: READ_SCOPES,
}
"""What `all` stands for. A scope that passes access on to others, or that writes, is granted
only by its name."""
DEFAULT_BY_KIND: Mapping[ClientKind, frozenset[OAuthScope]] = {
    ClientKind.PARTNER: DEFAULT,
    ClientKind.FULFILMENT: (DEFAULT - {OAuthScope.COMMISSIONS_READ}) | {OAuthScope.PROGRESS_REPORT},
    ClientKind.SUPPORT: DEFAULT,
}


class UnknownScopeError(Exception):
    """There is no scope of that name."""


class ImpossibleScopeError(Exception):
    """A client of that kind may not have the scope."""


def parse(names: Iterable[str]) -> frozenset[OAuthScope]:
    """The scopes of those names. Raises UnknownScopeError with the first unknown name."""
    scopes = set()
    for name in names:
        try:
            scopes.add(OAuthScope(name))
        except ValueError:
            raise UnknownScopeError(name) from None
    return frozenset(scopes)


def known(names: Iterable[str]) -> frozenset[OAuthScope]:
    """The scopes of stored or received names; names that this version does not know are ignored."""
    values = {scope.value for scope in OAuthScope}
    return frozenset(OAuthScope(name) for name in names if name in values)


def grant(kind: ClientKind, scopes: frozenset[OAuthScope] | None) -> frozenset[OAuthScope]:
    """The scopes of a new credential: those requested, or the default ones if None.

    Raises ImpossibleScopeError with the first scope that the kind may not have.
    """
    if scopes is None:
        return DEFAULT_BY_KIND[kind]
    for scope in sorted(scopes - ALLOWED_BY_KIND[kind]):
        raise ImpossibleScopeError(scope)
    return scopes
