"""A tree and a scope in, its kind out, or an `ExpressionError` with every fault at once. No record is looked at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from trialkit.language.callcheck import judge_call
from trialkit.language.comparison import judge_comparison, judge_membership
from trialkit.language.judgement import IN_WORDS, Judgement, fits, phrase, require_truth
from trialkit.language.parse import parse
from trialkit.language.problem import ExpressionError, ExpressionProblem, ProblemCode
from trialkit.language.scancheck import report_unknown_form
from trialkit.language.scope import Scope, ScopedItem
from trialkit.language.tree import (
    Arithmetic,
    Call,
    Companion,
    Comparison,
    Constant,
    Current,
    Fold,
    ItemName,
    Junction,
    Membership,
    Minus,
    Negation,
    ParameterName,
    Pick,
    Presence,
    Test,
    Tree,
)
from trialkit.language.units import unit_of_calculation
from trialkit.model.kind import Kind
from trialkit.wording import find_nearest, list_some

_INSTEAD = {
    Kind.DATE: "Count the time between two dates with days(), hours() or minutes().",
    Kind.TIME: "Count the time between two times with hours() or minutes().",
    Kind.TEXT: "Join texts with concat(), or convert a text of digits with number().",
}


def check_kinds(tree: Tree, scope: Scope, expect: Kind) -> Kind:
    """Find the kind of an expression's value.

    Args:
        tree: the expression.
        scope: what it may speak of.
        expect: the kind that is wanted; ANY takes every kind.

    Returns:
        The kind; ANY only where a function or an item type of a plugin gives it.

    Raises:
        ExpressionError: with every fault (D121 to D128, D147).
    """
    check = TypeCheck(scope)
    judged = check.judge(tree)
    if not fits(judged.kind, expect):
        if expect == Kind.BOOLEAN:
            require_truth(tree, judged, check)
        else:
            message = f"The expression gives {IN_WORDS[judged.kind]} where {IN_WORDS[expect]} is expected."
            check.report(ProblemCode.KIND, message, f"Write an expression that gives {IN_WORDS[expect]}.", tree.column)
    if check.problems:
        raise ExpressionError(check.problems)
    return judged.kind


class TypeCheck:
    """One pass over one tree.

    Attributes:
        scope: what the expression may speak of.
        problems: the faults found so far.
    """

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.problems: list[ExpressionProblem] = []
        self.scanned: str | None = None
        self._calling: tuple[str, ...] = ()

    def report(self, code: ProblemCode, message: str, remedy: str, column: int, *, is_absent: bool = False) -> None:
        """Add a problem."""
        self.problems.append(ExpressionProblem(code, message, remedy, column, is_absent))

    def judge_in(self, scanned: str | None, node: Tree) -> Judgement:
        """Judge a node that is asked of each record of a form, or of the rule's own record (None)."""
        before, self.scanned = self.scanned, scanned
        judged = self.judge(node)
        self.scanned = before
        return judged

    def judge_method(self, node: Call) -> Judgement:
        """What a method of the protocol gives; faults inside it are told where it is defined, here only in short."""
        name = node.function
        if name in self._calling:
            message = f"{name}() is computed from itself."
            self.report(ProblemCode.UNKNOWN_FUNCTION, message, "Take it out of its own expression.", node.column)
            return Judgement(Kind.ANY)
        inside = TypeCheck(self.scope)
        inside._calling = (*self._calling, name)
        try:
            judged = inside.judge(parse(self.scope.methods[name]))
        except ExpressionError:
            return Judgement(Kind.ANY)
        for problem in inside.problems:
            message = f"{name}() of this protocol can not be used here: {problem.message}"
            self.problems.append(replace(problem, message=message, column=node.column))
        return judged

    def judge(self, node: Tree) -> Judgement:
        """Judge a node and all below it, reporting what is wrong."""
        match node:
            case Constant(value=value):
                return Judgement(Kind.TEXT if isinstance(value, str) else Kind.NUMBER)
            case ItemName():
                return self._judge_item(node)
            case ParameterName():
                return self._judge_parameter(node)
            case Call():
                return judge_call(node, self)
            case Arithmetic() | Minus():
                return self._judge_calculation(node)
            case Pick() | Fold() | Companion() | Current():
                raise TypeError("a tree is checked before it is settled")
        return self._judge_test(node)

    def _judge_test(self, node: Test) -> Judgement:
        match node:
            case Comparison():
                return judge_comparison(node, self)
            case Membership():
                return judge_membership(node, self)
            case Presence(operand=operand):
                self.judge(operand)
            case Negation(operand=operand):
                require_truth(operand, self.judge(operand), self)
            case Junction(operands=operands):
                for operand in operands:
                    require_truth(operand, self.judge(operand), self)
        return Judgement(Kind.BOOLEAN)

    def _judge_calculation(self, node: Arithmetic | Minus) -> Judgement:
        operands = [node.operand] if isinstance(node, Minus) else [node.first, *(step.operand for step in node.steps)]
        judged = [self.judge(operand) for operand in operands]
        for operand, found in zip(operands, judged, strict=True):
            if not fits(found.kind, Kind.NUMBER):
                message = f"{phrase(operand)} is {IN_WORDS[found.kind]}: only numbers can be calculated with."
                self.report(ProblemCode.KIND, message, _INSTEAD.get(found.kind, "Use a number."), operand.column)
        unit = judged[0].unit if isinstance(node, Minus) else unit_of_calculation(node, judged, self)
        return Judgement(Kind.NUMBER, unit=unit)

    def _judge_item(self, node: ItemName) -> Judgement:
        form = node.form or self.scanned or self.scope.form
        items = self._items_of(form, node)
        if items is None:
            return Judgement(Kind.ANY)
        item = items.get(node.item)
        if item is None:
            self._report_unknown_item(node, form, items)
            return Judgement(Kind.ANY)
        return Judgement(item.kind, item.codes, f"the code list of {node.item}", item.hard, item.unit)

    def _items_of(self, form: str, node: ItemName) -> Mapping[str, ScopedItem] | None:
        """The items of a form that may be read here; None, after a report, when it may not."""
        if form == self.scope.form:
            return self.scope.items
        if not self.scope.forms:
            self._report_other_form(node)
        elif form not in self.scope.forms:
            report_unknown_form(form, node.column, self)
        elif self.scope.forms[form].repeating and form != self.scanned:
            message = f"{form} may have several records at a visit, so {phrase(node)} alone does not say which."
            remedy = f"Write last({phrase(node)}), first({phrase(node)}), or any({form}, …)."
            self.report(ProblemCode.OTHER_FORM, message, remedy, node.column)
        else:
            return self.scope.forms[form].items
        return None

    def _judge_parameter(self, node: ParameterName) -> Judgement:
        if node.parameter in self.scope.parameters:
            return Judgement(Kind.NUMBER, unit=self.scope.parameter_units.get(node.parameter))
        close = find_nearest(node.parameter, self.scope.parameters)
        remedy = f"Did you mean P.{close}?" if close else "Add it to the parameters of the protocol."
        message = f"The protocol has no parameter {node.parameter}."
        self.report(ProblemCode.UNKNOWN_PARAMETER, message, remedy, node.column, is_absent=True)
        return Judgement(Kind.NUMBER)

    def _report_unknown_item(self, node: ItemName, form: str, items: Mapping[str, ScopedItem]) -> None:
        close = find_nearest(node.item, items)
        if close is not None:
            remedy = f"Did you mean {close}?"
        elif node.item in self.scope.parameters:
            remedy = f"Write P.{node.item} for the parameter of the protocol."
        elif not items:
            remedy = f"Write the form, too, for example VS.{node.item}."
        else:
            remedy = f"Use one of {list_some(items, 12)}."
        message = f"The form {form} has no item {node.item}."
        if not form:
            message = f"It is not said of which form {node.item} is."
        self.report(ProblemCode.UNKNOWN_ITEM, message, remedy, node.column)

    def _report_other_form(self, node: ItemName) -> None:
        message = f"{node.form}.{node.item} is not an item of the form {self.scope.form}."
        remedy = f"Only checks may read other records: use items of {self.scope.form} only."
        self.report(ProblemCode.OTHER_FORM, message, remedy, node.column)
