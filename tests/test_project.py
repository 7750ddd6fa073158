"""The project as it is installed: its packages and its lock files."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent
LOCKS = ("requirements.lock", "requirements-dev.lock")

each_lock = pytest.mark.parametrize("name", LOCKS)


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def locked(name: str) -> dict[str, str]:
    """The entry of each package in a lock file: its version, its marker and its hashes."""
    entries = re.split(r"\n(?=\S)", text(name).strip())
    return {entry.partition("==")[0]: entry for entry in entries}


def names(requirements: list[str]) -> set[str]:
    matches = [re.match(r"[\w.-]+", requirement) for requirement in requirements]
    return {match[0].lower() for match in matches if match} - {"partnergraph"}


@pytest.fixture(scope="module")
def project() -> dict[str, Any]:
    return tomllib.loads(text("pyproject.toml"))


def test_the_schema_package_is_ours_and_not_a_distribution_of_that_name(tmp_path: Path) -> None:
    # Outside of pytest and of this folder, both of which would put our packages first.
    done = subprocess.run(
        [sys.executable, "-P", "-c", "import schema; print(schema.__file__)"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.strip() == str(ROOT / "schema" / "__init__.py"), done.stderr


@each_lock
def test_a_lock_names_no_package_index(name: str) -> None:
    lock = text(name)
    assert "://" not in lock
    assert not re.search(r"^\s*-", lock.replace("    --hash=", ""), re.MULTILINE)


@each_lock
def test_every_locked_package_has_one_exact_version_and_hashes(name: str) -> None:
    for entry in locked(name).values():
        assert re.fullmatch(
            r"[a-z0-9.-]+==[^\s;]+( ; [^\\]+)?( \\\n    --hash=sha256:[0-9a-f]{64})+", entry
        ), entry.partition("\n")[0]


def test_the_developers_lock_holds_all_of_the_other_in_the_same_versions() -> None:
    product, developers = (locked(name) for name in LOCKS)
    assert product.items() < developers.items()


def test_every_dependency_of_the_project_is_locked(project: dict[str, Any]) -> None:
    required = project["project"]["dependencies"] + project["build-system"]["requires"]
    extras = project["project"]["optional-dependencies"]
    product, developers = (set(locked(name)) for name in LOCKS)
    assert names(required + extras["demo"]) <= product
    assert names(extras["dev"]) <= developers


def test_the_demo_installs_no_tools_of_developers(project: dict[str, Any]) -> None:
    tools = names(project["project"]["optional-dependencies"]["dev"])
    tools -= names(project["build-system"]["requires"])
    assert not tools & set(locked("requirements.lock"))
