"""What changes do to an order, and what `apply` returns of it."""

from datetime import datetime, timedelta
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.enums import ActionParty, ContractEffect, MilestoneKind, OrderPhase
from db.models import OrderMilestone
from ordering.errors import Refusal, RefusedError
from ordering.lookups import Lookups
from ordering.order.aggregate import OrderAggregate
from ordering.order.apply import Applied, apply
from ordering.order.changes import (
    CancellationRequested,
    Change,
    CharacteristicsReported,
    ClarificationReported,
    ContractReported,
    DelayReported,
    ExpectedDateReported,
    ItemStateReported,
    MilestoneReported,
    NoteAdded,
    PartnerNoteAdded,
    PhaseReported,
    ProgressReported,
)
from ordering.order.events import (
    ActionRequested,
    CharacteristicChanged,
    ContractLinked,
    DateConfirmed,
    DelayChanged,
    DelayEnded,
    DelayStarted,
    Event,
    ItemStateChanged,
    MilestoneChanged,
    MilestoneReached,
    NoteWritten,
    OrderReceived,
    PhaseChanged,
)
from ordering.order.lifecycle import can_follow
from ordering.order.phase_changes import UNSPECIFIED_ACTION
from ordering.order.stated import Characteristic
from tests.ordering.orders import NOW, T0, received

P = OrderPhase
LATER = NOW + timedelta(days=30)


def _time(hours: float) -> datetime:
    return T0 + timedelta(hours=hours)


def _apply(order: OrderAggregate, *changes: Change, hours: float | None = 1) -> Applied:
    at = None if hours is None else _time(hours)
    return apply(order, changes, at, now=NOW)


def _events(order: OrderAggregate, *changes: Change, hours: float | None = 1) -> list[Event]:
    return list(_apply(order, *changes, hours=hours).events)


def test_what_comes_with_an_order_belongs_to_its_first_version() -> None:
    order = received()
    applied = apply(order, [NoteAdded("Bitte klingeln")], T0, now=T0, on_receipt=True)
    assert applied.events == (OrderReceived("A-1"), NoteWritten("Bitte klingeln", None))
    assert (order.row.version, order.row.updated_at) == (1, T0)


def test_a_phase_tells_the_steps_that_were_left_out() -> None:
    order = received()
    assert _events(order, PhaseReported(P.CLARIFICATION)) == [
        PhaseChanged(P.RECEIVED, P.ACCEPTED, _time(1), None),
        PhaseChanged(P.ACCEPTED, P.CLARIFICATION, _time(1), None),
        ActionRequested(UNSPECIFIED_ACTION, ActionParty.PARTNER, None),
    ]
    assert (order.row.version, order.row.updated_at) == (2, NOW)


def test_a_phase_may_have_a_time_of_its_own() -> None:
    order = received()
    cancelled = PhaseReported(P.CANCELLED, "Doppelt bestellt", occurred_at=_time(3))
    assert _events(order, cancelled, hours=9) == [
        PhaseChanged(P.RECEIVED, P.CANCELLED, _time(3), "Doppelt bestellt")
    ]


def test_a_clarification_tells_what_is_required() -> None:
    order = received()
    _apply(order, PhaseReported(P.CLARIFICATION))
    request = ClarificationReported("Hausnummer fehlt", ActionParty.CUSTOMER, _time(90))
    expected = ActionRequested("Hausnummer fehlt", ActionParty.CUSTOMER, _time(90))
    assert _events(order, request, hours=2) == [expected]
    assert _events(order, ClarificationReported(), hours=3) == []


def test_a_clarification_older_than_what_was_told_of_the_present_still_says_what_to_do() -> None:
    order = received()
    _apply(order, ProgressReported(), hours=None)
    [_, requested] = _events(order, ClarificationReported("Hausnummer fehlt"))
    assert requested == ActionRequested("Hausnummer fehlt", ActionParty.PARTNER, None)


def test_a_delivery_date_reaches_its_milestone() -> None:
    order = received()
    assert _events(order, ExpectedDateReported(LATER)) == [
        MilestoneReached(MilestoneKind.DATE_CONFIRMED, None, _time(1)),
        DateConfirmed(None, LATER),
    ]
    sooner = LATER - timedelta(days=1)
    assert _events(order, ExpectedDateReported(sooner), hours=2) == [DateConfirmed(LATER, sooner)]


