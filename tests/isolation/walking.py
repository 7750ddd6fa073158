"""Asks everything that the schema offers from one seat, and reads what the answers say."""

import base64
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from tests.graph import walk
from tests.graph.walk import Lesson, Place, Question
from tests.isolation.actors import EVERYTHING, Asking


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


async def questions(lesson: Lesson, shown: Sequence[Asking]) -> list[Question]:
    """Every field with every argument, and with cursors that each of these was shown."""
    every = []
    for place in walk.places():
        if str(place) == "Viewer.rateLimit":
            # It tells of the questions before, which are not the same for everybody.
            continue
        taught = lesson
        if place.is_connection:
            found = [await _cursor(place, lesson, asking) for asking in shown]
            cursors = [cursor for cursor in found if cursor is not None]
            assert cursors, f"nobody was given a cursor of {place}"
            taught |= {"after": cursors, "before": cursors}
        plain, *variants = taught.variants(place)
        outline = walk.outline(place.target) if place.target is not None else None
        every += walk.questions(place, [plain], taught)
        every += walk.questions(place, variants, taught, outline)
    return every


async def ask(asking: Asking, question: Question) -> Told:
    """The answer that is given there. None of the questions is a mistake."""
    answer = await asking.ask(question.document, question.variables)
    allowed = set() if asking.seat.scopes == EVERYTHING else {"FORBIDDEN", "LIMIT_EXCEEDED"}
    assert set(answer.codes) <= allowed, f"{question.place}: {answer.errors}"
    # Credentials are told by parts that are random.
    return Told(question, re.sub(rb'"tokenId":"[^"]+"', b'"tokenId":""', answer.response.content))


async def cursors(lesson: Lesson, shown: Sequence[Asking]) -> dict[str, list[str]]:
    """For each kind of connection ("OrderConnection"), cursors that each of these was shown."""
    found: dict[str, list[str]] = {}
    for place in walk.places():
        if place.is_connection and place.target is not None and place.target.name not in found:
            given = [await _cursor(place, lesson, asking) for asking in shown]
            if any(given):
                found[place.target.name] = [cursor for cursor in given if cursor is not None]
    return found


async def _cursor(place: Place, lesson: Lesson, asking: Asking) -> str | None:
    """Of the first object that is found there."""
    (question,) = walk.questions(place, [lesson.plain(place)], lesson, "edges { cursor }")
    answer = await asking.ask(question.document, question.variables)
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
