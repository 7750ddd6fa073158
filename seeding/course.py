"""The course of an order: its phases, delays and milestones, as plain times.

A course is first drawn to the end of the order. Whatever lies after the present is then removed,
which leaves orders in progress in a realistic state.
"""

from dataclasses import dataclass, field
from typing import NamedTuple

from db.enums import ActionParty, BusinessCase, MilestoneKind, OrderPhase, ProductFamily
from seeding import phrases
from seeding.catalogue import VOICE
from seeding.clock import DAY, HOUR, MINUTE, day, end_of_day, working_time
from seeding.draw import Draw, weighted

_C = BusinessCase
_F = ProductFamily
_P = OrderPhase
_M = MilestoneKind

CREATING = frozenset({_C.NEW_ORDER, _C.NEW_SITE_WITH_PORTING})
REPLACING = frozenset({_C.PRODUCT_CHANGE, _C.PRODUCT_CHANGE_WITH_NEW_ORDER})
PORTING = frozenset({_C.NEW_SITE_WITH_PORTING, _C.PROVIDER_CHANGE_FOR_SITE})
_DELIVERING = CREATING | REPLACING | PORTING | {_C.REORDER, _C.NEW_NUMBERS_FOR_SITE}

ERROR_ENDS = weighted({_P.REJECTED: 42, _P.FAILED: 24, _P.PARTIAL: 14, _P.CANCELLED: 20})

# Minimum and maximum days from receipt to completion.
_DELIVERY_DAYS: dict[ProductFamily, tuple[int, int]] = {
    _F.CENTRAFLEX: (2, 9),
    _F.SIP_TRUNK: (2, 9),
    _F.DSL: (5, 20),
    _F.LEASED_LINE: (30, 120),
    _F.FIBRE: (30, 110),
}
_CHANGE_DAYS: dict[BusinessCase, tuple[int, int]] = {
    _C.CONTRACT_RENEWAL: (1, 3),
    _C.TARIFF_CHANGE: (1, 6),
    _C.CONTRACT_ADJUSTMENT: (1, 8),
    _C.NEW_NUMBERS_FOR_SITE: (1, 5),
    _C.REORDER: (3, 12),
}
_PORTING_DAYS = (12, 28)


def longest(family: ProductFamily) -> int:
    """Return an upper bound of the seconds that an order takes, including weekends."""
    delivery = _DELIVERY_DAYS.get(family, (0, 0))[1]
    return (max(delivery, _PORTING_DAYS[1]) + 5) * DAY


class Step(NamedTuple):
    phase: OrderPhase
    at: int
    reason: str | None


class Action(NamedTuple):
    text: str
    by: ActionParty
    due: int


class Delay(NamedTuple):
    kind: str
    reason: str
    reported: int
    resolved: int | None


class Milestone(NamedTuple):
    kind: MilestoneKind
    planned: int | None
    reached: int | None
    violated: bool = False


@dataclass(slots=True)
class Course:
    """What has happened to an order so far."""

    steps: list[Step]
    linked: int | None = None
    """Time at which its contract became known."""
    expected: int | None = None
    action: Action | None = None
    delays: list[Delay] = field(default_factory=list)
    milestones: list[Milestone] = field(default_factory=list)

    @property
    def phase(self) -> OrderPhase:
        return self.steps[-1].phase

    @property
    def ended(self) -> int:
        """Time at which the order entered its current phase."""
        return self.steps[-1].at

    @property
    def delayed(self) -> bool:
        return any(delay.resolved is None for delay in self.delays)


def duration(draw: Draw, family: ProductFamily, case: BusinessCase, automated: bool) -> int:
    """Draw the seconds that such an order takes."""
    if automated:
        return draw.between(2 * MINUTE, 12 * MINUTE)
    if case in PORTING:
        low, high = _PORTING_DAYS
        if family not in VOICE:
            low, high = max(low, _DELIVERY_DAYS[family][0]), max(high, _DELIVERY_DAYS[family][1])
    elif case in _CHANGE_DAYS:
        low, high = _CHANGE_DAYS[case]
    else:
        low, high = _DELIVERY_DAYS[family]
    # Shorter times are more likely.
    return low * DAY + int(min(draw.random(), draw.random() * 1.6) * (high - low) * DAY)


class Task(NamedTuple):
    """Facts that determine how an order is processed."""

    family: ProductFamily
    case: BusinessCase
    automated: bool
    received: int
    seconds: int
    """Time from receipt to the end."""


