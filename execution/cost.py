"""What an operation costs: computed before it is executed, and counted in what it returned.

One number: each object counts its type's weight (1 unless stated), as often as its list may be
long; a field counts where a weight is stated for it; scalars are free. That is the type cost of
https://ibm.github.io/graphql-specs/cost-spec.html with the stated weights of fields.

Each definition of a document is walked once. What depends on variables becomes a short list of
steps, all that is left to do when a known document is asked again. A field that the document
selects twice is counted twice: the cost is a bound, and what was not used is given back.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from math import ceil
from typing import Any, cast

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    ValueNode,
    VariableNode,
    value_from_ast_untyped,
)

from execution.cost_model import UNSTATED_LIST, CostModel, FieldCost, Sizing

LARGEST = 10**15
"""Where costs stop: more than anything allowed, and exact in JSON."""

Variables = Mapping[str, Any]
Factor = Callable[[Variables], float]


@dataclass(frozen=True, slots=True)
class _Step:
    """A part of the cost that depends on variables: (constant + earlier steps), but not less than
    `least`, times a factor."""

    constant: float
    earlier: tuple[int, ...]
    factor: float | Factor
    least: float


@dataclass(frozen=True, slots=True)
class _Slot:
    """The result of the step with that number."""

    number: int


_Part = float | _Slot

_Value = dict[str | None, _Part]
"""What a selection set costs: under None for each of its objects, and under the name of a list
without a size of its own for each entry of that list, whose length the field above may know."""


@dataclass(frozen=True, slots=True)
class _Counted:
    """A field of the response, as it is counted in the result."""

    key: str
    name: str
    weight: float
    type_weight: float
    below: Sequence["_Counted"]
    size: float | Factor = 0
    """Of the lists that are the field's page."""
    sized: tuple[str, ...] = ()
    """The keys of these lists. Where an object has none of them, its page was read unseen."""


class OperationCost:
    """The cost of one operation of a valid document."""

    def __init__(
        self,
        steps: Sequence[_Step],
        total: _Part,
        defaults: dict[str, Any],
        counted: Callable[[], Sequence[_Counted]],
        root_weight: float,
    ) -> None:
        self._steps = steps
        self._total = total
        self._defaults = defaults
        self._make_counted = counted
        self._counted: Sequence[_Counted] | None = None
        self._root_weight = root_weight

    def requested(self, variables: dict[str, Any]) -> int:
        """The most that the operation may cost with these variables, as far as lists are known.

        The variables may be any JSON: those that do not fit are refused later.
        """
        if not isinstance(self._total, _Slot):
            return _whole(self._total)
        variables = self._defaults | variables
        results: list[float] = []
        for step in self._steps:
            value = step.constant
            for number in step.earlier:
                value += results[number]
            # Kept within what a float can hold.
            results.append(min(max(value, step.least) * _factor(step.factor, variables), LARGEST))
        return _whole(results[self._total.number])

    def actual(self, variables: dict[str, Any], data: Mapping[str, Any]) -> int:
        """What the objects in a result cost; a page counts even if nobody asked for its objects."""
        if self._counted is None:
            self._counted = self._make_counted()
        variables = self._defaults | variables
        return _whole(self._root_weight + _count(self._counted, [data], variables))


def operation_costs(
    document: DocumentNode, model: CostModel, fragments_in_order: Iterable[str]
) -> dict[str | None, OperationCost]:
    """The cost of each operation, by its name; the document must be valid.

    `fragments_in_order` names its fragments, each after those it spreads.
    """
    fragments = {
        definition.name.value: definition
        for definition in document.definitions
        if isinstance(definition, FragmentDefinitionNode)
    }
    compiler = _Compiler(model)
    for name in fragments_in_order:
        compiler.fragments[name] = compiler.selected(
            fragments[name].selection_set, fragments[name].type_condition.name.value
        )
    costs: dict[str | None, OperationCost] = {}
    for node in document.definitions:
        if isinstance(node, OperationDefinitionNode):
            root = model.roots[node.operation.value]
            value = compiler.selected(node.selection_set, root.type_name)
            total = compiler.add([root.type_weight, *_unsized(compiler, value)])
            costs[node.name.value if node.name else None] = OperationCost(
                compiler.steps,
                total,
                _defaults(node),
                partial(_merged, model, fragments, [(node.selection_set, root.type_name)]),
                root.type_weight,
            )
    return costs


