"""Contracts, and the orders that create, change, renew and replace them."""

from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from db.enums import BusinessCase, ContractStatus, ItemAction, OrderPhase, ProductFamily
from db.search import search_text
from ordering.automation import is_automated
from ordering.contract.link import EFFECT_OF_CASE
from seeding import course as courses
from seeding import phrases
from seeding.book import Book
from seeding.catalogue import CHANGES, NUMBER_BLOCK, PORTING, SUCCESSORS, VOICE, Line, Product
from seeding.clock import DAY, HOUR, add_months, day, instant, working_time
from seeding.course import CREATING, REPLACING, Course
from seeding.draw import weighted
from seeding.offers import priced_item
from seeding.orders import Linked, Stated, add_order
from seeding.parties import Customer, Site

_C = BusinessCase
_A = ItemAction

RENEWABLE_MONTHS = 6
NOTICE_MONTHS = 3

_ENDS_IN_PROGRESS: dict[ProductFamily, float] = {
    ProductFamily.CENTRAFLEX: 0.08,
    ProductFamily.SIP_TRUNK: 0.08,
    ProductFamily.VOICE_SITE: 0.01,
    ProductFamily.DSL: 0.25,
    ProductFamily.LEASED_LINE: 0.75,
    ProductFamily.FIBRE: 0.75,
}
"""Probability that the latest order of a contract is in progress; long orders are more likely."""
_FAILS = 0.083
_CHANGES = {family: weighted(shares) for family, shares in CHANGES.items()}
_MONTHS = weighted({12: 35, 24: 35, 36: 30})
_DONE = (OrderPhase.COMPLETED, OrderPhase.PARTIAL)


@dataclass(slots=True)
class Contract:
    id: UUID
    number: str
    site: Site
    product: Product
    lines: list[tuple[Line, int]]
    months: int
    created: int
    updated: int
    predecessor: UUID | None = None
    version: int = 1
    start: date | None = None
    end: date | None = None

    def activate(self, at: int) -> None:
        """Begin the term at delivery."""
        self.start = day(at)
        self.end = add_months(self.start, self.months) - timedelta(days=1)

    def prolong(self, until: date) -> None:
        """Extend the term by whole years up to `until`."""
        while self.end is not None and self.end < until:
            self.end = add_months(self.end, 12)

    def add(self, lines: list[tuple[ItemAction, Line, int]]) -> None:
        for action, line, quantity in lines:
            if action is not _A.ADD:
                continue
            for position, (present, count) in enumerate(self.lines):
                if present is line:
                    self.lines[position] = (present, count + quantity)
                    break
            else:
                self.lines.append((line, quantity))

    @property
    def renewable_from(self) -> date | None:
        return add_months(self.end, -RENEWABLE_MONTHS) if self.end else None


def add_contract(
    book: Book, customer: Customer, contract: Contract, status: ContractStatus
) -> None:
    """Add the row of a contract in its final state."""
    tenant, add, owner = customer.tenant, book.batch.add, customer.owner
    add(
        *("contracts", contract.id, *owner, contract.number, customer.id, contract.site.id),
        *(contract.product.id, status, contract.start, contract.end, contract.months),
        *(NOTICE_MONTHS, contract.renewable_from, tenant.dealer_id, tenant.sub_partner_id),
        *(contract.predecessor, instant(contract.created), instant(contract.updated)),
        *(contract.version, search_text(contract.number), search_text(customer.name)),
    )
    for position, (line, quantity) in enumerate(contract.lines, 1):
        item = priced_item(owner, position, line, quantity, _A.ADD)
        add("contract_items", contract.id, *item)


