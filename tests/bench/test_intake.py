from pathlib import Path

import pytest

from bench.intake import Measured, Step, measure, order, progress, report
from intake.messages import read_message
from intake.reader import parse, written
from tests.intake.payloads import NOW


def _measured(new: float, again: float, peak: float) -> Measured:
    steps = [Step("new orders", 100, new), Step("new orders again", 100, again)]
    return Measured(steps, 80, peak)


def test_the_report_has_the_best_round_of_each_step_and_the_highest_memory() -> None:
    text = report({"SQLite": [_measured(0.2, 0.01, 90), _measured(0.1, 0.02, 120)]})
    cells = [[cell.strip() for cell in line.split("|")[1:-1]] for line in text.splitlines()[2:4]]
    assert cells == [
        ["SQLite: new orders", "1,000", "1.00", "1/1.00"],
        ["SQLite: new orders again", "10,000", "0.100", "1/10.0"],
    ]
    assert text.endswith("- SQLite: 120 MiB at most with 100 orders in one file, 80 before.")


def test_the_messages_are_valid_and_about_the_same_orders() -> None:
    for value in (order(7), progress(7, "held", 60)):
        message = read_message(parse(written(value).encode()), "$", NOW)
        assert message.number == "A-0000007"


@pytest.mark.parametrize("engine", ["sqlite"], scope="session", indirect=True)
def test_a_measurement_loads_every_file(database_url: str, tmp_path: Path) -> None:
    measured = measure(database_url, 5)
    assert [step.name for step in measured.steps][:2] == ["new orders", "new orders again"]
    assert all(step.seconds > 0 and step.orders == 5 for step in measured.steps)
    assert measured.peak_mib >= measured.start_mib > 10
