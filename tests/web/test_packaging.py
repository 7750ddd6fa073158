"""The build hook: a wheel holds the built web files, an editable install does not need them."""

from typing import Any

import pytest
from hatchling.bridge.app import Application

from scripts import hatch_build
from scripts.hatch_build import WheelBuildHook
from web.build import BuildError, Node


@pytest.fixture
def hook() -> WheelBuildHook:
    nothing: Any = None
    return WheelBuildHook(".", {}, nothing, nothing, ".", "wheel", Application())


def fail(*_: object) -> bool:
    raise BuildError("There is no Node.")


def test_a_wheel_is_not_packed_without_the_built_files(
    hook: WheelBuildHook, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(hatch_build, "build", fail)
    with pytest.raises(SystemExit) as ended:
        hook.initialize("standard", {"force_include": {}})
    assert ended.value.code == 1
    assert "There is no Node." in capsys.readouterr().err


def test_an_editable_install_builds_and_copies_nothing(
    hook: WheelBuildHook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hatch_build, "build", fail)
    build_data: dict[str, Any] = {"force_include": {}}
    hook.initialize("editable", build_data)
    assert build_data == {"force_include": {}}


@pytest.mark.parametrize(("node", "required"), [(Node("node", ("npm",)), []), (None, ["pip"])])
def test_packaging_asks_for_pip_only_where_node_must_be_fetched(
    hook: WheelBuildHook, monkeypatch: pytest.MonkeyPatch, node: Node | None, required: list[str]
) -> None:
    monkeypatch.setattr(hatch_build, "machine_node", lambda: node)
    assert hook.dependencies() == required
