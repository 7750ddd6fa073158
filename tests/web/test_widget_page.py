"""docs/widget.md names what a portal can set, and nothing else."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
WIDGET = ROOT / "web" / "widget"
PAGE = (ROOT / "docs" / "widget.md").read_text(encoding="utf-8")


def sources(kind: str) -> str:
    return "\n".join(path.read_text(encoding="utf-8") for path in sorted(WIDGET.rglob(kind)))


def rows(heading: str) -> set[str]:
    """The first cells of the table below a heading."""
    [section] = re.findall(rf"^## {heading}\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)
    return set(re.findall(r"^\| `([\w-]+)` \|", section, re.MULTILINE))


def test_every_attribute_is_explained() -> None:
    element = (WIDGET / "element.ts").read_text(encoding="utf-8")
    [observed] = re.findall(r"observedAttributes = \[(.*?)\]", element, re.DOTALL)
    # The theme is the style sheet's alone.
    assert rows("Attributes") == {*re.findall(r'"([\w-]+)"', observed), "theme"}


def test_every_event_is_explained() -> None:
    assert rows("Events") == set(re.findall(r'new CustomEvent\("([\w-]+)"', sources("element.ts")))


def test_every_custom_property_is_explained() -> None:
    assert rows("Looks") == set(re.findall(r"--partnergraph-[\w-]+", sources("*.css")))


def test_every_part_is_named() -> None:
    [named] = re.findall(r"styled with `::part\(…\)`: (.*?)\. Names", PAGE, re.DOTALL)
    given = " ".join(re.findall(r"\bpart: ([^,\n]*)", sources("*.ts")))
    found = {part for text in re.findall(r'"([\w -]+)"', given) for part in text.split()}
    # Both views are made by the element itself.
    assert set(re.findall(r"`([\w-]+)`", named)) == found | {"widget", "overview", "order"}