class _Compiler:
    def __init__(self, model: CostModel) -> None:
        self._model = model
        self.steps: list[_Step] = []
        self.fragments: dict[str, _Value] = {}

    def selected(self, selection_set: SelectionSetNode, type_name: str) -> _Value:
        """What one selection set costs for each object that it is applied to."""
        parts: dict[str | None, list[_Part]] = {}
        for selection in selection_set.selections:
            factors = _conditions(selection)
            for name, part in self._selection(selection, type_name).items():
                for factor in factors:
                    part = self.add([part], factor)  # noqa: PLW2901
                parts.setdefault(name, []).append(part)
        return {name: self.add(each) for name, each in parts.items()}

    def add(
        self, parts: Sequence[_Part], factor: float | Factor = 1.0, least: float = 0.0
    ) -> _Part:
        """The sum of the parts times the factor: worked out now if nothing in it can vary."""
        earlier = tuple(part.number for part in parts if isinstance(part, _Slot))
        constant = min(sum(part for part in parts if not isinstance(part, _Slot)), LARGEST)
        if not earlier:
            constant = max(constant, least)
            if not callable(factor):
                return min(constant * factor, LARGEST)
            if constant == 0:
                return 0.0
        elif factor == 1 and not constant and not least and len(earlier) == 1:
            return _Slot(earlier[0])
        self.steps.append(_Step(constant, earlier, factor, least))
        return _Slot(len(self.steps) - 1)

    def _selection(self, selection: SelectionNode, type_name: str) -> _Value:
        if isinstance(selection, FragmentSpreadNode):
            return self.fragments[selection.name.value]
        if isinstance(selection, InlineFragmentNode):
            condition = selection.type_condition
            return self.selected(
                selection.selection_set, condition.name.value if condition else type_name
            )
        node = cast("FieldNode", selection)
        cost = self._model.field(type_name, node.name.value)
        return {} if cost is None else self._field(node, cost)

    def _field(self, node: FieldNode, cost: FieldCost) -> _Value:
        below: _Value = {}
        if node.selection_set is not None:
            below = self.selected(node.selection_set, cost.type_name)
        sizing = cost.sizing
        if sizing is not None and sizing.fields:
            size = _size(node, sizing)
            sized = [below.pop(name) for name in sizing.fields if name in below]
            # The page is read, whether its objects are asked for or not.
            one = [cost.type_weight, self.add(sized, size, least=1), *_unsized(self, below)]
        else:
            one = [cost.type_weight, *_unsized(self, below)]
            if cost.is_list and sizing is None:
                return {None: cost.weight, node.name.value: self.add(one)}
            if cost.is_list and sizing is not None:
                return {None: self.add([cost.weight, self.add(one, _size(node, sizing))])}
        return {None: self.add([cost.weight, *one])}


def _unsized(compiler: _Compiler, value: _Value) -> list[_Part]:
    """A value in which every list whose size nobody states has the usual one."""
    return [
        part if name is None else compiler.add([part], UNSTATED_LIST)
        for name, part in value.items()
    ]


def _size(node: FieldNode, sizing: Sizing) -> float | Factor:
    """How long the list of a field is: known now, or by its variables."""
    known: list[float | None] = []
    varying: list[tuple[str, float | None]] = []
    given = {argument.name.value: argument.value for argument in node.arguments or ()}
    for name, default in sizing.arguments.items():
        value: ValueNode | None = given.get(name)
        if isinstance(value, VariableNode):
            # One that is absent leaves the argument's default in force.
            varying.append((value.name.value, _length(default)))
        else:
            known.append(_length(default if value is None else value_from_ast_untyped(value)))
    assumed = float(sizing.assumed)
    if not varying:
        return _largest(known, assumed)

    def by_variables(variables: Variables) -> float:
        lengths = (
            _length(variables[name]) if name in variables else default for name, default in varying
        )
        return _largest([*known, *lengths], assumed)

    return by_variables


def _largest(lengths: Iterable[float | None], otherwise: float) -> float:
    return max((length for length in lengths if length is not None), default=otherwise)


def _length(value: Any) -> float | None:
    """How many entries the value of a slicing argument stands for; None if it says nothing."""
    if value is None:
        return None
    if isinstance(value, list):
        return float(len(value))
    if isinstance(value, int | float) and not isinstance(value, bool):
        # NaN cannot come by JSON; what is no size at all is refused when it is coerced.
        return float(min(max(value, 0), LARGEST))
    return 1.0  # a value where a list is expected is a list of one


