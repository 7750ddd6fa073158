"""What packaging does about the web files: a wheel holds them, an editable install waits."""

from typing import Any

import pytest
from hatchling.bridge.app import Application

import hatch_build
from hatch_build import WebBuildHook
from web.build import BuildError, Node


@pytest.fixture
def hook() -> WebBuildHook:
    nothing: Any = None
    return WebBuildHook(".", {}, nothing, nothing, ".", "wheel", Application())


def fail(*_: object) -> bool:
    raise BuildError("There is no Node.")


def test_a_wheel_is_not_packed_without_the_built_files(
    hook: WebBuildHook, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(hatch_build, "build", fail)
    with pytest.raises(SystemExit) as ended:
        hook.initialize("standard", {})
    assert ended.value.code == 1
    assert "There is no Node." in capsys.readouterr().err


def test_an_editable_install_builds_nothing(
    hook: WebBuildHook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hatch_build, "build", fail)
    hook.initialize("editable", {})


@pytest.mark.parametrize(("node", "wanted"), [(Node("node", ("npm",)), []), (None, ["pip"])])
def test_packaging_asks_for_pip_only_where_node_must_be_fetched(
    hook: WebBuildHook, monkeypatch: pytest.MonkeyPatch, node: Node | None, wanted: list[str]
) -> None:
    monkeypatch.setattr(hatch_build, "machine_node", lambda: node)
    assert hook.dependencies() == wanted