def run(
    draw: Draw, task: Task, *, end: OrderPhase = OrderPhase.COMPLETED, now: int | None = None
) -> Course:
    """Draw the course of an order to its end, or up to `now` if it is in progress."""
    if task.automated:
        steps = _automated_steps(draw, task, end)
    else:
        steps = _manual_steps(draw, task, end, smooth=now is not None)
    full_end = steps[-1].at
    waiting: tuple[ActionParty, str] | None = None
    if now is not None:
        steps = [step for step in steps[:-1] if step.at <= now]
        if not task.automated:
            waiting = _interrupt(draw, steps, task.case, now)
    course = Course(steps)
    done = steps[-1].phase in (_P.COMPLETED, _P.PARTIAL)
    if waiting is not None:
        party, text = waiting
        due = end_of_day(max(steps[-1].at + draw.between(3, 14) * DAY, task.received + DAY))
        text = _until(text, due)
        course.action = Action(text, party, due)
        steps[-1] = steps[-1]._replace(reason=text)
    confirmed = _at(steps, _P.CONFIRMED)
    if confirmed is not None:
        late = draw.between(0, 2) * DAY if done else 0
        course.expected = end_of_day(full_end + late)
        _delay(draw, course, confirmed, now)
    if done or (now is not None and course.phase is not _P.RECEIVED):
        linked = _linking_time(draw, task)
        if done:
            course.linked = min(linked, course.ended - 5)
        elif now is not None and linked <= now:
            course.linked = linked
    add_milestones(course, task, draw.between(2, 20), now)
    return course


