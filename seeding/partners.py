"""The partners: trees of tenants, their people, and their shares of the orders."""

from dataclasses import dataclass, field
from uuid import UUID

from seeding.book import Book
from seeding.clock import DAY, instant
from seeding.names import slug

WIDE = 500
"""Sub-tenants of the largest partner in a large order book."""
_LARGE = 100_000
_SYSTEMS = ("crmOrderId", "crmOrderId", "crmOrderId", "ticketId", "purchaseOrderNumber")


@dataclass(frozen=True, slots=True)
class User:
    id: UUID
    name: str
    email: str


@dataclass(slots=True)
class Tenant:
    id: int
    parent: "Tenant | None"
    level: int
    number: str
    name: str
    dealer_id: str
    sub_partner_id: str | None
    system: str
    """Kind of the numbers of the partner's own system."""
    orders: int = 0
    """Number of orders of this tenant itself."""
    users: list[User] = field(default_factory=list)
    domains: set[str] = field(default_factory=set)
    """At the root: mail domains used in the tree, in which addresses are unique."""

    @property
    def root(self) -> "Tenant":
        return self.parent.root if self.parent else self

    def domain(self, company: str) -> str:
        """Return a reserved mail domain that no other company of the tree has."""
        base = domain = slug(company)
        count = 1
        while domain in self.root.domains:
            count += 1
            domain = f"{base}-{count}"
        self.root.domains.add(domain)
        return f"{domain}.example"


def add_partners(book: Book, orders: int) -> list[list[Tenant]]:
    """Add trees of tenants that share the orders; return them largest first, root first in each."""
    count = min(40, max(3, round(40 * (orders / 200_000) ** 0.5)))
    shares = split(orders, [(rank + 1) ** -0.9 for rank in range(count)])
    trees: list[list[Tenant]] = []
    for rank, share in enumerate(shares):
        tree = _tree(book, sum(map(len, trees)) + 1, _sub_tenants(book, rank, orders))
        # The root has the largest share.
        weights = [len(tree) ** 0.5, *((i + 1) ** -0.6 for i in range(len(tree) - 1))]
        for tenant, part in zip(tree, split(share, weights), strict=True):
            tenant.orders = part
        trees.append(tree)
    return trees


def split(total: int, weights: list[float]) -> list[int]:
    """Split a total into integers in proportion to the weights."""
    parts, previous, running, weight = [], 0, 0.0, sum(weights)
    for part in weights:
        running += part
        until = round(total * running / weight)
        parts.append(until - previous)
        previous = until
    return parts


def _sub_tenants(book: Book, rank: int, orders: int) -> int:
    if rank == 0:
        return WIDE if orders >= _LARGE else 12
    if rank == 1:
        return 6
    return max(0, book.draw.between(-5, 12))


def _tree(book: Book, first: int, sub_tenants: int) -> list[Tenant]:
    tree: list[Tenant] = []
    for position in range(sub_tenants + 1):
        # Every third is below another sub-tenant, at most three levels deep.
        parent = tree[0] if tree else None
        if position and position % 3 == 0:
            candidate = tree[book.draw.between(1, position - 1)]
            parent = candidate if candidate.level == 2 else parent
        tree.append(_tenant(book, first + position, parent))
    return tree


def _tenant(book: Book, identifier: int, parent: Tenant | None) -> Tenant:
    draw, names = book.draw, book.names
    name = names.partner()
    tenant = Tenant(
        id=identifier,
        parent=parent,
        level=parent.level + 1 if parent else 1,
        number=f"M-{10_000 + identifier}",
        name=name,
        dealer_id=f"H-{20_000 + 7 * identifier}",
        sub_partner_id=f"UVP-{30_000 + 3 * identifier}" if parent else None,
        system=parent.root.system if parent else draw.one_of(_SYSTEMS),
    )
    since = book.since - draw.between(30, 900) * DAY
    domain = tenant.domain(name)
    book.batch.add(
        *("tenants", identifier, draw.id(since), tenant.root.id, parent.id if parent else None),
        *(tenant.number, name, f"auftrag@{domain}", instant(since)),
    )
    for position in range(draw.between(2, 4) if parent is None else draw.between(1, 2)):
        person = names.person()
        # The position distinguishes two people with the same name.
        mailbox = f"{person.mailbox}{position or ''}"
        user = User(draw.id(since), person.name, f"{mailbox}@{domain}")
        book.batch.add(
            *("portal_users", user.id, identifier, tenant.root.id, None, user.name, user.email),
            *(instant(since), None),
        )
        tenant.users.append(user)
    return tenant
