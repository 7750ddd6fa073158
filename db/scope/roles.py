"""Second layer: the PostgreSQL roles that the policies apply to.

For each kind of scope there is one that reads, and one for each purpose that is written for.

A session takes on its role for one transaction (`db.scope.transactions`). Users that connect are
members of the `app` role alone, which inherits no rights: without taking on a role they see no
table. Roles belong to the whole server, so their names begin with the owner of the tables.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Connection, text

from db.scope.tenant_scope import TenantScope


class Kind(StrEnum):
    """The kinds of scopes that have roles of their own."""

    TREE = "tree"
    PART = "part"
    CUSTOMER = "customer"

    @classmethod
    def of(cls, scope: TenantScope) -> "Kind":
        if scope.customer_id is not None:
            return cls.CUSTOMER
        return cls.TREE if scope.tenant_ids is None else cls.PART


class Purpose(StrEnum):
    """What a session writes for. It decides what may be changed (`db.scope.privileges`)."""

    MUTATION = "mutation"
    """A mutation of the graph, by a partner."""
    REPORT = "report"
    """Reports of the carrier's systems about a partner's orders."""


WRITERS = (
    (Purpose.MUTATION, Kind.TREE),
    (Purpose.MUTATION, Kind.PART),
    (Purpose.MUTATION, Kind.CUSTOMER),
    (Purpose.REPORT, Kind.TREE),
    (Purpose.REPORT, Kind.PART),
)
"""The purposes, each with the kinds of scopes that have a role for it."""


class RolesMissingError(Exception):
    """Roles are missing, and the user may not create them. The message says what to run."""


@dataclass(frozen=True, slots=True)
class Roles:
    """The names of the roles for the tables of `owner`."""

    owner: str

    @property
    def app(self) -> str:
        """Every user that connects is a member."""
        return f"{self.owner}_app"

    @property
    def carrier(self) -> str:
        """Sees every row: `TenantScope.carrier()`."""
        return f"{self.owner}_carrier"

    def reader(self, kind: Kind) -> str:
        return f"{self.owner}_{kind}_read"

    def writer(self, purpose: Purpose, kind: Kind) -> str:
        return f"{self.owner}_{kind}_{purpose}"

    @property
    def readers(self) -> list[str]:
        return [self.reader(kind) for kind in Kind]

    @property
    def writers(self) -> list[str]:
        return [self.writer(*each) for each in WRITERS]

    def of_kind(self, kind: Kind) -> list[str]:
        """The roles of sessions with a kind of scope."""
        writers = [self.writer(purpose, each) for purpose, each in WRITERS if each is kind]
        return [self.reader(kind), *writers]

    @property
    def assumed(self) -> list[str]:
        """The roles that sessions take on."""
        return [*self.readers, *self.writers, self.carrier]

    def of(self, scope: TenantScope, purpose: Purpose | None) -> str:
        """The role of a session that writes for a purpose, or reads if it is None."""
        if scope.root_tenant_id is None:
            return self.carrier
        kind = Kind.of(scope)
        return self.reader(kind) if purpose is None else self.writer(purpose, kind)

    def preparation(self) -> list[str]:
        """The statements that create the roles."""
        # NOINHERIT, for all roles: a member has the rights of a role only while it has set it.
        return [
            f"CREATE ROLE {quoted(self.app)} NOLOGIN NOINHERIT;",
            *(f"CREATE ROLE {quoted(role)} NOLOGIN;" for role in self.assumed),
            f"GRANT {listed(self.assumed)} TO {quoted(self.app)};",
            f"GRANT {quoted(self.app)} TO {quoted(self.owner)};",
        ]

    def removal(self) -> list[str]:
        """The statements that drop the roles, after the last database of the owner."""
        return [f"DROP ROLE IF EXISTS {quoted(role)};" for role in (*self.assumed, self.app)]


def ensure(connection: Connection) -> Roles:
    """The roles of the owner of the tables, or of their future owner. Creates missing ones.

    Raises RolesMissingError if that takes an administrator.
    """
    [(user, owner, may_create_roles)] = connection.exec_driver_sql(
        "SELECT rolname, (SELECT pg_get_userbyid(relowner) FROM pg_class "
        "WHERE oid = to_regclass('tenants')), rolcreaterole OR rolsuper "
        "FROM pg_roles WHERE rolname = current_user"
    )
    roles = Roles(owner or user)
    if _usable(connection, roles):
        return roles
    if not may_create_roles:
        statements = "\n".join(roles.preparation())
        raise RolesMissingError(
            f'The user "{user}" may not create the roles that keep partners apart. As an '
            f"administrator of the server, run this once:\n{statements}"
        )
    for statement in roles.preparation():
        # Another database of the same owner may be migrated at the same time.
        connection.exec_driver_sql(
            f"DO $do$ BEGIN {statement} "
            "EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $do$"
        )
    return roles


def _usable(connection: Connection, roles: Roles) -> bool:
    """Whether all roles exist and the owner may take them on."""
    names = [roles.app, *roles.assumed]
    count: int | None = connection.scalar(
        text(
            "SELECT count(*) FROM pg_roles WHERE rolname = ANY (:names) "
            "AND pg_has_role(:owner, oid, 'MEMBER')"
        ),
        {"names": names, "owner": roles.owner},
    )
    return count == len(names)


def quoted(name: str) -> str:
    """A quoted SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def listed(names: Iterable[str]) -> str:
    """Quoted SQL identifiers, separated by commas."""
    return ", ".join(quoted(name) for name in names)
