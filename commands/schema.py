"""`export-schema`: write the schema in SDL, or check the committed file."""

from pathlib import Path

import click
from graphql import GraphQLError, build_schema
from graphql.utilities import BreakingChange, DangerousChange, SchemaChange, find_schema_changes

import schema
from commands.base import PARTLY_FAILED, Mistake

COMMITTED = Path(schema.__file__).with_name("schema.graphql")


@click.command("export-schema")
@click.option("--check", is_flag=True, help="Do not write; exit with 1 if the file is out of date.")
@click.argument(
    "path", type=click.Path(dir_okay=False, allow_dash=True, path_type=Path), default=COMMITTED
)
def export_schema(check: bool, path: Path) -> None:
    """Write the schema in SDL to PATH (default: schema/schema.graphql; `-` is standard output).

    Lists the changes against the schema in that file, and which of them break clients.
    """
    printed = schema.printed()
    if str(path) == "-":
        click.echo(printed, nl=False)
        return
    try:
        before = path.read_text(encoding="utf-8") if path.exists() else None
        if before == printed:
            click.echo(f"{path.name} is up to date.")
            return
        for line in describe_changes(before, printed):
            click.echo(line, err=True)
        if check:
            click.echo(f"{path.name} is out of date: run `partnergraph export-schema`.", err=True)
            raise SystemExit(PARTLY_FAILED)
        path.write_text(printed, encoding="utf-8")
    except OSError as error:
        raise Mistake(f"{path} cannot be read or written: {error.strerror}.") from None
    click.echo(f"Wrote {path.name}.")


def describe_changes(before: str | None, after: str) -> list[str]:
    """Return the changes from one SDL to another, breaking changes first."""
    if before is None:
        return []
    try:
        old = build_schema(before)
    except GraphQLError:
        return ["The file is not a valid schema."]
    changes = find_schema_changes(old, build_schema(after))
    return [f"{_effect(change)}: {change.description}" for change in sorted(changes, key=_rank)]


def _rank(change: SchemaChange) -> tuple[int, str]:
    ranks = {BreakingChange: 0, DangerousChange: 1}
    return ranks.get(type(change), 2), change.description


def _effect(change: SchemaChange) -> str:
    if isinstance(change, BreakingChange):
        return "BREAKS CLIENTS"
    return "may surprise clients" if isinstance(change, DangerousChange) else "safe"
