"""The documentation: what it shows is so."""

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from graphql import GraphQLSchema, build_schema, parse, validate

from auth.oauth_scopes import ALLOWED_BY_KIND
from commands.main import main
from db.enums import ClientKind
from execution.errors import ErrorCode
from server.errors import HttpErrorCode

ROOT = Path(__file__).parent.parent
ARCHITECTURE = ROOT / "docs" / "architecture.md"
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", ROOT / "CONTRIBUTING.md"]
PAGES += sorted((ROOT / "docs").glob("*.md"))

each = pytest.mark.parametrize("page", PAGES, ids=[page.name for page in PAGES])


def text(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", text(page), re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def schema() -> GraphQLSchema:
    return build_schema(text(ROOT / "schema" / "schema.graphql"))


@each
def test_every_query_shown_is_valid(schema: GraphQLSchema, page: Path) -> None:
    queries = blocks(page, "graphql")
    # A request with curl carries its query in JSON, in quotes of the shell.
    queries += [json.loads(body)["query"] for body in re.findall(r"-d '(\{.*?\})'", text(page))]
    for query in queries:
        assert [error.message for error in validate(schema, parse(query))] == [], query


@each
def test_every_answer_shown_is_json(page: Path) -> None:
    for answer in blocks(page, "json"):
        json.loads(answer)


def test_there_are_queries_and_answers_to_check() -> None:
    assert blocks(ROOT / "README.md", "graphql")
    assert len(blocks(ROOT / "docs" / "partner-guide.md", "graphql")) >= 5
    assert len(blocks(ROOT / "docs" / "partner-guide.md", "json")) >= 5


def test_the_readme_shows_the_query_that_the_demo_asks() -> None:
    [shown] = blocks(ROOT / "README.md", "graphql")
    asked = text(ROOT / "web" / "graphiql" / "examples" / "01-order.graphql")
    assert shown == asked[asked.index("query OneOrder") :]


def commands(page: Path) -> Iterator[list[str]]:
    """The words after `partnergraph`, in running text and in blocks."""
    for code in re.findall(r"`(partnergraph [^`\n]+)`", text(page)):
        yield shlex.split(code)[1:]
    for block in blocks(page, "(?:sh|console)"):
        for line in block.splitlines():
            if found := re.match(r"(?:\$ )?partnergraph (.+)", line):
                yield shlex.split(found[1], comments=True)


@each
def test_every_command_shown_exists_with_its_options(page: Path) -> None:
    for words in commands(page):
        command: click.Command = main
        rest = list(words)
        while isinstance(command, click.Group) and rest and not rest[0].startswith("-"):
            name = rest.pop(0)
            assert name in command.commands, words
            command = command.commands[name]
        known = {option for parameter in command.params for option in parameter.opts}
        assert {word for word in rest if word.startswith("-")} <= known | {"--help"}, words


def test_the_readme_has_every_command() -> None:
    shown = {words[0] for words in commands(ROOT / "README.md")}
    assert shown == set(main.commands)


def anchors(page: Path) -> set[str]:
    titles = re.findall(r"^#+ (.+)$", text(page), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


@each
def test_every_link_within_the_project_leads_somewhere(page: Path) -> None:
    for link in re.findall(r"\]\(([^)\s]+)\)", text(page)):
        path, _, anchor = link.partition("#")
        if "://" in path:
            continue
        target = (page.parent / path).resolve() if path else page
        assert target.is_file(), link
        assert not anchor or anchor in anchors(target), link


def test_the_partners_guide_explains_every_error_code() -> None:
    guide = text(ROOT / "docs" / "partner-guide.md")
    explained = re.findall(r"^\| `([A-Z_]+)` \|", guide, re.MULTILINE)
    assert sorted(explained) == sorted({*ErrorCode, *HttpErrorCode})


def test_the_partners_guide_explains_every_scope() -> None:
    guide = text(ROOT / "docs" / "partner-guide.md")
    explained = re.findall(r"^\| `([a-z-]+:[a-z]+)` \|", guide, re.MULTILINE)
    assert sorted(explained) == sorted(ALLOWED_BY_KIND[ClientKind.PARTNER])


def test_the_readme_leads_to_every_page() -> None:
    shown = text(ROOT / "README.md")
    assert [page.name for page in PAGES[1:] if page.name not in shown] == []


@each
def test_every_file_of_tests_named_exists(page: Path) -> None:
    # Names that follow one with a folder are of that folder.
    for line in text(page).splitlines():
        folder = ""
        for path in re.findall(r"`([\w/]*test_\w+\.py)(?:::\w+)?`", line):
            folder = path.rpartition("/")[0] or folder
            assert (ROOT / folder / path.rpartition("/")[2]).is_file(), path


def rooms() -> list[str]:
    """The first column of the map in docs/architecture.md."""
    [drawn, *_] = blocks(ARCHITECTURE, "")
    return re.findall(r"^(\S+)", drawn, re.MULTILINE)


def test_the_map_of_the_architecture_has_every_room() -> None:
    packages = {f"{file.parent.name}/" for file in ROOT.glob("*/__init__.py")}
    assert sorted(rooms()) == sorted(packages | {file.name for file in ROOT.glob("*.py")})


def test_every_path_named_in_the_architecture_exists() -> None:
    paths = re.findall(r"`(\w[\w.-]*/[\w./-]*|\w+\.py)`", text(ARCHITECTURE))
    assert [path for path in paths if not (ROOT / path).exists()] == []


def test_every_name_in_the_architecture_is_in_the_sources() -> None:
    folders = [ROOT / room for room in rooms() if room.endswith("/") and room != "tests/"]
    files = [*ROOT.glob("*.py"), *(file for folder in folders for file in folder.rglob("*.py"))]
    words = {word for file in files for word in re.findall(r"\w+", text(file))}
    names = set(re.findall(r"`([A-Za-z_][\w.]*)`", text(ARCHITECTURE)))
    unknown = {name for name in names if not words >= set(name.split("."))}
    assert [name for name in sorted(unknown) if not (ROOT / name).exists()] == []
