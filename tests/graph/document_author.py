"""Writes one random document. Use `tests.graph.documents` to get documents."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

from graphql import (
    GraphQLField,
    GraphQLIncludeDirective,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_abstract_type,
    is_composite_type,
    is_leaf_type,
    is_required_argument,
)

from tests.graph.document_values import Pool, Values, list_size

Composite = GraphQLObjectType | GraphQLInterfaceType

INTROSPECTION = (
    "__schema { queryType { name fields { name } } }",
    '__type(name: "Order") { name kind fields { name args { name } } }',
    '__type(name: "Nothing") { name }',
)


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """The size of an operation after its fragments are spread."""

    fields: int = 40
    depth: int = 10
    root: int = 12
    aliases: int = 30
    directives: int = 20
    tokens: int = 600
    """Of a whole document. Selections that are open by then are completed."""
    objects: int = 2_000
    """At any one place, by the list sizes that the schema states."""


@dataclass(frozen=True)
class _Where:
    """Where a selection stands: its depth, and how many objects there may be."""

    depth: int = 0
    objects: int = 1
    strict: bool = False
    """Whether objects of several types may be selected here."""


@dataclass(frozen=True)
class _Fragment:
    """A finished fragment, and what spreading it adds."""

    name: str
    on: str
    text: str
    uses: set[str]
    spent: Counter[str]
    depth: int
    objects: int


@dataclass
class _Reach:
    """The depth and the number of objects that the fields written since lead to."""

    depth: int = 0
    objects: int = 1

    def include(self, depth: int, objects: int) -> None:
        self.depth, self.objects = max(self.depth, depth), max(self.objects, objects)


@dataclass(frozen=True)
class _Call:
    """The written arguments of a field, and the size of its list with them."""

    text: str
    uses: set[str]
    size: int


@dataclass
class Author:
    """Writes one document."""

    schema: GraphQLSchema
    ambiguous: Collection[str]
    without: Collection[str]
    pool: Pool
    bounds: Bounds
    random: Random
    fragments: list[_Fragment] = field(default_factory=list)
    names: int = 0
    left: Counter[str] = field(default_factory=Counter)
    reach: _Reach = field(default_factory=_Reach)
    keys: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """What each response key stands for in the whole document, so that fields can merge."""
    calls: dict[tuple[str, str], _Call] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.values = Values(self.pool, self.random)
        self.tokens = self.bounds.tokens

    def document(self) -> tuple[str, dict[str, Any], str | None]:
        """The text, the variables, and the name of the operation to execute."""
        names = ["One", "Two"] if self._chance(0.1) else ["One"] if self._chance(0.5) else [""]
        operations = [self._operation(name) for name in names]
        texts = [text for text, _ in operations] + [each.text for each in self.fragments]
        self.random.shuffle(texts)
        at = self.random.randrange(len(operations))
        return (
            self.random.choice([" ", "\n", " # Ü\n", ",\n\n"]).join(texts),
            self.values.given(operations[at][1]),
            names[at] if names[1:] or (names[0] and self._chance(0.5)) else None,
        )

    def _operation(self, name: str) -> tuple[str, set[str]]:
        root = self.schema.query_type
        assert root is not None
        self.left = Counter(
            fields=self.bounds.fields,
            root=self.bounds.root,
            aliases=self.bounds.aliases,
            directives=self.bounds.directives,
        )
        self.values.used = set()
        body = self._selection(root, _Where())
        used = self.values.used
        head = self.values.definitions(used)
        if not (name or used) and self._chance(0.5):
            return body, used
        return f"query {name}{head} {body}", used

    def _selection(self, kind: Composite, where: _Where) -> str:
        parts: list[str] = []
        for _ in range(self.random.randint(1, 5)):
            parts.extend(self._part(kind, where))
        if self._chance(0.15):
            for name in self._fields(kind):
                if _is_leaf(kind.fields[name]) and self.left["fields"] > 0 and self.tokens > 0:
                    parts.extend(self._field(kind, name, where))
        if not parts:
            parts.append(self._counted("__typename", where))
        return f"{{ {' '.join(parts)} }}"

    def _part(self, kind: Composite, where: _Where) -> Iterator[str]:
        """A selection, or nothing if it would exceed the size."""
        if self.left["fields"] <= 0 or self.tokens <= 0:
            return
        if self._chance(0.8 if is_abstract_type(kind) else 0.2):
            yield self._fragment(kind, where)
        elif self._chance(0.04):
            yield self._counted("__typename", where)
        elif where.depth == 0 and self.left["root"] <= 0:
            return
        elif where.depth == 0 and self._chance(0.03) and self.left["aliases"] > 0:
            self.left["aliases"] -= 1
            yield self._counted(
                f"{self._name('s')}: {self.random.choice(INTROSPECTION)}", where, fields=5
            )
        elif name := self._chosen(kind, where):
            yield from self._field(kind, name, where)

    def _chosen(self, kind: Composite, where: _Where) -> str | None:
        deeper = where.depth + 2 <= self.bounds.depth and self.left["fields"] > 1
        leads = [name for name in self._fields(kind) if not _is_leaf(kind.fields[name])]
        tells = [name for name in self._fields(kind) if _is_leaf(kind.fields[name])]
        share = max(0.45, len(leads) / (len(leads) + len(tells)))
        chosen = leads if deeper and self._chance(share) else tells
        return self.random.choice(chosen) if chosen else None

    def _fields(self, kind: Composite) -> list[str]:
        return [name for name in kind.fields if f"{kind}.{name}" not in self.without]

    def _field(self, kind: Composite, name: str, where: _Where) -> Iterator[str]:
        call = self._call(kind, name)
        inner = _Where(
            where.depth + 1,
            where.objects * max(call.size, 1),
            where.strict or is_abstract_type(get_named_type(kind.fields[name].type)),
        )
        if inner.objects > self.bounds.objects:
            return
        key = self._key(kind, name, call, where)
        if key is None:
            return
        self.values.used |= call.uses
        alias = "" if key == name else f"{key}: "
        text = self._counted(f"{alias}{name}{call.text}{self._directives()}", where)
        self.reach.include(inner.depth, inner.objects)
        target = get_named_type(kind.fields[name].type)
        if is_composite_type(target):
            assert isinstance(target, Composite), f"unions are not asked for yet: {target}"
            text += f" {self._selection(target, inner)}"
        yield text

    def _call(self, kind: Composite, name: str) -> _Call:
        """Arguments, sometimes those of an earlier field, with which it merges."""
        known = self.calls.get((kind.name, name))
        if known is not None and self._chance(0.4):
            return known
        asked = kind.fields[name]
        before, self.values.used = self.values.used, set()
        arguments = self._arguments(kind, name, asked) if asked.args else {}
        text = ", ".join(
            f"{each}: {self.values.written(value, asked.args[each].type)}"
            for each, value in arguments.items()
        )
        call = _Call(f"({text})" if text else "", self.values.used, self._size(asked, arguments))
        self.values.used = before
        self.calls[kind.name, name] = call
        return call

    def _arguments(self, kind: Composite, name: str, asked: GraphQLField) -> dict[str, Any]:
        room = self.tokens > 60
        chosen = {
            each: argument
            for each, argument in asked.args.items()
            if is_required_argument(argument) or (room and self._chance(0.35))
        }
        if not self._chance(0.05):
            # Rarely, arguments that execution refuses: `first` with `last`, a foreign cursor.
            for one, other in (("first", "last"), ("orderBy", "after"), ("orderBy", "before")):
                if one in chosen and other in chosen:
                    del chosen[other]
        target = get_named_type(asked.type).name
        return {
            each: self.values.value(
                argument.type,
                (f"{kind.name}.{name}.{each}", f"{target}.{each}", each),
            )
            for each, argument in chosen.items()
        }

    def _size(self, asked: GraphQLField, arguments: Mapping[str, Any]) -> int:
        """The size of the list, as stated in the schema."""
        stated = list_size(asked)
        if stated is None:
            return 1
        sizes = [self.values.effective(arguments.get(each)) for each in stated[1]]
        known = [len(size) if isinstance(size, list) else size for size in sizes]
        return max((size for size in known if isinstance(size, int)), default=stated[0])

    def _key(self, kind: Composite, name: str, call: _Call, where: _Where) -> str | None:
        """The response key. None if it would need an alias and none is left."""
        meaning: tuple[str, ...] = (name, call.text)
        unclear = where.strict and name in self.ambiguous
        plain = not unclear and not self._chance(0.1)
        if plain and self.keys.setdefault(name, meaning) == meaning:
            return name
        if self.left["aliases"] <= 0:
            return None
        self.left["aliases"] -= 1
        meaning = (kind.name, name, call.text)
        same = [key for key, known in self.keys.items() if known == meaning]
        if same and self._chance(0.5):
            return self.random.choice(same)
        # Sometimes the name of another field.
        key = self.random.choice([*kind.fields]) if self._chance(0.2) else self._name("a")
        if self.keys.setdefault(key, meaning) != meaning or key == name:
            key = self._name("a")
            self.keys[key] = meaning
        return key

    def _fragment(self, kind: Composite, where: _Where) -> str:
        targets: list[Composite] = [kind] * 4 + [*kind.interfaces]
        if is_abstract_type(kind):
            targets += [*self.schema.get_possible_types(kind)] * 4
        target = self.random.choice(targets)
        # Leave room for what it contains.
        self.left["fields"] -= 1
        directives = self._directives()
        strict = where.strict or any(map(is_abstract_type, targets))
        if self._chance(0.5):
            on = "" if target is kind and self._chance(0.5) else f" on {target}"
            inner = _Where(where.depth, where.objects, strict)
            return f"...{on}{directives} {self._selection(target, inner)}"
        known = [each for each in self.fragments if self._fits(each, target, where)]
        if known and self._chance(0.5):
            fragment = self.random.choice(known)
            self.left -= fragment.spent
        else:
            fragment = self._new_fragment(target, where)
        self.values.used |= fragment.uses
        self.reach.include(where.depth + fragment.depth, where.objects * fragment.objects)
        self.tokens -= 2
        return f"...{fragment.name}{directives}"

    def _fits(self, fragment: _Fragment, target: Composite, where: _Where) -> bool:
        return (
            fragment.on == target.name
            and where.depth + fragment.depth <= self.bounds.depth
            and where.objects * fragment.objects <= self.bounds.objects
            and all(count < self.left[each] for each, count in fragment.spent.items())
        )

    def _new_fragment(self, target: Composite, where: _Where) -> _Fragment:
        name = self._name("F")
        used, self.values.used = self.values.used, set()
        reach, self.reach = self.reach, _Reach(where.depth, where.objects)
        left = Counter(self.left)
        # It may be spread below any type that its own type fits.
        body = self._selection(target, _Where(where.depth, where.objects, strict=True))
        fragment = _Fragment(
            name=name,
            on=target.name,
            text=f"fragment {name} on {target} {body}",
            uses=self.values.used,
            spent=left - self.left,
            depth=self.reach.depth - where.depth,
            objects=-(-self.reach.objects // where.objects),
        )
        self.values.used, self.reach = used, reach
        self.fragments.append(fragment)
        return fragment

    def _directives(self) -> str:
        if self.left["directives"] < 2 or self.tokens < 30 or not self._chance(0.1):
            return ""
        names = self.random.sample(["include", "skip"], self.random.choice([1, 1, 2]))
        self.left["directives"] -= len(names)
        boolean = GraphQLIncludeDirective.args["if"].type
        conditions = [(each, self.values.value(boolean, (f"@{each}", "if"))) for each in names]
        return "".join(
            f" @{each}(if: {self.values.written(value, boolean)})" for each, value in conditions
        )

    def _counted(self, text: str, where: _Where, *, fields: int = 1) -> str:
        self.left["fields"] -= fields
        if where.depth == 0:
            self.left["root"] -= 1
        self.tokens -= self.values.tokens(text) + 2
        return text

    def _name(self, letter: str) -> str:
        self.names += 1
        return f"{letter}{self.names}"

    def _chance(self, share: float) -> bool:
        return self.random.random() < share


def _is_leaf(asked: GraphQLField) -> bool:
    return is_leaf_type(get_named_type(asked.type))
