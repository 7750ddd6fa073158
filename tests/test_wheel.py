"""The wheel adds one name to site-packages, and works next to modules with the same names."""

import os
import shutil
import signal
import subprocess
import sys
import sysconfig
import venv
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.support.processes import served
from web.build import source_digest

ROOT = Path(__file__).parent.parent
NOT_INSTALLED = {"bench", "scripts", "tests"}
PACKAGES = sorted({file.parent.name for file in ROOT.glob("*/__init__.py")} - {"partnergraph"})
MODULES = [
    *(name for name in PACKAGES if name not in NOT_INSTALLED),
    *sorted(file.stem for file in ROOT.glob("*.py")),
]
PAGE = "<!doctype html><title>GraphiQL of the wheel</title>"
pytestmark = pytest.mark.long

DECOY = 'raise ImportError("a module of another distribution was imported")\n'

WHERE = f"""
import importlib, sys
from partnergraph import main
sys.argv[1:] = ["--version"]
try:
    main()
except SystemExit:
    pass
for name in {MODULES}:
    print(name, importlib.import_module(name).__file__)
"""


@dataclass(frozen=True)
class Installation:
    """A virtual environment that holds the wheel."""

    folder: Path
    site_packages: Path

    @property
    def program(self) -> Path:
        return self.folder / "bin" / "partnergraph"

    def run(
        self,
        command: Sequence[str | Path],
        environment: Mapping[str, str] | None = None,
        *,
        code: int = 0,
    ) -> str:
        """Run a command of this environment in its folder; return what it printed."""
        variables = clean_environment() | dict(environment or {})
        done = subprocess.run(
            command, cwd=self.folder, env=variables, capture_output=True, text=True, check=False
        )
        assert done.returncode == code, done.stderr
        return done.stdout + done.stderr


def clean_environment() -> dict[str, str]:
    return {k: v for k, v in os.environ.items() if not k.startswith(("PARTNERGRAPH_", "PYTHON"))}


def write_decoys(folder: Path) -> list[Path]:
    """Modules, and a package, with the names of the product's own."""
    decoys = [folder / f"{name}.py" for name in MODULES if name != "web"]
    decoys.append(folder / "web" / "__init__.py")
    for decoy in decoys:
        decoy.parent.mkdir(exist_ok=True)
        decoy.write_text(DECOY)
    return decoys


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel of a copy of the sources whose web files count as built: no Node, no network."""
    copy = tmp_path_factory.mktemp("sources") / "partnergraph"
    ignored = shutil.ignore_patterns(
        *(".git", ".venv", ".node", ".*_cache", ".hypothesis", "__pycache__", "node_modules"),
        *("dist", ".generated", "var"),
    )
    shutil.copytree(ROOT, copy, ignore=ignored)
    dist = copy / "web" / "dist"
    (dist / "graphiql").mkdir(parents=True)
    (dist / "graphiql" / "index.html").write_text(PAGE)
    (dist / "stamp").write_text(source_digest(copy / "web"))
    target = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", target],
        cwd=copy,
        check=True,
        capture_output=True,
    )
    [built] = target.iterdir()
    return built


@pytest.fixture(scope="module")
def installation(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """The wheel, installed next to decoys, with the dependencies of the tests' environment."""
    folder = tmp_path_factory.mktemp("installation")
    venv.create(folder, with_pip=False)
    python = folder / "bin" / "python"
    [site_packages] = folder.glob("lib/python*/site-packages")
    write_decoys(site_packages)
    # A path that such a file adds is searched last, and its own `.pth` files are not read: the
    # editable install of the checkout stays out.
    paths = sysconfig.get_paths()
    dependencies = dict.fromkeys([paths["purelib"], paths["platlib"]])
    (site_packages / "dependencies.pth").write_text("\n".join(dependencies))
    pip = [sys.executable, "-m", "pip", "--python", str(python)]
    subprocess.run(
        [*pip, "install", "--quiet", "--no-deps", "--no-index", "--no-compile", wheel],
        check=True,
        capture_output=True,
    )
    return Installation(folder, site_packages)


