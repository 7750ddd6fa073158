"""The newest report of each thing counts, in whatever order they come."""

from datetime import UTC, datetime, timedelta
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from ordering.order.report_times import ReportTimes

T0 = datetime(2026, 3, 2, tzinfo=UTC)
REPORTS = st.lists(st.tuples(st.integers(0, 5), st.text("abc", max_size=1)), min_size=1)


def _last(reports: list[tuple[int, str]]) -> str | None:
    times, value = ReportTimes(None), None
    for hours, said in reports:
        if times.take("x", T0 + timedelta(hours=hours), said):
            value = said
    return value


@given(REPORTS, st.randoms())
def test_the_order_of_arrival_does_not_matter(
    reports: list[tuple[int, str]], random: Random
) -> None:
    shuffled = sorted(reports, key=lambda _: random.random())
    assert _last(shuffled) == _last(reports) == max(reports)[1]


def test_a_report_without_a_time_tells_the_present() -> None:
    times = ReportTimes(None)
    assert times.take("x", T0)
    assert times.take("x", None)
    assert not times.take("x", T0 - timedelta(hours=1))


def test_names_are_apart_and_kept() -> None:
    times = ReportTimes(None)
    assert times.take("x", T0)
    kept = ReportTimes(times.stored())
    assert kept.take("y", T0 - timedelta(hours=1))
    assert not kept.take("x", T0 - timedelta(hours=1))