def test_progress_with_a_date_is_the_confirmation_and_then_provisioning() -> None:
    order = received()
    _apply(order, ExpectedDateReported(LATER), ProgressReported())
    assert order.row.phase is P.CONFIRMED
    assert _events(order, ProgressReported(), hours=2) == [
        PhaseChanged(P.CONFIRMED, P.PROVISIONING, _time(2), None)
    ]


def test_a_contract_is_created_by_the_first_order_and_amended_by_the_next() -> None:
    lookups = Lookups()
    first, second = received(lookups), received(lookups, "A-2")
    reached = MilestoneReached(MilestoneKind.CONTRACT_LINKED, None, _time(1))
    report = ContractReported(("V-1", "V-2"))
    assert _events(first, report) == [ContractLinked("V-1", ContractEffect.CREATED), reached]
    assert _events(second, report) == [ContractLinked("V-1", ContractEffect.AMENDED), reached]
    assert (first.contract, first.row.search_contracts) == (second.contract, "v-1")
    assert first.contract is not None
    assert first.contract.version == 2
    assert _events(first, ContractReported(("V-2", "V-1"))) == []


def test_milestones_of_no_known_kind_are_told_apart_by_their_names() -> None:
    order = received()
    for name in ("Begehung", "Montage", "Begehung"):
        apply(order, [MilestoneReported(MilestoneKind.OTHER, True, name=name)], T0, now=NOW)
    named = [m.name for m in order.parts[OrderMilestone] if m.kind is MilestoneKind.OTHER]
    assert named == ["Begehung", "Montage"]


def test_a_milestone_of_a_known_kind_is_one_whatever_its_name() -> None:
    order = received()
    kind = MilestoneKind.PORTING_CONFIRMED
    for name in (None, "Portierung bestätigt", None):
        apply(order, [MilestoneReported(kind, True, name=name)], T0, now=NOW)
    assert [m.name for m in order.parts[OrderMilestone] if m.kind is kind] == [
        "Portierung bestätigt"
    ]


def test_a_milestone_is_planned_then_reached() -> None:
    order = received()
    kind = MilestoneKind.PORTING_CONFIRMED
    planned = MilestoneReported(kind, False, "M", planned_at=_time(50))
    assert _events(order, planned) == [MilestoneChanged(kind, "M")]
    reached = MilestoneReported(kind, True, "M")
    assert _events(order, reached, hours=2) == [MilestoneReached(kind, "M", _time(2))]
    assert _events(order, planned, hours=3) == [MilestoneChanged(kind, "M")]


def test_a_delay_starts_changes_and_ends_with_the_order() -> None:
    order = received()
    assert _events(order, DelayReported("Frost", "J")) == [DelayStarted("Frost", "J")]
    assert _events(order, DelayReported("Regen", "J"), hours=2) == [DelayChanged("Regen", "J")]
    assert _is_delayed(order)
    events = _events(order, PhaseReported(P.FAILED), hours=3)
    assert events[-1] == DelayEnded("Regen", "J")
    assert not _is_delayed(order)
    _apply(order, PhaseReported(P.RECEIVED), hours=4)
    assert _events(order, DelayReported("Regen", "J"), hours=5) == [DelayStarted("Regen", "J")]
    assert _is_delayed(order)


def _is_delayed(order: OrderAggregate) -> bool:
    return order.row.delayed


def test_other_facts_tell_what_is_new() -> None:
    order = received()
    assert _events(
        order,
        CancellationRequested(),
        NoteAdded("Fertig", author="Jo"),
        NoteAdded("Fertig", author="Jo"),
        ItemStateReported("1", "held"),
        CharacteristicsReported((Characteristic("a", 1), Characteristic("a", True))),
    ) == [
        MilestoneReached(MilestoneKind.CANCELLATION_REQUESTED, None, _time(1)),
        NoteWritten("Fertig", "Jo"),
        ItemStateChanged(1, None, "held"),
        CharacteristicChanged("a", 1),
        CharacteristicChanged("a", True),
    ]
    assert order.row.version == 2


def test_an_older_report_is_superseded_and_changes_nothing() -> None:
    order = received()
    _apply(order, PhaseReported(P.COMPLETED), hours=5)
    applied = _apply(order, PhaseReported(P.ON_HOLD), hours=4)
    assert applied == Applied((), superseded=True)
    assert order.row.version == 2


def test_one_older_report_among_new_ones_supersedes_the_message_and_the_rest_counts() -> None:
    order = received()
    _apply(order, PhaseReported(P.COMPLETED), hours=5)
    applied = _apply(order, NoteAdded("Nachtrag"), PhaseReported(P.ON_HOLD), hours=4)
    assert applied == Applied((NoteWritten("Nachtrag", None),), superseded=True)
    assert order.row.version == 3


