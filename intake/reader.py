"""JSON, read with exact decimals: one message of a file at a time."""

import json
import re
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

from intake.digests import digest_of_text, text_digest
from intake.json_place import LONGEST_NAME, join, labels, member
from intake.problems import InvalidError

LARGEST_FILE = 256 * 1024 * 1024
"""Bytes."""
DEEPEST = 100
"""The deepest nesting of objects and lists."""
LONGEST_PATH = 2_000
"""Characters of a JSON path, and of the full name of a value. Each value below repeats both, so
without a limit their total would grow with the square of the body."""
_LONGEST_NUMBER = 1000
_LONGEST_TEXT = 1024 * 1024
"""Characters of a message that is recognised without being parsed."""
_LONGEST_OPENING = 80
_SPACES = " \t\n\r"


@dataclass(frozen=True, slots=True)
class Part:
    """A message in the text of a file."""

    path: str
    """JSON path."""
    position: int
    value: Any
    """None if its text was skipped."""
    digest: str | None
    """None if it was not computed."""
    text_digest: str


class _Joint(NamedTuple):
    separator: str
    """Between two messages of a list; empty if there is one message only."""
    opening: str
    """How each message begins; empty if they differ."""


class Document:
    """The messages in the text of a file, parsed one at a time."""

    def __init__(self, raw: bytes) -> None:
        """Raises `InvalidError` for bytes that are not UTF-8."""
        self._text = _decoded(raw)
        self._plain: set[int] = set()
        """Positions of the messages that the plain decoder reads correctly."""
        start = _after_space(self._text, 0)
        self._is_list = self._text[start : start + 1] == "["
        self._next = _after_space(self._text, start + 1) if self._is_list else start
        """Position of the next message."""
        self._joint: _Joint | None = None
        self._ahead: dict[int, tuple[int, str]] = {}
        """Ends and digests of texts that may be messages, by position."""
        self._skipped: Collection[str] = ()

    def texts_ahead(self, most: int) -> list[str]:
        """Digests of texts that may be the next messages.

        Messages of one file usually begin alike, so their ends are found without parsing. A text is
        certain to be a message only if its digest is that of a message.
        """
        text, begin, last = self._text, self._next, self._text.rfind("}") + 1
        self._joint = self._joint or self._find_joint()
        separator, opening = self._joint
        joint = f"}}{separator}{opening}"
        self._ahead = {}
        while begin < last and len(self._ahead) < most:
            longest = begin + _LONGEST_TEXT
            end = (text.find(joint, begin, longest) + 1) if opening else 0
            if end == 0:
                end = last
                if end > longest:
                    break
            self._ahead[begin] = end, text_digest(text[begin:end])
            begin = end + len(separator)
        return [digest for _, digest in self._ahead.values()]

    def skip(self, texts: Collection[str]) -> None:
        """Do not parse these texts, by digest, which are known to be messages."""
        self._skipped = texts

    def _find_joint(self) -> _Joint:
        text, begin = self._text, self._next
        try:
            _, end = _PLAIN_DECODER.raw_decode(text, begin)
        except (ValueError, RecursionError, InvalidError):
            return _Joint("", "")
        second = _after_space(text, end)
        if text[second : second + 1] != ",":
            return _Joint("", "")
        second = _after_space(text, second + 1)
        opening = text[begin : min(end, begin + _LONGEST_OPENING)]
        opening = opening[: opening.rfind(":") + 1]
        while opening and not text.startswith(opening, second):
            opening = opening[: opening.rfind(":", 0, -1) + 1]
        return _Joint(text[end:second], opening)

    def __iter__(self) -> Iterator[Part]:
        """Each message: the single one, or those of a list.

        Raises `InvalidError` at the first place that is not JSON.
        """
        text = self._text
        at = self._next
        if not self._is_list:
            end, of_text = self._ahead.get(at, (0, ""))
            self._next = len(text)
            is_skipped = of_text in self._skipped and _after_space(text, end) == len(text)
            only = None if is_skipped else _parsed(text)
            yield Part("$", at, only, None, of_text or text_digest(text[at:].rstrip(_SPACES)))
            return
        index = 0
        separator = "]" if text[at : at + 1] == "]" else ","
        while separator == ",":
            begin = at
            end, of_text = self._ahead.get(begin, (0, ""))
            value: Any = None
            digest: str | None = None
            if of_text not in self._skipped:
                value, read_to, digest = self._read_at(begin)
                if read_to != end:
                    end, of_text = read_to, text_digest(text[begin:read_to])
            after = _after_space(text, end)
            separator = text[after : after + 1]
            self._next = at = _after_space(text, after + 1)
            yield Part(f"$[{index}]", begin, value, digest, of_text)
            index += 1
        if separator != "]" or at != len(text):
            # Raises, with what is wrong and where.
            _parsed(text)

    def value_at(self, position: int) -> Any:
        """The message at a position that was found before, parsed once more."""
        if position in self._plain:
            return _PLAIN_DECODER.raw_decode(self._text, position)[0]
        return self._value_at(position)[0]

    def _read_at(self, position: int) -> tuple[Any, int, str | None]:
        # To look for names that are given twice takes as long as to parse, so it is done only for a
        # message whose digest does not rule them out.
        try:
            value, end = _PLAIN_DECODER.raw_decode(self._text, position)
            is_object = isinstance(value, dict)
            if is_object and (digest := digest_of_text(self._text[position:end], value)):
                self._plain.add(position)
                return value, end, digest
        except (ValueError, RecursionError):
            pass
        return *self._value_at(position), None

    def _value_at(self, position: int) -> tuple[Any, int]:
        try:
            return _DECODER.raw_decode(self._text, position)
        except (json.JSONDecodeError, RecursionError):
            _parsed(self._text)
            raise

    def __len__(self) -> int:
        return len(self._text)


