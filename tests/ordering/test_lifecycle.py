"""Which phases a report may lead to, and what it implies."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.enums import OrderPhase
from ordering.order.lifecycle import INTERRUPTIONS, NEXT_PHASES, RANK, can_follow, steps

P = OrderPhase
PHASES = st.sampled_from(P)


@pytest.mark.parametrize(
    ("current", "following", "before", "way"),
    [
        (P.RECEIVED, P.COMPLETED, P.RECEIVED, (P.COMPLETED,)),
        (P.RECEIVED, P.CLARIFICATION, P.RECEIVED, (P.ACCEPTED, P.CLARIFICATION)),
        (P.RECEIVED, P.ON_HOLD, P.RECEIVED, (P.PROVISIONING, P.ON_HOLD)),
        (P.ACCEPTED, P.PARTIAL, P.ACCEPTED, (P.PROVISIONING, P.PARTIAL)),
        (P.CLARIFICATION, P.ACCEPTED, P.ACCEPTED, (P.ACCEPTED,)),
        (P.CLARIFICATION, P.COMPLETED, P.ACCEPTED, (P.ACCEPTED, P.COMPLETED)),
        (P.ON_HOLD, P.CLARIFICATION, P.CONFIRMED, (P.CONFIRMED, P.CLARIFICATION)),
        (P.FAILED, P.RECEIVED, P.FAILED, (P.RECEIVED,)),
        (P.FAILED, P.COMPLETED, P.FAILED, None),
        (P.ACCEPTED, P.RECEIVED, P.ACCEPTED, None),
        (P.PROVISIONING, P.REJECTED, P.PROVISIONING, None),
        (P.COMPLETED, P.CANCELLED, P.COMPLETED, None),
    ],
)
def test_the_way_to_a_phase(current: P, following: P, before: P, way: tuple[P, ...] | None) -> None:
    assert steps(current, following, before, dated=False) == way


def test_with_a_delivery_date_a_hold_implies_the_confirmation() -> None:
    assert steps(P.RECEIVED, P.ON_HOLD, P.RECEIVED, dated=True) == (P.CONFIRMED, P.ON_HOLD)


@given(PHASES, PHASES, PHASES, st.booleans())
def test_every_step_is_one_that_the_life_cycle_allows(
    current: P, following: P, before: P, dated: bool
) -> None:
    way = steps(current, following, before, dated=dated)
    for step in way or ():
        assert can_follow(current, step, before)
        current = step
    if way is not None:
        assert way[-1] is following
        assert P.FAILED not in way[:-1]
        assert not INTERRUPTIONS & set(way[:-1])


def test_every_phase_has_a_rank_and_its_followers() -> None:
    assert set(RANK) == set(NEXT_PHASES) == set(P)