@pytest.mark.parametrize(
    ("change", "code", "subject"),
    [
        (PhaseReported(P.PARTIAL), Refusal.IMPOSSIBLE_TRANSITION, "phase"),
        (ContractReported(("V-2",)), Refusal.CONTRACT_ALREADY_LINKED, "contract"),
        (ItemStateReported("7", "held"), Refusal.UNKNOWN_ITEM, "item state 7"),
    ],
)
def test_a_refusal_has_a_code_and_a_subject(change: Change, code: Refusal, subject: str) -> None:
    order = received()
    _apply(order, ContractReported(("V-1",)), PhaseReported(P.REJECTED))
    with pytest.raises(RefusedError) as refused:
        _apply(order, change, hours=2)
    assert (refused.value.code, refused.value.subject) == (code, subject)


_REPORTS: dict[type[Change], st.SearchStrategy[Change]] = {
    PhaseReported: st.builds(PhaseReported, st.sampled_from(P), st.none() | st.text(max_size=3)),
    ProgressReported: st.builds(ProgressReported),
    ClarificationReported: st.builds(
        ClarificationReported, st.none() | st.sampled_from(["Was?", "Wann?"])
    ),
    CancellationRequested: st.builds(CancellationRequested),
    ExpectedDateReported: st.builds(ExpectedDateReported, st.sampled_from([LATER, NOW])),
    ContractReported: st.builds(ContractReported, st.sampled_from([("V-1",), ("V-2", "V-1")])),
    MilestoneReported: st.builds(
        MilestoneReported,
        st.sampled_from(MilestoneKind),
        st.booleans(),
        st.none() | st.just("M"),
        st.none() | st.just("Begehung"),
    ),
    DelayReported: st.builds(
        DelayReported, st.sampled_from(["Frost", "Regen"]), st.none() | st.just("J")
    ),
    NoteAdded: st.builds(NoteAdded, st.sampled_from(["Ja", "Nein"])),
    PartnerNoteAdded: st.builds(
        PartnerNoteAdded, st.sampled_from(["Ja", "Nein"]), st.just("M-1/CRM"), st.none()
    ),
    ItemStateReported: st.builds(
        ItemStateReported, st.just("1"), st.sampled_from(["held", "completed"])
    ),
    CharacteristicsReported: st.builds(
        CharacteristicsReported,
        st.tuples(st.builds(Characteristic, st.just("a"), st.integers(0, 1))),
    ),
}
_MESSAGES = st.tuples(
    st.lists(st.one_of(*_REPORTS.values()), max_size=3),
    st.none() | st.floats(-1, 2000, allow_nan=False),
)


def test_every_change_is_among_the_random_reports() -> None:
    assert set(_REPORTS) == set(get_args(Change))


@given(messages=st.lists(_MESSAGES, max_size=12))
def test_any_sequence_of_changes_keeps_history_and_version_whole(
    messages: list[tuple[list[Change], float | None]],
) -> None:
    order, versions = received(), 1
    for changes, hours in messages:
        history = [(entry.sequence, entry.phase) for entry in order.history]
        try:
            applied = _apply(order, *changes, hours=hours)
        except RefusedError:
            # The transaction is rolled back, and the order is not used any more.
            return
        versions += bool(applied.events)
        entries = order.history
        assert order.row.version == versions
        assert [entry.sequence for entry in entries] == list(range(1, len(entries) + 1))
        assert entries[-1].phase is order.row.phase
        assert [(e.sequence, e.phase) for e in entries[: len(history)]] == history
        changed = [e.after for e in applied.events if isinstance(e, PhaseChanged)]
        assert [entry.phase for entry in entries[len(history) :]] == changed
        assert (order.row.phase is P.CLARIFICATION) == (order.row.action_text is not None)
        assert (order.row.phase is P.COMPLETED) == (order.row.completed_at is not None)
        assert order.row.delayed == bool(order.delays.open)
        assert not applied.events or order.row.updated_at == NOW
    _assert_allowed(order)


def _assert_allowed(order: OrderAggregate) -> None:
    """Every step of the history is one of the life-cycle table."""
    before = None
    for entry, following in zip(order.history, order.history[1:], strict=False):
        if entry.phase not in (P.CLARIFICATION, P.ON_HOLD):
            before = entry.phase
        assert can_follow(entry.phase, following.phase, before)