def open_document(file: Path) -> Document:
    """Raises `InvalidError` if the file cannot be read or exceeds a limit."""
    try:
        size = file.stat().st_size
        if size > LARGEST_FILE:
            raise InvalidError(("$", f"the file has {size} bytes; at most {LARGEST_FILE} are read"))
        raw = file.read_bytes()
    except OSError as error:
        raise InvalidError(("$", f"cannot be read: {error.strerror}")) from None
    return Document(raw)


def split(value: Any) -> list[tuple[str, Any]]:
    """The messages in a JSON value with their JSON paths: the value itself, or its elements."""
    if isinstance(value, list):
        return [(f"$[{index}]", element) for index, element in enumerate(value)]
    return [("$", value)]


def parse(raw: bytes) -> Any:
    """A JSON document in UTF-8; numbers with a fraction or an exponent are `Decimal`.

    Raises `InvalidError`.
    """
    return _parsed(_decoded(raw))


def _decoded(raw: bytes) -> str:
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidError(("$", f"not UTF-8 at byte {error.start}")) from None


def _parsed(text: str) -> Any:
    try:
        return _DECODER.decode(text)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno} column {error.colno}"
        raise InvalidError(("$", f"bad JSON at {place}: {error.msg}")) from None
    except RecursionError:
        raise InvalidError(("$", f"nested more than {DEEPEST} levels deep")) from None


def written(value: Any) -> str:
    """JSON text that `parse` reads back as the same value, with the digits of every number."""
    match value:
        case dict():
            members = (f"{written(name)}:{written(member)}" for name, member in value.items())
            return "{" + ",".join(members) + "}"
        case list():
            return "[" + ",".join(map(written, value)) + "]"
        case Decimal():
            return str(value)
    return json.dumps(value, ensure_ascii=False)


def unstorable(value: Any, path: str, name: str = "", depth: int = 0) -> Iterator[tuple[str, str]]:
    """JSON path and reason of everything nested too deeply, of duplicate names, and of texts and
    numbers that the databases cannot hold. `name` is the full name of the value."""
    if depth > DEEPEST:
        yield path, f"nested more than {DEEPEST} levels deep"
    elif max(len(path), len(name)) > LONGEST_PATH:
        yield path, f"the names around it have more than {LONGEST_PATH} characters together"
    elif isinstance(value, _Ambiguous):
        yield member(path, value.name), "the object has this name twice"
    elif isinstance(value, dict):
        for key, below in value.items():
            if len(key) > LONGEST_NAME:
                # The path to everything below repeats it.
                yield path, f"a name of more than {LONGEST_NAME} characters"
                continue
            yield from _bad_text(key, path, "a name with ")
            yield from unstorable(below, member(path, key), join(name, key), depth + 1)
    elif isinstance(value, list):
        for index, (label, below) in enumerate(zip(labels(value), value, strict=True)):
            yield from unstorable(below, f"{path}[{index}]", f"{name}[{label}]", depth + 1)
    elif isinstance(value, str):
        yield from _bad_text(value, path, "")
    elif isinstance(value, Decimal) and abs(value.adjusted()) > _LONGEST_NUMBER:
        # 1e999999 is a short text that stands for a million digits.
        yield path, f"the number {f'{value:.6e}'} is out of range"


