"""No instant or day that the database can hold makes a text or an answer fail."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.enums import ActionParty, OrderPhase
from ordering.calendar import carrier_day, later, stated
from ordering.request_clock import RequestClock
from ordering.texts import Locale, explain
from tests.ordering.test_texts import Facts

FIRST = datetime.min.replace(tzinfo=UTC)
LAST = datetime.max.replace(tzinfo=UTC)
NOW = datetime(2026, 1, 7, 12, tzinfo=UTC)
NO_DATE = [
    FIRST,
    FIRST + timedelta(hours=23),
    datetime(1989, 12, 31, 22, 59, tzinfo=UTC),
    datetime(2200, 12, 31, 23, tzinfo=UTC),
    datetime(9999, 12, 31, tzinfo=UTC),
    datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC),
    LAST,
]

AT_THE_ENDS = st.timedeltas(timedelta(0), timedelta(days=2))
INSTANTS = st.one_of(
    AT_THE_ENDS.map(lambda since: FIRST + since),
    AT_THE_ENDS.map(lambda before: LAST - before),
    st.datetimes(timezones=st.just(UTC)),
)
FACTS = st.builds(
    Facts,
    phase=st.sampled_from(OrderPhase),
    automated=st.booleans(),
    delayed=st.booleans(),
    expected_completion_date=st.none() | INSTANTS,
    completed_at=st.none() | INSTANTS,
    action_text=st.just("Bitte prüfen"),
    action_by=st.sampled_from(ActionParty),
    action_due=st.none() | INSTANTS,
)


@given(FACTS, st.sampled_from(Locale), INSTANTS)
def test_every_order_can_be_explained_at_every_instant(
    order: Facts, locale: Locale, now: datetime
) -> None:
    present = RequestClock(now)
    assert explain(order, locale, present)
    assert present.until is None or present.until >= now


@pytest.mark.parametrize("locale", Locale)
@pytest.mark.parametrize("instant", NO_DATE)
@pytest.mark.parametrize("phase", OrderPhase)
def test_an_instant_that_stands_for_no_date_is_explained_as_none(
    phase: OrderPhase, instant: datetime, locale: Locale
) -> None:
    action = {"action_text": "Bitte prüfen", "action_by": ActionParty.PARTNER}
    none, present = Facts(phase, **action), RequestClock(NOW)  # type: ignore[arg-type]
    sentinel = Facts(
        phase,
        expected_completion_date=instant,
        completed_at=instant,
        action_due=instant,
        **action,  # type: ignore[arg-type]
    )
    assert explain(sentinel, locale, present) == explain(none, locale, RequestClock(NOW))
    assert present.until is None


@pytest.mark.parametrize(
    "instant",
    [datetime(1989, 12, 31, 23, tzinfo=UTC), datetime(2200, 12, 31, 22, 59, tzinfo=UTC)],
)
def test_the_first_and_the_last_year_of_dates_are_the_carriers(instant: datetime) -> None:
    assert stated(instant) == instant


@given(INSTANTS)
def test_the_carriers_day_is_the_one_around_the_instant(instant: datetime) -> None:
    near = (instant.date().toordinal() + days for days in (0, 1))
    assert carrier_day(instant).toordinal() in near or carrier_day(instant) == date.max


def test_a_day_beyond_the_calendar_is_its_first_or_last() -> None:
    assert carrier_day(LAST) == date.max
    assert carrier_day(datetime.min.replace(tzinfo=timezone(timedelta(hours=5)))) == date.min


@given(INSTANTS, st.integers(0, 2**31 - 1))
def test_a_later_instant_ends_with_the_calendar(instant: datetime, seconds: int) -> None:
    by = timedelta(seconds=seconds)
    assert later(instant, by) == (instant + by if LAST - instant >= by else LAST)


@given(INSTANTS)
def test_today_is_known_at_every_instant(now: datetime) -> None:
    present = RequestClock(now)
    assert present.today == carrier_day(now)
    if present.until is None:
        assert present.today == date.max
    else:
        assert present.until >= now
        assert carrier_day(present.until) == present.today
        assert carrier_day(present.until + timedelta(microseconds=1)) > present.today
