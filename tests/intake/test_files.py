"""Files and folders: what is read of them, in which order, and what one bad part costs."""

import asyncio
import json
import os
from pathlib import Path
from typing import Any

import pytest

import intake
from db.enums import OrderPhase
from db.models import Order, Tenant
from tests.intake.payloads import NOW, Intake, at, order, state


def _list(*parts: bytes) -> bytes:
    return b"[" + b",".join(parts) + b"]"


@pytest.mark.parametrize("number", [b"1e99999", b"-1e-99999", b"9" * 5000])
async def test_a_number_that_nobody_can_hold_costs_its_message_alone(
    take_in: Intake, number: bytes
) -> None:
    bad = b'{"@type": "ProductOrder", "id": "B", "x": ' + number + b"}"
    report = await take_in(_list(json.dumps(order()).encode(), bad))
    [problem] = report.problems
    assert (problem.path, report.loaded) == ("$[1].x", 1)
    assert "out of range" in problem.reason


async def test_a_name_that_stands_twice_is_a_problem_of_its_message(take_in: Intake) -> None:
    bad = b'{"@type": "ProductOrder", "id": "B", "note": [{"text": "a", "text": "b"}]}'
    report = await take_in(_list(json.dumps(order()).encode(), bad))
    [problem] = report.problems
    assert (problem.path, report.loaded) == ("$[1].note[0].text", 1)
    assert "twice" in problem.reason


async def test_what_binary_fractions_leave_behind_is_an_amount(take_in: Intake) -> None:
    payload = order()
    price = payload["productOrderItem"][0]["itemPrice"][0]["price"]
    price["taxIncludedAmount"]["value"] = 9.995999999999999
    await take_in.good(payload)


async def test_long_lists_are_read_whole(take_in: Intake) -> None:
    names = [{"id": label} for label in ("x#2", "x", "x", *map(str, range(3000)))]
    await take_in.good(order(things=names))
    things = [c for c in (await take_in.order()).characteristics if "things" in c["name"]]
    assert len({c["name"] for c in things}) == len(names)


async def test_events_wait_for_an_order_of_a_later_file(take_in: Intake) -> None:
    old = order("OLD", creationDate="2020-01-01T00:00:00Z")
    report = await take_in.good([old, state("held", 4)], [order(), state("inProgress", 3)])
    assert report.loaded == 4
    assert (await take_in.order()).phase is OrderPhase.ON_HOLD


async def test_unknown_orders_are_each_reported_once(take_in: Intake) -> None:
    numbers = [f"U-{index}" for index in range(40)]
    report = await take_in([state("held", 1, number) for number in numbers], order())
    assert [p.reason for p in report.problems] == [f"unknown order {n}" for n in numbers]
    assert (report.loaded, report.failed) == (1, 40)


async def test_every_json_file_of_a_folder_is_read_or_reported(
    take_in: Intake, tmp_path: Path
) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    take_in.file(order()).rename(folder / "UPPER.JSON")
    (folder / "binary.json").write_bytes(bytes(range(256)))
    (folder / "gone.json").symlink_to(folder / "nowhere")
    (folder / "loop.json").symlink_to(folder / "loop.json")
    (folder / "same.json").symlink_to(folder / "UPPER.JSON")
    os.mkfifo(folder / "pipe.json")
    report = await intake.run(take_in.database, [folder], now=NOW)
    assert {p.file.name for p in report.problems} == {"binary.json", "gone.json", "loop.json"}
    assert (report.loaded, report.unchanged) == (1, 0)


async def test_a_folder_that_cannot_be_read_is_reported(
    take_in: Intake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "in"
    locked = folder / "locked"
    locked.mkdir(parents=True)
    take_in.file(order()).rename(folder / "a.json")
    scan = os.scandir

    def scandir(path: Any) -> Any:
        # Permissions would not stop a test that runs as root.
        if Path(path) == locked:
            raise PermissionError(13, "Permission denied", str(path))
        return scan(path)

    monkeypatch.setattr(os, "scandir", scandir)
    report = await intake.run(take_in.database, [folder], now=NOW)
    [problem] = report.problems
    assert (problem.file, problem.path) == (locked, "$")
    assert "Permission denied" in problem.reason
    assert (report.loaded, report.complete) == (1, False)


async def test_two_intakes_at_once_make_their_tenant_once(take_in: Intake) -> None:
    files = [take_in.file([order(f"{name}-{i}", quote=[]) for i in range(3)]) for name in "AB"]
    reports = await asyncio.gather(*(intake.run(take_in.database, [f], now=NOW) for f in files))
    assert [p.reason for report in reports for p in report.problems] == []
    assert len(await take_in.rows(Order)) == 6
    assert len(await take_in.rows(Tenant)) == 1


async def test_one_message_that_meets_another_intake_is_tried_again(take_in: Intake) -> None:
    files = [take_in.file(order(name, quote=[], creationDate=at(1))) for name in "AB"]
    reports = await asyncio.gather(*(intake.run(take_in.database, [f], now=NOW) for f in files))
    assert [p.reason for report in reports for p in report.problems] == []
    assert sorted(o.number for o in await take_in.rows(Order)) == ["A", "B"]
