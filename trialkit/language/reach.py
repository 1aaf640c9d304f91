"""Finds conditions that can never be true, and conditions that always are, before any record is seen.

Both are mistakes of whoever wrote them: the rule would never fire, or fire on every record. What is found is certain;
what can not be told is let through (see `reach_search`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations

from trialkit.language.parse import parse
from trialkit.language.problem import ExpressionError, ExpressionProblem, ProblemCode
from trialkit.language.reach_bounds import bounds_of, item_of, kind_of
from trialkit.language.reach_domain import Numbers
from trialkit.language.reach_facts import Outcomes
from trialkit.language.reach_goals import NOT_TRUE, TRUE, Wanted
from trialkit.language.reach_search import NOTHING_IMPLIED, can_all_be, can_be
from trialkit.language.reach_words import Words
from trialkit.language.resolve import resolve
from trialkit.language.scope import Scope
from trialkit.language.tree import (
    Call,
    Companion,
    Comparison,
    Constant,
    Current,
    Fold,
    ItemName,
    Junction,
    Membership,
    ParameterName,
    Pick,
    Tree,
    children,
    walk,
)
from trialkit.model.interval import Interval
from trialkit.model.kind import Kind

_MOST_PARTS = 16
"""How many parts of a condition are tried in pairs."""


def find_unreachable(tree: Tree, scope: Scope) -> list[ExpressionProblem]:
    """What of a condition can never be true, or is always true.

    The whole is looked at first, then its parts, then the conditions of its scans and of `if()`. A part that hangs on
    a parameter is let through: another study has another number there. A whole rule is not.

    Args:
        tree: a condition that was checked and settled, see `Compiled.tree`.
        scope: what it speaks of.

    Returns:
        The problems, D128 and D140, in the order in which they stand. Those that hang on a parameter are marked as
        `is_absent`: in another study they need not be there.
    """
    finder = _Finder(scope, _named_methods(scope))
    found = {problem.column: problem for problem in finder.look(tree, is_whole=True)}
    return [found[column] for column in sorted(found)]


def why_never(tree: Tree, scope: Scope, implied: Mapping[str, Tree] = NOTHING_IMPLIED) -> tuple[Tree, ...]:
    """The fewest parts of a condition that can not be true together, where it can never be true.

    Args:
        tree: the condition.
        scope: what it speaks of.
        implied: see `can_be`.
    """
    return _core(_parts(tree, "and"), TRUE, scope, implied)


def _named_methods(scope: Scope) -> Mapping[Tree, str]:
    """What each method of the protocol is settled to: problems inside it are told where it is defined."""
    return _settled_methods(scope.form, tuple(scope.methods.items())) if scope.methods else {}


@lru_cache(maxsize=128)  # every check on a form asks for the same
def _settled_methods(form: str, methods: tuple[tuple[str, str], ...]) -> Mapping[Tree, str]:
    nothing: frozenset[str] = frozenset()
    scope = Scope(form, {}, {}, {}, nothing, nothing, nothing, methods=dict(methods))
    names: dict[Tree, str] = {}
    for name, text in methods:
        try:
            names[resolve(parse(text), scope)] = name
        except (ExpressionError, LookupError, RecursionError):
            continue  # a method that makes no sense is told where it is defined
    return names


@dataclass(frozen=True, slots=True)
class _Finder:
    scope: Scope
    names: Mapping[Tree, str]

    @property
    def words(self) -> Words:
        return Words(self.scope.form, self.names)

    def look(
        self, node: Tree, *, is_whole: bool = False, possible: Outcomes | None = None
    ) -> Iterator[ExpressionProblem]:
        """Problems of a condition and of everything below it; one way to come out may be known to be possible."""
        if node in self.names:
            return
        for word, outcomes, tell in (("and", TRUE, self._tell_never), ("or", NOT_TRUE, self._tell_always)):
            is_open = outcomes == possible or (outcomes == NOT_TRUE and _may_be_unknown(node))
            if is_open or can_be(node, outcomes, self.scope):
                continue
            parts = _parts(node, word)
            core = _core(parts, outcomes, self.scope)
            other = {"and": "or", "or": "and"}[word]
            if len(core) == 1 and isinstance(core[0], Junction) and core[0].operator == other:
                for operand in core[0].operands:
                    yield from self.look(operand, is_whole=is_whole)
            elif is_whole or not any(_parameters(part) for part in core):
                yield tell(core, node)
            return
        if isinstance(node, Junction):
            for part in node.operands:
                yield from self.look(part, possible=TRUE if node.operator == "and" else NOT_TRUE)
            return
        for below in children(node):
            yield from self._look_below(below, node)

    def _look_below(self, node: Tree, above: Tree) -> Iterator[ExpressionProblem]:
        """Problems of what stands below a condition, a value or a scan."""
        if node in self.names:
            return
        inside = self._inside(above)
        is_condition = isinstance(above, Pick | Fold) and node is above.condition
        is_decision = isinstance(above, Call) and above.function == "if" and node is above.arguments[0]
        if is_condition or is_decision or kind_of(node, inside.scope) == Kind.BOOLEAN:
            yield from inside.look(node)
        else:
            for below in children(node):
                yield from inside._look_below(below, node)

    def _inside(self, above: Tree) -> _Finder:
        if isinstance(above, Pick | Fold):
            return _Finder(self.scope.of_form(above.form), self.names)
        return _Finder(self.scope.of_rule(), self.names) if isinstance(above, Current) else self

    def _tell_never(self, core: Sequence[Tree], node: Tree) -> ExpressionProblem:
        column = self._column(core[-1], node)
        parameters = self._parameter_words(core)
        if len(core) == 1:
            because = " and ".join([*self._range_words(core[0]), *parameters])
            message = f"{self.words.say(core[0])} can never be true{f': {because}' if because else ''}."
            is_comparison = isinstance(core[0], Comparison)
            remedy = "Change the number" if is_comparison else "Ask for something that can be so"
            remedy += ", or leave the comparison out." if is_comparison else ", or leave it out."
            return ExpressionProblem(ProblemCode.NEVER_TRUE, message, remedy, column, bool(parameters))
        said = " and ".join(self.words.say_part(part) for part in core)
        together = "both" if len(core) == 2 else "all"
        because = " and ".join(parameters)
        message = f"{said} can never {together} be true{f': {because}' if because else ''}."
        remedy = f"Did you mean or? Otherwise change one of the {'two' if len(core) == 2 else 'parts'}."
        return ExpressionProblem(ProblemCode.NEVER_TRUE, message, remedy, column, bool(parameters))

    def _tell_always(self, core: Sequence[Tree], node: Tree) -> ExpressionProblem:
        column = self._column(core[-1], node)
        said = " or ".join(self.words.say(part) for part in core)
        ranges = self._range_words(core[0]) if len(core) == 1 else []
        parameters = self._parameter_words(core)
        because = " and ".join([*ranges, *parameters])
        message = f"{said} is always true{f': {because}' if because else ''}."
        remedy = "Leave it out, or ask for something that can be otherwise."
        if len(core) > 1:
            remedy = "Did you mean and? Otherwise leave it out, since it asks for nothing."
        return ExpressionProblem(ProblemCode.ALWAYS_TRUE, message, remedy, column, bool(parameters))

    def _column(self, part: Tree, node: Tree) -> int:
        """Where a part stands; a method has its columns elsewhere."""
        return node.column if part in self.names else part.column

    def _parameter_words(self, core: Sequence[Tree]) -> list[str]:
        named = dict.fromkeys(name for part in core for name in _parameters(part))
        return [f"P.{name} is {self.scope.parameters[name]}" for name in named]

    def _range_words(self, node: Tree) -> list[str]:
        """What a comparison of a number with a constant can not reach, in words."""
        if not isinstance(node, Comparison) or kind_of(node.left, self.scope) != Kind.NUMBER:
            return []
        said = []
        for side in (node.left, node.right):
            found = bounds_of(side, self.scope)
            if not isinstance(side, Constant | ParameterName) and (found.low is not None or found.high is not None):
                said.append(self._bound_words(side, found))
        return said

    def _bound_words(self, node: Tree, found: Numbers) -> str:
        item = item_of(node, self.scope)
        said = Interval(low=found.low, high=found.high).in_words()
        name = self.words.say(node)
        return f"{name} is {said}" if item is None else f"the hard range of {name} is {said}"


def _may_be_unknown(node: Tree) -> bool:
    """Whether it is plain to see that a comparison can be unknown, which spares a search."""
    sides = {Comparison: children(node), Membership: children(node)[:1]}.get(type(node), ())
    return any(isinstance(side, ItemName | Companion | Pick) for side in sides)


def _parts(node: Tree, word: str) -> list[Tree]:
    """What is joined by a word, brackets within brackets taken apart."""
    if isinstance(node, Junction) and node.operator == word:
        return [part for operand in node.operands for part in _parts(operand, word)]
    return [node]


def _core(
    parts: Sequence[Tree], outcomes: Outcomes, scope: Scope, implied: Mapping[str, Tree] = NOTHING_IMPLIED
) -> tuple[Tree, ...]:
    """The fewest parts that can not all come out so: one, else two, else what is left when none can be spared."""

    def is_possible(some: Sequence[Tree]) -> bool:
        return can_all_be([Wanted(part, outcomes) for part in some], scope, implied)

    for number in (1, 2):
        for some in combinations(parts[:_MOST_PARTS], number):
            if not is_possible(some):
                return some
    kept = list(parts)
    for part in parts:
        fewer = [other for other in kept if other is not part]
        if fewer and not is_possible(fewer):
            kept = fewer
    return tuple(kept)


def _parameters(tree: Tree) -> list[str]:
    return [node.parameter for node, _ in walk(tree) if isinstance(node, ParameterName)]
