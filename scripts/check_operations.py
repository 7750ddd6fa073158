"""Validate every GraphQL document that a browser loads against the printed schema (`make check`).

Needs no Node. The build of the widget checks the types of its code.
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


def problems(schema: GraphQLSchema, file: Path) -> list[str]:
    """Return a line for each error in a file, like `web/….graphql:3:5: message`."""
    name = file.relative_to(ROOT).as_posix()
    try:
        document = parse(Source(file.read_text(encoding="utf-8"), name))
    except GraphQLError as error:
        return [_line(name, error)]
    lines = [_line(name, error) for error in validate(schema, document)]
    operations = [
        node.name.value if node.name else None
        for node in document.definitions
        if isinstance(node, OperationDefinitionNode)
    ]
    # Logs and audit entries identify an operation by its name.
    if len(operations) != 1 or operations[0] is None:
        lines.append(f"{name}: must have one operation, with a name")
    return lines


def _line(name: str, error: GraphQLError) -> str:
    position = ":".join(str(number) for place in error.locations or () for number in place)
    return f"{name}:{position}: {error.message}"


def main() -> int:
    """Print all errors; return 1 if there are any, else 0."""
    schema = build_schema((ROOT / "schema" / "schema.graphql").read_text(encoding="utf-8"))
    files = [file for folder in FOLDERS for file in sorted((ROOT / folder).glob("*.graphql"))]
    lines = [line for file in files for line in problems(schema, file)]
    print(*lines, f"{len(files)} documents of the browser checked", sep="\n")  # noqa: T201
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())
