"""The arithmetic and the tables of the benchmark. Measured values themselves are not tested."""

from dataclasses import replace

import pytest

from bench.figures import Round, figures, percentile, shown, table
from bench.report import BEGIN, END, with_figures


@pytest.mark.parametrize(
    ("percent", "expected"), [(1, 10), (20, 10), (21, 20), (50, 30), (95, 50), (100, 50)]
)
def test_a_percentile_is_a_value_that_occurred(percent: float, expected: float) -> None:
    assert percentile([40, 10, 50, 20, 30], percent) == expected


@pytest.mark.parametrize(("values", "percent"), [([], 50), ([1.0], 0), ([1.0], 101)])
def test_there_is_no_percentile_of_nothing(values: list[float], percent: float) -> None:
    with pytest.raises(ValueError, match=r"percentile|within"):
        percentile(values, percent)


def _round(*, requests: int, latency: float) -> Round:
    return Round(
        requests=requests,
        seconds=2.0,
        p50=latency,
        p95=latency,
        p99=latency,
        generator_cpu=0.1,
        response_bytes=500,
    )


def test_a_disturbed_round_does_not_move_the_medians() -> None:
    usual = _round(requests=100, latency=20)
    medians = figures([usual, _round(requests=10, latency=200), replace(usual, seconds=2.5)])
    assert medians.per_second == 40
    assert (medians.p50, medians.p95, medians.p99) == (20, 20, 20)
    assert medians.spread == pytest.approx((50 - 5) / 40)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.1234, "0.123"),
        (1.0, "1.00"),
        (9.876, "9.88"),
        (12.34, "12.3"),
        (123.4, "123"),
        (1234.5, "1,234"),
        (98765.4, "98,765"),
    ],
)
def test_a_value_is_shown_to_about_three_digits(value: float, text: str) -> None:
    assert shown(value) == text


def test_a_table_is_aligned() -> None:
    assert table(["what", "n"], [["a", "1,000"], ["bcdef", "2"]]) == (
        "| what  |     n |\n| ----- | ----: |\n| a     | 1,000 |\n| bcdef |     2 |"
    )


def test_figures_replace_those_of_the_last_run_and_nothing_else() -> None:
    once = with_figures(f"before\n{BEGIN}\nold\n{END}\nafter\n", "new")
    assert once == f"before\n{BEGIN}\n\nnew\n\n{END}\nafter\n"
    assert with_figures(once, "newer") == once.replace("new", "newer")


def test_figures_need_their_place_in_the_document() -> None:
    with pytest.raises(ValueError, match="marks"):
        with_figures("nothing here", "new")