def test_the_wheel_adds_one_name_to_site_packages(wheel: Path) -> None:
    names = {name.partition("/")[0] for name in zipfile.ZipFile(wheel).namelist()}
    assert names == {"partnergraph", "-".join(wheel.name.split("-")[:2]) + ".dist-info"}


def test_the_wheel_holds_every_module_of_the_product_and_nothing_for_developers(
    wheel: Path,
) -> None:
    paths = [name.split("/") for name in zipfile.ZipFile(wheel).namelist()]
    inside = {path[1] for path in paths if path[0] == "partnergraph"}
    files = {f"{file.stem}.py" for file in ROOT.glob("*.py")} | {"__init__.py", "__main__.py"}
    assert inside == files | (set(PACKAGES) - NOT_INSTALLED)
    web = {path[2] for path in paths if path[:2] == ["partnergraph", "web"]}
    assert not web & {"build.py", "package.json", "widget"}


def test_modules_of_other_distributions_are_neither_overwritten_nor_imported(
    installation: Installation,
) -> None:
    where = installation.run([installation.folder / "bin" / "python", "-c", WHERE])
    ours = installation.site_packages / "partnergraph"
    files = dict(line.split(maxsplit=1) for line in where.splitlines()[1:])
    assert set(files) == set(MODULES)
    assert {name for name, file in files.items() if not Path(file).is_relative_to(ours)} == set()
    for decoy in (installation.site_packages / "schema.py", installation.site_packages / "web"):
        file = decoy if decoy.is_file() else decoy / "__init__.py"
        assert file.read_text() == DECOY


def test_the_same_holds_in_a_checkout(tmp_path: Path) -> None:
    decoys, work = tmp_path / "decoys", tmp_path / "work"
    decoys.mkdir()
    work.mkdir()
    write_decoys(decoys)
    done = subprocess.run(
        [sys.executable, "-c", WHERE],
        cwd=work,
        # Searched before the path that an editable install adds.
        env=clean_environment() | {"PYTHONPATH": str(decoys)},
        capture_output=True,
        text=True,
        check=False,
    )
    files = dict(line.split(maxsplit=1) for line in done.stdout.splitlines()[1:])
    assert set(files) == set(MODULES), done.stderr
    for name, file in files.items():
        assert Path(file) in {ROOT / f"{name}.py", ROOT / name / "__init__.py"}


@pytest.mark.parametrize("module", [False, True], ids=["script", "python -m"])
def test_an_installation_finds_the_schema_that_it_prints(
    installation: Installation, module: bool
) -> None:
    python = installation.folder / "bin" / "python"
    start = [python, "-m", "partnergraph"] if module else [installation.program]
    assert "up to date" in installation.run([*start, "export-schema", "--check"])


def test_the_demo_of_an_installation_answers(installation: Installation) -> None:
    shown = installation.run([installation.program, "demo", "--port", "0", "--once"])
    assert '"statusExplanation": ' in shown


def test_only_made_up_order_books_need_faker(installation: Installation, tmp_path: Path) -> None:
    (tmp_path / "faker.py").write_text("raise ModuleNotFoundError(name=__name__)")
    variables = {
        "PYTHONPATH": str(tmp_path),
        "PARTNERGRAPH_DATABASE_URL": f"sqlite+aiosqlite:///{tmp_path}/orders.sqlite3",
    }
    program = installation.program
    installation.run([program, "migrate"], variables)
    assert "There are no keys" in installation.run([program, "api-key", "list"], variables)
    told = installation.run([program, "seed", "--orders", "3"], variables, code=2)
    assert told == (
        "Error: A made-up order book needs the package faker: install partnergraph[demo].\n"
    )


def test_worker_processes_of_an_installation_serve_its_own_files(
    installation: Installation, postgresql_url: str
) -> None:
    with served(
        [installation.program, "serve", "--workers", "2"],
        cwd=installation.folder,
        environment=clean_environment() | {"PARTNERGRAPH_DATABASE_URL": postgresql_url},
    ) as (process, origin):
        with httpx.Client(base_url=origin, trust_env=False, timeout=60) as client:
            schema, page = client.get("/schema.graphql"), client.get("/graphiql")
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)
    assert schema.text == (ROOT / "schema" / "schema.graphql").read_text()
    assert page.text == PAGE
    assert process.returncode == 0