def _conditions(selection: SelectionNode) -> list[float | Factor]:
    """The factors 0 or 1 of `@skip` and `@include`."""
    factors: list[float | Factor] = []
    for directive in selection.directives or ():
        name = directive.name.value
        if name not in {"skip", "include"} or not directive.arguments:
            continue
        value, wanted = directive.arguments[0].value, name == "include"
        if isinstance(value, VariableNode):
            factors.append(partial(_included, value.name.value, wanted))
        else:
            factors.append(float(value_from_ast_untyped(value) is wanted))
    return factors


def _included(name: str, wanted: bool, variables: Variables) -> float:
    return float((variables.get(name) is True) is wanted)


def _defaults(operation: OperationDefinitionNode) -> dict[str, Any]:
    return {
        definition.variable.name.value: value_from_ast_untyped(definition.default_value)
        for definition in operation.variable_definitions or ()
        if definition.default_value is not None
    }


def _factor(factor: float | Factor, variables: Variables) -> float:
    return factor(variables) if callable(factor) else factor


def _whole(cost: float) -> int:
    # Sums of weights like 0.1 are a little off.
    return ceil(min(cost, LARGEST) - 1e-6)


def _merged(
    model: CostModel,
    fragments: Mapping[str, FragmentDefinitionNode],
    selected: Iterable[tuple[SelectionSetNode, str]],
) -> list[_Counted]:
    """The fields of the response, each key once, as execution merges them.

    The fields of an operation with its fragments spread are limited, and so is this.
    """
    fields: dict[str, list[tuple[FieldNode, FieldCost]]] = {}
    seen: set[str] = set()
    stack = list(selected)
    while stack:
        selection_set, type_name = stack.pop()
        for selection in selection_set.selections:
            if isinstance(selection, FragmentSpreadNode):
                name = selection.name.value
                if name not in seen:
                    seen.add(name)
                    fragment = fragments[name]
                    stack.append((fragment.selection_set, fragment.type_condition.name.value))
            elif isinstance(selection, InlineFragmentNode):
                condition = selection.type_condition
                stack.append(
                    (selection.selection_set, condition.name.value if condition else type_name)
                )
            elif isinstance(selection, FieldNode):
                cost = model.field(type_name, selection.name.value)
                if cost is not None:
                    key = (selection.alias or selection.name).value
                    fields.setdefault(key, []).append((selection, cost))
    return [_counted(model, fragments, key, merged) for key, merged in fields.items()]


def _counted(
    model: CostModel,
    fragments: Mapping[str, FragmentDefinitionNode],
    key: str,
    merged: Sequence[tuple[FieldNode, FieldCost]],
) -> _Counted:
    selected = [(node.selection_set, cost.type_name) for node, cost in merged if node.selection_set]
    below = _merged(model, fragments, selected) if selected else []
    node, cost = merged[0]
    size: float | Factor = 0
    sized: tuple[str, ...] = ()
    if cost.sizing is not None and cost.sizing.fields:
        fields = cost.sizing.fields
        size = _size(node, cost.sizing)
        sized = tuple(each.key for each in below if each.name in fields)
        below = [
            replace(each, type_weight=1) if each.name in fields and not _weighs(each) else each
            for each in below
        ]
    return _Counted(
        key,
        node.name.value,
        # A key may stand for other fields in other types; a bound is the dearest.
        weight=max(cost.weight for _, cost in merged),
        type_weight=max(cost.type_weight for _, cost in merged),
        below=[each for each in below if _weighs(each)],
        size=size,
        sized=sized,
    )


def _weighs(field: _Counted) -> bool:
    """Whether counting the field can yield anything."""
    return bool(field.weight or field.type_weight or field.size or field.below)


def _count(
    fields: Sequence[_Counted], objects: Sequence[Mapping[str, Any]], variables: Variables
) -> float:
    """What the fields of some objects of a result cost, a level at a time."""
    total = 0.0
    for field in fields:
        key = field.key
        if field.weight:
            total += field.weight * sum(1 for each in objects if key in each)
        found = [value for each in objects if (value := each.get(key)) is not None]
        while found and isinstance(found[0], list):
            found = [value for each in found for value in each if value is not None]
        if not found:
            continue
        total += field.type_weight * len(found)
        if field.size and not any(each in found[0] for each in field.sized):
            total += _factor(field.size, variables) * len(found)
        if field.below:
            total += _count(field.below, found, variables)
    return total
