"""What a credential may be good for: OAuth scopes, by the name that partners see.

Code calls them permissions, since a `Scope` here is the part of the data that a session sees.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum

from db.enums import ClientKind


class Permission(StrEnum):
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
    """Handing what the credential may read to browsers, for minutes (`auth.widget_endpoint`)."""
    PROGRESS_REPORT = "progress:report"
    """Reporting how orders move on: for fulfilment alone."""


READING: frozenset[Permission] = frozenset(p for p in Permission if p.endswith(":read"))
"""All that there is to read."""
USUAL: frozenset[Permission] = READING - {Permission.PERSONAL_DATA_READ, Permission.AUDIT_READ}
"""What a partner's system gets unless more, or less, is asked for."""
OF_A_PAGE: frozenset[Permission] = READING - {Permission.AUDIT_READ}
"""What a page in a browser may read at most; how a partner is administered is for its systems."""
OF_A_CUSTOMERS_USER: frozenset[Permission] = frozenset(
    {
        Permission.ORDERS_READ,
        Permission.OFFERS_READ,
        Permission.CONTRACTS_READ,
        Permission.CUSTOMERS_READ,
    }
)
"""A customer's own documents, and nothing of the partner's. Named one by one, as the next are, so
that nobody gets a permission because it is new."""
OF_A_TENANTS_USER: frozenset[Permission] = OF_A_CUSTOMERS_USER | {
    Permission.TENANTS_READ,
    Permission.COMMISSIONS_READ,
    Permission.PERSONAL_DATA_READ,
}

POSSIBLE: Mapping[ClientKind, frozenset[Permission]] = {
    ClientKind.PARTNER: READING | {Permission.WIDGET_SESSIONS_CREATE},
    ClientKind.FULFILMENT: (READING - {Permission.AUDIT_READ}) | {Permission.PROGRESS_REPORT},
    ClientKind.SUPPORT: READING,
}
"""All that clients of a kind may have."""
WHOLE: Mapping[ClientKind, frozenset[Permission]] = {
    **POSSIBLE,
    ClientKind.PARTNER: READING,
}
"""What `all` stands for. What lets others ask is granted by its name alone."""
BY_DEFAULT: Mapping[ClientKind, frozenset[Permission]] = {
    ClientKind.PARTNER: USUAL,
    ClientKind.FULFILMENT: (USUAL - {Permission.COMMISSIONS_READ}) | {Permission.PROGRESS_REPORT},
    ClientKind.SUPPORT: USUAL,
}
"""What they get unless more, or less, is asked for."""


class UnknownPermissionError(Exception):
    """There is no permission of that name."""


class ImpossiblePermissionError(Exception):
    """A client of that kind may not have the permission."""


def parse(names: Iterable[str]) -> frozenset[Permission]:
    """The permissions of those names; raises UnknownPermissionError with the first unknown one."""
    found = set()
    for name in names:
        try:
            found.add(Permission(name))
        except ValueError:
            raise UnknownPermissionError(name) from None
    return frozenset(found)


def known(stored: Iterable[str]) -> frozenset[Permission]:
    """The permissions of stored names; one that this version does not know yet is none."""
    names = {permission.value for permission in Permission}
    return frozenset(Permission(name) for name in stored if name in names)


def granted_to(
    kind: ClientKind, permissions: frozenset[Permission] | None
) -> frozenset[Permission]:
    """What a client of the kind gets where that is asked for, or nothing in particular.

    Raises ImpossiblePermissionError for the first that it may not have.
    """
    if permissions is None:
        return BY_DEFAULT[kind]
    for permission in sorted(permissions - POSSIBLE[kind]):
        raise ImpossiblePermissionError(permission)
    return permissions