class Chain:
    """The orders of one contract and its successors."""

    def __init__(self, book: Book, customer: Customer, product: Product, site: Site) -> None:
        self.book = book
        self.customer = customer
        self.product = product
        self.site = site
        self.contract: Contract | None = None
        self.last = 0
        """End of the latest order so far."""

    def grow(self, budget: int) -> int:
        """Add 1 to `budget` orders and return their number."""
        book, draw = self.book, self.book.draw
        family = self.product.family
        in_progress = draw.chance(_ENDS_IN_PROGRESS[family])
        limit = book.now - (courses.longest(family) + DAY if in_progress else HOUR)
        first = max(book.since, self.customer.created) + DAY
        last = max(first, limit - courses.longest(family))
        start = draw.between(first, last)
        if draw.chance(0.3):
            # Later starts are more likely, because the book grows.
            start = max(start, draw.between(first, last))
        count = min(budget - in_progress, 1 + draw.waiting(2.8))
        if in_progress and draw.chance(0.4):
            count = 0
        pause = max(10 * DAY, (limit - start) // (count + 1))
        placed, at = 0, start
        while placed < count:
            case, at = self._next(at, limit)
            if not self._place_closed(case, at, limit):
                break
            placed += 1
            at = self.last + DAY + draw.waiting(pause)
        if in_progress:
            self._place_open()
            placed += 1
        self.finish(in_progress)
        return placed

    def place(self, stated: Stated, course: Course) -> str:
        """Add an order, change the contract accordingly, and return the order's number."""
        book, customer, before = self.book, self.customer, self.contract
        linked, case = course.linked, stated.case
        if linked is not None:
            if before is None or case in REPLACING:
                self._begin(stated, linked)
            else:
                before.updated = max(before.updated, linked, course.ended)
                before.version += 1
        contract = self.contract if linked is not None else None
        number = add_order(
            *(book, customer, stated, course),
            Linked(contract.id, contract.number, EFFECT_OF_CASE[case]) if contract else None,
            changes=before.id if before else None,
            earliest=self.last or customer.created,
        )
        if contract is not None and course.phase in _DONE:
            customer.delivered = True
            if contract.start is None:
                contract.activate(course.ended)
                contract.updated = course.ended
                contract.version += 1
            elif case is _C.CONTRACT_RENEWAL and contract.end:
                contract.end = add_months(contract.end, stated.months)
                contract.months = stated.months
            elif contract is before:
                contract.add(stated.lines)
        self.last = course.ended
        return number

    def _begin(self, stated: Stated, linked: int) -> None:
        before = self.contract
        if before is not None:
            before.updated = linked
            before.version += 1
            add_contract(self.book, self.customer, before, ContractStatus.REPLACED)
        self.product = stated.product
        self.contract = Contract(
            id=self.book.draw.id(linked),
            number=self.book.number("V", linked),
            site=stated.site,
            product=stated.product,
            lines=[(line, count) for action, line, count in stated.lines if action is _A.ADD],
            months=stated.months,
            created=linked,
            updated=linked,
            predecessor=before.id if before else None,
        )

    def finish(self, in_progress: bool) -> None:
        """Add the row of the last contract."""
        contract, book = self.contract, self.book
        if contract is None:
            return
        status = ContractStatus.ACTIVE
        if not in_progress and contract.end is not None:
            if contract.end < book.today and book.draw.chance(0.3):
                status = ContractStatus.EXPIRED
            elif book.draw.chance(0.04):
                status = ContractStatus.TERMINATED
                contract.updated = book.draw.between(contract.updated, book.now - HOUR)
                contract.version += 1
        if status is not ContractStatus.EXPIRED:
            contract.prolong(book.today)
        add_contract(book, self.customer, contract, status)

    def _next(self, at: int, limit: int) -> tuple[BusinessCase, int]:
        """Return the next business case and its time."""
        contract, draw = self.contract, self.book.draw
        if contract is None or contract.end is None:
            porting = self.product.family in VOICE and draw.chance(0.3)
            return (_C.NEW_SITE_WITH_PORTING if porting else _C.NEW_ORDER), at
        contract.prolong(day(at))
        opens = add_months(contract.end, -RENEWABLE_MONTHS)
        wait = (opens - day(at)).days * DAY
        if wait <= 0 and draw.chance(0.7):
            return _C.CONTRACT_RENEWAL, at
        later = at + wait + draw.between(2, 150) * DAY
        if wait > 0 and later < limit - 5 * DAY and draw.chance(0.3):
            return _C.CONTRACT_RENEWAL, later
        return self._change(), at

    def _change(self) -> BusinessCase:
        case = self.book.draw.one_of(_CHANGES[self.product.family])
        return case if case not in REPLACING or SUCCESSORS[self.product.number] else _C.REORDER

    def _state(self, case: BusinessCase, received: int, product: Product) -> Stated:
        draw, contract = self.book.draw, self.contract
        voice = product.family in VOICE
        lines: list[tuple[ItemAction, Line, int]]
        if case in CREATING or case in REPLACING:
            lines = new_lines(self.book, product)
            if case is _C.NEW_SITE_WITH_PORTING:
                lines = [*lines[:2], (_A.ADD, PORTING, draw.one_of(PORTING.quantities))]
            elif case in REPLACING:
                lines = [*lines[:2], (_A.DELETE, self.product.line, 1)]
        elif case in (_C.CONTRACT_RENEWAL, _C.TARIFF_CHANGE):
            lines = [(_A.MODIFY, product.line, 1)]
        else:
            option = draw.one_of(product.options)
            if case is _C.NEW_NUMBERS_FOR_SITE:
                option = NUMBER_BLOCK
            elif case is _C.PROVIDER_CHANGE_FOR_SITE:
                option = PORTING
            action = _A.MODIFY if case is _C.CONTRACT_ADJUSTMENT else _A.ADD
            lines = [
                (_A.NO_CHANGE, product.line, 1),
                (action, option, draw.one_of(option.quantities)),
            ]
        return Stated(
            *(case, product, contract.site if contract else self.site, lines),
            draw.one_of(_MONTHS)
            if case in CREATING | REPLACING or not contract
            else (contract.months),
            *(received, is_automated(product.family, case), draw.chance(0.3 if voice else 0.28)),
            external_ids=external_ids(self.book, self.customer, received),
            notes=[draw.one_of(phrases.NOTES)] if draw.chance(0.08) else [],
        )

    def _ordered_product(self, case: BusinessCase) -> Product:
        if case in REPLACING:
            return self.book.products[self.book.draw.one_of(SUCCESSORS[self.product.number])]
        return self.product

    def _place_closed(self, case: BusinessCase, at: int, limit: int) -> bool:
        draw = self.book.draw
        product = self._ordered_product(case)
        automated = is_automated(product.family, case)
        received = max(at, working_time(at)) if draw.chance(0.9) else at
        seconds = courses.duration(draw, product.family, case, automated)
        if received + seconds + (HOUR if automated else 4 * DAY) > limit and self.last:
            return False
        end = OrderPhase.COMPLETED
        if draw.chance(_FAILS):
            end = draw.one_of(courses.ERROR_ENDS)
        course = courses.run(
            draw, courses.Task(product.family, case, automated, received, seconds), end=end
        )
        self.place(self._state(case, received, product), course)
        return True

    def _place_open(self) -> None:
        draw, now = self.book.draw, self.book.now
        for _ in range(20):
            case, _ = self._next(now, now)
            product = self._ordered_product(case)
            automated = is_automated(product.family, case)
            seconds = courses.duration(draw, product.family, case, automated)
            # Orders that take long are more likely to be in progress.
            if draw.random() * 12 * DAY < seconds or draw.chance(0.02):
                break
        elapsed = int(seconds * draw.random() ** 1.2)
        received = now - elapsed if automated else working_time(now - elapsed)
        received = max(min(received, now - 60 - draw.between(0, 600)), self.last + HOUR)
        if automated:
            received = now - 60 - draw.between(0, 30)
            seconds = max(seconds, 120)
        course = courses.run(
            draw, courses.Task(product.family, case, automated, received, seconds), now=now
        )
        self.place(self._state(case, received, product), course)


def new_lines(book: Book, product: Product) -> list[tuple[ItemAction, Line, int]]:
    """Return a product and up to two of its options."""
    draw = book.draw
    lines = [(_A.ADD, product.line, 1)]
    for option in product.options:
        if len(lines) < 3 and draw.chance(0.4):
            lines.append((_A.ADD, option, draw.one_of(option.quantities)))
    return lines


def external_ids(book: Book, customer: Customer, received: int) -> list[tuple[str, str]]:
    """Return numbers of the partner's own systems as `(kind, value)`."""
    draw = book.draw
    if not draw.chance(0.6):
        return []
    kind = customer.tenant.system
    ids = [(kind, f"SO-{day(received):%y}-{draw.between(10_000, 999_999)}")]
    if draw.chance(0.15):
        ids.append(("projectId", f"P{draw.between(10_000, 99_999)}"))
    return ids