def is_storable(value: Any) -> bool:
    """Whether `unstorable` finds nothing. May be False for a storable value with long names."""
    try:
        longest_path, _ = _extent(value, 0)
    except _UnstorableError:
        return False
    return longest_path <= LONGEST_PATH - _AROUND_LABEL


class _UnstorableError(Exception):
    pass


_AROUND_NAME = len("['']")
_AROUND_LABEL = len("[#12345678]")


def _extent(value: Any, depth: int) -> tuple[int, int]:
    """How many characters paths and full names of values below have at most, and how many the
    longest of its texts has. Raises `_UnstorableError`."""
    kind = type(value)
    if depth > DEEPEST:
        is_storable = False
    elif kind is dict:
        return _extent_of_members(value, depth)
    elif kind is list:
        longest_path = longest_text = 0
        for below in value:
            path, text = _extent(below, depth + 1)
            longest_path = max(longest_path, path)
            longest_text = max(longest_text, text)
        # What identifies an element is one of its texts, with its index if others have it too.
        return longest_path + min(longest_text, LONGEST_NAME) + _AROUND_LABEL, 0
    elif kind is str:
        is_storable = _is_text(value)
    elif kind is Decimal:
        is_storable = abs(value.adjusted()) <= _LONGEST_NUMBER
    else:
        is_storable = kind in _ALWAYS_STORABLE
    if not is_storable:
        raise _UnstorableError
    return 0, 0


def _extent_of_members(value: dict[str, Any], depth: int) -> tuple[int, int]:
    # The innermost loop: a call of `max` or `_is_text` for each value would double its cost.
    longest_path = longest_text = 0
    for name, below in value.items():
        length = len(name)
        if length > LONGEST_NAME or not ((name.isascii() and "\0" not in name) or _is_text(name)):
            raise _UnstorableError
        kind = type(below)
        if kind is str and depth < DEEPEST:
            if not ((below.isascii() and "\0" not in below) or _is_text(below)):
                raise _UnstorableError
            if (size := len(below)) > longest_text:
                longest_text = size
        elif kind not in _ALWAYS_STORABLE or depth == DEEPEST:
            length += _extent(below, depth + 1)[0]
        if length > longest_path:  # noqa: PLR1730 - see above
            longest_path = length
    return longest_path + _AROUND_NAME, longest_text


_ALWAYS_STORABLE = frozenset({int, bool, float, type(None)})


def _is_text(text: str) -> bool:
    """Whether the databases can hold the text."""
    if "\0" in text:
        return False
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _bad_text(text: str, path: str, prefix: str) -> Iterator[tuple[str, str]]:
    if "\0" in text:
        yield path, f"{prefix}a NUL character"
    elif not _is_text(text):
        yield path, f"{prefix}half of a surrogate pair, which is not a character"


class _Ambiguous(dict[str, Any]):
    """An object that has a name twice. `name` is the first such name."""

    name = ""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) == len(pairs):
        return value
    ambiguous = _Ambiguous(value)
    counts = Counter(name for name, _ in pairs)
    ambiguous.name = next(name for name, count in counts.items() if count > 1)
    return ambiguous


def _number(text: str) -> Decimal:
    try:
        return Decimal(text)
    except ArithmeticError:
        raise InvalidError(("$", f"the number {text[:40]} is out of range")) from None


def _integer(text: str) -> int | Decimal:
    # Python refuses to read integers of several thousand digits; `unstorable` reports them.
    return int(text) if len(text) <= _LONGEST_NUMBER else Decimal(text)


def _no_number(text: str) -> Any:
    raise InvalidError(("$", f"bad JSON: {text} is not a number"))


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object,
    parse_float=_number,
    parse_int=_integer,
    parse_constant=_no_number,
)
_PLAIN_DECODER = json.JSONDecoder(parse_float=_number, parse_constant=_no_number)
"""For texts that `digest_of_text` knows: without a name twice, and without long integers."""
_SPACE = re.compile(r"[ \t\n\r]*")


def _after_space(text: str, position: int) -> int:
    match = _SPACE.match(text, position)
    return match.end() if match else position