def _automated_steps(draw: Draw, task: Task, end: OrderPhase) -> list[Step]:
    steps = [Step(_P.RECEIVED, task.received, None)]
    if end is _P.COMPLETED or end is _P.PARTIAL:
        started = task.received + max(20, task.seconds // 6)
        steps.append(Step(_P.PROVISIONING, started, None))
    steps.append(Step(end, task.received + task.seconds, _reason(draw, end)))
    return steps


def _manual_steps(draw: Draw, task: Task, end: OrderPhase, *, smooth: bool) -> list[Step]:
    """Draw the phases up to `end`; `smooth` means without interruptions."""
    steps = [Step(_P.RECEIVED, task.received, None)]

    def advance(phase: OrderPhase, part: float, reason: str | None = None) -> None:
        at = working_time(task.received + int(task.seconds * part))
        steps.append(Step(phase, max(at, steps[-1].at + 11 * MINUTE), reason))

    if not smooth and draw.chance(0.015):
        advance(_P.FAILED, 0.01, phrases.CRASHED)
        advance(_P.RECEIVED, 0.03, phrases.REPAIRED)
    stages = _stages(draw, task)
    passed = _passed_stages(draw, stages, end)
    interrupted = -1
    if passed and not smooth and draw.chance(0.16):
        interrupted = draw.between(0, passed - 1)
    for position, (phase, part) in enumerate(stages[:passed]):
        advance(phase, part)
        if position == interrupted:
            following = stages[position + 1][1] if position + 1 < len(stages) else 0.98
            gap = following - part
            if phase is not _P.ACCEPTED and draw.chance(0.25):
                advance(_P.ON_HOLD, part + gap * 0.2, draw.one_of(phrases.HOLDS))
            else:
                _, text = _clarification(draw, task.case)
                due = end_of_day(steps[-1].at + draw.between(4, 14) * DAY)
                advance(_P.CLARIFICATION, part + gap * 0.2, _until(text, due))
            advance(phase, part + gap * (0.4 + draw.random() * 0.5))
    part = 1.0
    if end is not _P.COMPLETED and end is not _P.PARTIAL:
        last = stages[passed - 1][1] if passed else 0.0
        part = last + (1 - last) * draw.random() * 0.5
    advance(end, part, _reason(draw, end))
    return steps


def _stages(draw: Draw, task: Task) -> list[tuple[OrderPhase, float]]:
    """Return the phases between receipt and end, each with the share of time at which it begins."""
    accepted = (_P.ACCEPTED, 0.04 + draw.random() * 0.08)
    delivered = task.case not in _CHANGE_DAYS or (
        task.case is _C.REORDER and task.family not in VOICE
    )
    if not delivered:
        return [accepted, (_P.PROVISIONING, 0.3 + draw.random() * 0.4)]
    confirmed = (_P.CONFIRMED, 0.2 + draw.random() * 0.2)
    return [accepted, confirmed, (_P.PROVISIONING, 0.5 + draw.random() * 0.25)]


def _passed_stages(draw: Draw, stages: list[tuple[OrderPhase, float]], end: OrderPhase) -> int:
    if end is _P.REJECTED:
        return draw.between(0, 1)
    if end is _P.CANCELLED:
        return draw.between(0, len(stages) - 1)
    if end is _P.FAILED:
        return draw.between(1, len(stages))
    return len(stages)


def _interrupt(
    draw: Draw, steps: list[Step], case: BusinessCase, now: int
) -> tuple[ActionParty, str] | None:
    """Interrupt some orders in progress; return who has to act and the text for it."""
    phase, at, _ = steps[-1]
    if phase is _P.RECEIVED or phase is _P.FAILED or now - at < HOUR:
        return None
    since = min(now - 5 * MINUTE, working_time(at + (now - at) // 2))
    if since <= at:
        return None
    if phase is not _P.ACCEPTED and draw.chance(0.08):
        steps.append(Step(_P.ON_HOLD, since, draw.one_of(phrases.HOLDS)))
    elif draw.chance(0.22):
        party, text = _clarification(draw, case)
        steps.append(Step(_P.CLARIFICATION, since, None))
        return party, text
    return None


def _clarification(draw: Draw, case: BusinessCase) -> tuple[ActionParty, str]:
    if case in PORTING and draw.chance(0.6):
        return draw.one_of(phrases.PORTING_CLARIFICATIONS)
    return draw.one_of(phrases.CLARIFICATIONS)


def _until(text: str, due: int) -> str:
    return text.format(day=f"{day(due):%d.%m.%Y}")


def _reason(draw: Draw, end: OrderPhase) -> str | None:
    return draw.one_of(phrases.ERRORS[end]) if end in phrases.ERRORS else None


def _at(steps: list[Step], phase: OrderPhase) -> int | None:
    for step in steps:
        if step.phase is phase:
            return step.at
    return None


def _delay(draw: Draw, course: Course, confirmed: int, now: int | None) -> None:
    in_progress = now is not None
    until = now if now is not None else course.ended
    if until - confirmed < 2 * DAY or not draw.chance(0.25 if in_progress else 0.05):
        return
    reported = min(working_time(confirmed + (until - confirmed) // 4), until - DAY)
    resolved: int | None = None
    if not in_progress or draw.chance(0.3):
        resolved = min(working_time(reported + (until - reported) // 2), until - HOUR)
        resolved = max(resolved, reported + HOUR)
    kind, reason = draw.one_of(phrases.DELAYS)
    course.delays.append(Delay(kind, reason, reported, resolved))
    if resolved is None and draw.chance(0.5):
        # The confirmed date has passed.
        course.expected = end_of_day(confirmed + (until - confirmed) // 2)


def _linking_time(draw: Draw, task: Task) -> int:
    """Draw the time at which the contract is known: minutes to days after the receipt."""
    if task.automated:
        return task.received + draw.between(30, 100)
    if draw.chance(0.6):
        return task.received + draw.between(4 * MINUTE, 3 * HOUR)
    at = working_time(task.received + DAY + draw.waiting(2 * DAY))
    return max(at, task.received + HOUR)


def add_milestones(course: Course, task: Task, mail_seconds: int, now: int | None) -> None:
    """Add the milestones reached, and those planned if the order is in progress at `now`."""
    family, case, _, received, _ = task
    confirmed = _at(course.steps, _P.CONFIRMED)
    done = course.phase in (_P.COMPLETED, _P.PARTIAL)
    steps, expected, add = course.steps, course.expected, course.milestones.append
    ended = course.ended
    running = now is not None
    add(Milestone(_M.ORDER_RECEIVED, None, received))
    add(Milestone(_M.CONFIRMATION_SENT, None, received + mail_seconds))
    if course.linked is not None:
        add(Milestone(_M.CONTRACT_LINKED, None, course.linked))
    if confirmed is not None:
        add(Milestone(_M.DATE_CONFIRMED, None, confirmed))
    provisioning = _at(steps, _P.PROVISIONING)
    if case in PORTING and (provisioning or (running and confirmed)):
        planned = end_of_day(confirmed + 5 * DAY) if confirmed else None
        add(Milestone(_M.PORTING_CONFIRMED, planned, provisioning))
    numbered = case in CREATING or case is _C.NEW_NUMBERS_FOR_SITE
    if numbered and family in VOICE and provisioning is not None:
        add(Milestone(_M.NUMBERS_ASSIGNED, None, provisioning))
    if course.phase is _P.CANCELLED:
        asked = max(steps[-2].at, ended - 2 * HOUR)
        add(Milestone(_M.CANCELLATION_REQUESTED, None, max(asked, received + mail_seconds)))
    if case in _DELIVERING and (done or (running and expected is not None)):
        reached = ended if course.phase is _P.COMPLETED else None
        late = expected is not None and (reached or now or ended) > expected
        add(Milestone(_M.SERVICE_ACTIVE, expected, reached, late))
