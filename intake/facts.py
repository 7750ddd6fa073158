"""What an order reports beside its state: dates, contracts, notes, milestones, delays, items."""

from collections.abc import Iterator

from db.enums import MilestoneKind
from intake.json_node import JsonNode
from intake.json_place import Names
from intake.words import MILESTONES, PLANNED_MILESTONE, folded
from ordering.order.changes import (
    Change,
    ContractReported,
    DelayReported,
    ExpectedDateReported,
    ItemStateReported,
    MilestoneReported,
    NoteAdded,
)
from ordering.order.stated import StatedItem


def read_facts(order: JsonNode, items: list[StatedItem], names: Names) -> Iterator[Change]:
    """The changes, in the order in which they are applied."""
    if (expected := order.instant("expectedCompletionDate")) is not None:
        yield ExpectedDateReported(expected)
    if contracts := tuple(_contract_numbers(order)):
        yield ContractReported(contracts)
    for note in order.nodes("note"):
        if note.value.get("text"):
            yield _note(note)
    for milestone in order.nodes("productOrderMilestone"):
        yield _milestone(milestone)
    for alert in order.nodes("productOrderJeopardyAlert"):
        yield _delay(alert)
    yield from _item_states(order, items, names)


def _contract_numbers(order: JsonNode) -> Iterator[str]:
    # Only the first becomes the contract. The others stay without a place, and are kept by name.
    for index, agreement in enumerate(order.nodes("agreement")):
        number = agreement.value.get("id") if index else agreement.key("id")
        if isinstance(number, str):
            yield number


def _note(note: JsonNode) -> NoteAdded:
    return NoteAdded(
        text=note.text("text") or "",
        reference=note.text("id"),
        author=note.text("author"),
        written_at=note.instant("date"),
    )


def _milestone(milestone: JsonNode) -> MilestoneReported:
    name, message = milestone.text("name"), milestone.text("message", "description")
    texts = [name, message, milestone.value.get("id"), milestone.value.get("message")]
    kinds = [MILESTONES[word] for word in map(folded, texts) if word in MILESTONES]
    status, date = milestone.text("status"), milestone.instant("milestoneDate")
    is_planned = status in PLANNED_MILESTONE
    return MilestoneReported(
        kind=kinds[0] if kinds else MilestoneKind.OTHER,
        reached=not is_planned,
        reference=milestone.key("id"),
        name=name,
        message=message,
        planned_at=date if is_planned else None,
        reached_at=None if is_planned else date,
        violated=status == "Violated" if status else None,
    )


def _delay(alert: JsonNode) -> DelayReported:
    kind = alert.text("jeopardyType")
    # The first text that gives a reason; the others are kept by name.
    reason = alert.text("message") or alert.text("exception") or alert.text("name")
    return DelayReported(
        reason=reason or kind or "?",
        reference=alert.key("id"),
        kind=kind,
        reported_at=alert.instant("alertDate"),
    )


def _item_states(
    order: JsonNode, items: list[StatedItem], names: Names
) -> Iterator[ItemStateReported]:
    for item in items:
        if item.state:
            yield ItemStateReported(item.label, item.state)
    for change in order.nodes("itemStateChange"):
        label, state = change.text("itemId"), change.text("state")
        if label and state:
            if (subject := f"item state {label}") not in names:
                names.add(subject, change.place)
            yield ItemStateReported(label, state)
