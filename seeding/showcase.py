"""One order for demonstrations: a change from DSL to fibre that is nearly complete."""

from db.enums import BusinessCase, ItemAction, OrderPhase
from seeding import course as courses
from seeding.book import Book
from seeding.clock import DAY, HOUR, MINUTE, day, end_of_day, working_time
from seeding.contracts import Chain
from seeding.course import Course, Delay, Step, Task
from seeding.orders import Stated
from seeding.parties import close_customer, new_customer
from seeding.partners import Tenant
from seeding.phrases import CLARIFICATIONS, DELAYS

ORDERS = 3
"""Number of orders: the showcase order and those before it."""

_NAME = "Elbtal Logistik GmbH"
_ADD, _DELETE, _NO_CHANGE = ItemAction.ADD, ItemAction.DELETE, ItemAction.NO_CHANGE


def add_showcase(book: Book, tenant: Tenant) -> str:
    """Add the order and everything it refers to for a customer of a tenant; return its number."""
    now, products = book.now, book.products
    customer = new_customer(*(book, tenant), name=_NAME, created=working_time(now - 800 * DAY))
    dsl, fibre = products["DSL-100"], products["GF-OFFICE-1000"]
    router, addresses, _ = dsl.options
    chain = Chain(book, customer, dsl, customer.sites[0])
    before = (
        (BusinessCase.NEW_ORDER, 760, [(_ADD, dsl.line, 1), (_ADD, router, 1)]),
        (BusinessCase.REORDER, 300, [(_NO_CHANGE, dsl.line, 1), (_ADD, addresses, 1)]),
    )
    for case, days, lines in before:
        received = working_time(now - days * DAY)
        course = courses.run(
            book.draw,
            Task(
                *(dsl.family, case, False, received),
                courses.duration(book.draw, dsl.family, case, automated=False),
            ),
        )
        chain.place(Stated(case, dsl, customer.sites[0], lines, 24, received, False, False), course)

    received = working_time(now - 38 * DAY)
    fibre_router, fibre_addresses, _ = fibre.options
    stated = Stated(
        BusinessCase.PRODUCT_CHANGE,
        fibre,
        customer.sites[0],
        [
            *((_ADD, fibre.line, 1), (_ADD, fibre_router, 1), (_ADD, fibre_addresses, 1)),
            (_DELETE, dsl.line, 1),
        ],
        36,
        received,
        automated=False,
        by_attorney=False,
        external_ids=[(tenant.system, "SO-26-104711")],
        notes=["Bitte den Techniker beim Empfang anmelden, Tor 3."],
    )
    number = chain.place(stated, _course(book, stated))
    chain.finish(in_progress=True)
    close_customer(book, customer)
    return number


def _course(book: Book, stated: Stated) -> Course:
    now, received = book.now, stated.received

    def ago(days: int) -> int:
        return working_time(now - days * DAY)

    _, question = CLARIFICATIONS[2]
    # Weekends move a time by up to three days, so steps must be further apart to stay in order.
    question = question.format(day=f"{day(ago(28)):%d.%m.%Y}")
    course = Course(
        [
            Step(OrderPhase.RECEIVED, received, None),
            Step(OrderPhase.ACCEPTED, received + 26 * HOUR, None),
            Step(OrderPhase.CLARIFICATION, ago(33), question),
            Step(OrderPhase.ACCEPTED, ago(29), None),
            Step(OrderPhase.CONFIRMED, ago(25), None),
            Step(OrderPhase.PROVISIONING, ago(7), None),
        ],
        linked=received + 47 * MINUTE,
        expected=end_of_day(now + 12 * DAY),
    )
    course.delays.append(Delay(*DELAYS[0], ago(17), ago(9)))
    courses.add_milestones(
        course,
        Task(stated.product.family, stated.case, False, received, 50 * DAY),
        mail_seconds=6,
        now=now,
    )
    return course
