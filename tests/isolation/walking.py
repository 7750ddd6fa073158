"""Asks everything that the schema offers as one tenant, and reads what the answers say."""

import base64
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from tests.graph import walk
from tests.graph.client import Client
from tests.graph.walk import Lesson, Place, Question


@dataclass(frozen=True)
class Told:
    """What was asked, and the bytes of the answer."""

    question: Question
    answer: bytes

    @property
    def place(self) -> str:
        return str(self.question.place)

    def says(self, markers: Iterable[str]) -> set[str]:
        """Which of the markers the answer says, other than by repeating what was asked."""
        said = set(_texts(orjson.loads(self.answer)))
        asked = set(_texts(self.question.variables))
        told = "\n".join(said - asked)
        return {
            marker
            for marker in markers
            # A number or a day stands for itself; a text may be a part of another.
            if (marker in told if any(map(str.isalpha, marker)) else marker in said - asked)
        }


async def questions(client: Client, lesson: Lesson, tenants: Sequence[str]) -> list[Question]:
    """Every field with every argument, and with cursors that each of the tenants was given."""
    every = []
    for place in walk.places():
        if str(place) == "Viewer.rateLimit":
            # It tells of the questions before, which are not the same for everybody.
            continue
        taught = lesson
        if place.is_connection:
            found = [await _cursor(client, place, lesson, tenant) for tenant in tenants]
            cursors = [cursor for cursor in found if cursor is not None]
            assert cursors, f"nobody was given a cursor of {place}"
            taught |= {"after": cursors, "before": cursors}
        plain, *variants = taught.variants(place)
        outline = walk.outline(place.target) if place.target is not None else None
        every += walk.questions(place, [plain], taught)
        every += walk.questions(place, variants, taught, outline)
    return every


async def ask(client: Client, question: Question, tenant: str) -> Told:
    """The answer that the tenant gets. None of the questions is a mistake."""
    answer = await client.query(question.document, question.variables, tenant=tenant)
    assert answer.errors == [], f"{question.place}: {question.document} {question.variables}"
    # A key made for the test has a name at random, which the viewer is told.
    return Told(question, re.sub(rb"pgk_\w{8}", b"pgk_", answer.response.content))


async def _cursor(client: Client, place: Place, lesson: Lesson, tenant: str) -> str | None:
    """Of the first object that the tenant finds there."""
    (question,) = walk.questions(place, [lesson.plain(place)], lesson, "edges { cursor }")
    answer = await client.query(question.document, question.variables, tenant=tenant)
    return next(_named("cursor", answer.data), None)


def _named(name: str, value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from ([value[name]] if name in value else [])
    for each in value.values() if isinstance(value, dict) else value:
        if isinstance(each, dict | list):
            yield from _named(name, each)


def _texts(value: Any) -> Iterator[str]:
    """All texts and numbers, those within cursors included."""
    if isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _texts(each)
    elif isinstance(value, str):
        yield value
        yield from _texts(_read_cursor(value))
    elif value is not None and not isinstance(value, bool):
        yield str(value)


def _read_cursor(text: str) -> list[Any]:
    try:
        parts = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except ValueError:
        return []
    return parts if isinstance(parts, list) else []
