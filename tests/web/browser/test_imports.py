"""The build refuses modules of the widget that import each other in a circle."""

import shutil
import subprocess
from pathlib import Path

import pytest

from web.build import WEB, find_node


@pytest.fixture
def web(widget: Path, tmp_path: Path) -> Path:
    """A copy of what the check reads; the generated operations are those of the last build."""
    for folder in ("widget", ".generated"):
        shutil.copytree(WEB / folder, tmp_path / folder)
    for file in ("check.mjs", "tsconfig.json", "package.json"):
        shutil.copy(WEB / file, tmp_path / file)
    (tmp_path / "node_modules").symlink_to(WEB / "node_modules")
    return tmp_path


def check(web: Path) -> subprocess.CompletedProcess[str]:
    node = find_node(print)
    return subprocess.run(
        [node.program, "check.mjs"], cwd=web, capture_output=True, text=True, check=False
    )


def test_the_widget_has_no_circle_of_imports(web: Path) -> None:
    checked = check(web)
    assert (checked.returncode, checked.stderr) == (0, "")


@pytest.mark.parametrize(
    "statement",
    [
        'import { b } from "./b"; b;',
        'import type { B } from "./b"; export type A = B;',
        'import { type B } from "./b"; export type A = B;',
        'export type { B } from "./b";',
        'export type A = import("./b").B;',
    ],
)
def test_two_modules_that_import_each_other_fail_the_check(web: Path, statement: str) -> None:
    (web / "widget" / "a.ts").write_text(f"{statement}\nexport const a = 1;\n")
    (web / "widget" / "b.ts").write_text(
        'import { a } from "./a";\nexport const b = a;\nexport type B = string;\n'
    )
    checked = check(web)
    assert checked.returncode == 1
    assert circle_of(checked.stderr) == {"widget/a.ts", "widget/b.ts"}


def test_a_longer_circle_fails_the_check(web: Path) -> None:
    for name, imported in (("a", "b"), ("b", "views/c"), ("views/c", "../a")):
        path = imported if imported.startswith("..") else f"./{imported}"
        (web / "widget" / f"{name}.ts").write_text(f'export type * from "{path}";\n')
    checked = check(web)
    assert checked.returncode == 1
    assert circle_of(checked.stderr) == {"widget/a.ts", "widget/b.ts", "widget/views/c.ts"}


def circle_of(complaint: str) -> set[str]:
    """The modules that the complaint names, the first one at both ends."""
    first, *others, last = (
        complaint.removeprefix("Modules import each other: ").strip().split(" -> ")
    )
    assert first == last
    return {first, *others}


def test_a_type_error_is_reported_first(web: Path) -> None:
    with (web / "widget" / "dom.ts").open("a") as file:
        file.write('export const count: number = "one";\n')
    checked = check(web)
    assert checked.returncode == 1
    assert checked.stderr.startswith("widget/dom.ts(")
    assert "error TS2322" in checked.stderr
