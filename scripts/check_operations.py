"""Holds every GraphQL document that a browser loads against the printed schema: `make check`.

Needs no Node: what `tsc` says of the widget's code comes with its build.
"""

import sys
from pathlib import Path

from graphql import (
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    Source,
    build_schema,
    parse,
    validate,
)

ROOT = Path(__file__).parent.parent
FOLDERS = ("web/graphiql/examples", "web/widget/operations")


def mistakes(schema: GraphQLSchema, file: Path) -> list[str]:
    """What is wrong with a file, a line each."""
    name = file.relative_to(ROOT).as_posix()
    try:
        document = parse(Source(file.read_text(encoding="utf-8"), name))
    except GraphQLError as error:
        return [_line(name, error)]
    found = [_line(name, error) for error in validate(schema, document)]
    operations = [
        node.name.value if node.name else None
        for node in document.definitions
        if isinstance(node, OperationDefinitionNode)
    ]
    # Logs and audit entries call an operation by its name.
    if len(operations) != 1 or operations[0] is None:
        found.append(f"{name}: must have one operation, with a name")
    return found


def _line(name: str, error: GraphQLError) -> str:
    at = ":".join(str(number) for place in error.locations or () for number in place)
    return f"{name}:{at}: {error.message}"


def main() -> int:
    """Print what is wrong; the exit code says whether anything is."""
    schema = build_schema((ROOT / "schema" / "schema.graphql").read_text(encoding="utf-8"))
    files = [file for folder in FOLDERS for file in sorted((ROOT / folder).glob("*.graphql"))]
    found = [line for file in files for line in mistakes(schema, file)]
    print(*found, f"{len(files)} documents of the browser checked", sep="\n")  # noqa: T201
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
