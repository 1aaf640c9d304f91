"""Text in, tree out, or an `ExpressionError` that says what stands where and what was expected.

Knows the grammar only: whether a name exists or a comparison makes sense is asked in `typecheck`.
"""

from __future__ import annotations

from decimal import Decimal
from functools import cache, lru_cache

from lark import Lark, Token, Transformer
from lark.exceptions import UnexpectedCharacters, UnexpectedToken

from trialkit.language.hint import explain_character, explain_end, explain_token
from trialkit.language.problem import ExpressionError, ExpressionProblem, ProblemCode
from trialkit.language.tree import (
    Arithmetic,
    Call,
    Comparison,
    Constant,
    ItemName,
    Junction,
    Membership,
    Minus,
    Negation,
    ParameterName,
    Presence,
    Step,
    Tree,
    walk,
)

DEEPEST = 50
"""How many nodes may stand within each other."""


@lru_cache(maxsize=4096)  # a study parses each of its texts several times, and trees never change
def parse(text: str) -> Tree:
    """Read an expression.

    Args:
        text: the expression; blanks and line breaks between its words do not matter.

    Returns:
        Its tree.

    Raises:
        ExpressionError: with one problem, the first place where the text stops making sense (D120), or the place
            where it is nested more than `DEEPEST` deep (D129).
    """
    try:
        tree: Tree = _grammar().parse(text)  # type: ignore[assignment]  # lark does not know what its transformer makes
    except UnexpectedCharacters as error:
        raise ExpressionError([explain_character(text, error.pos_in_stream or 0)]) from None
    except UnexpectedToken as error:
        expected = frozenset(error.accepts or error.expected)
        if error.token.type == "$END":
            raise ExpressionError([explain_end(text, expected)]) from None
        position = error.token.start_pos or 0
        raise ExpressionError([explain_token(text, position, str(error.token), expected)]) from None
    _refuse_deep_nesting(tree)
    return tree


@cache
def _grammar() -> Lark:
    return Lark.open_from_package(__package__, "grammar.lark", parser="lalr", lexer="basic", transformer=_TreeMaker())


def _refuse_deep_nesting(tree: Tree) -> None:
    for node, depth in walk(tree):
        if depth > DEEPEST:
            raise ExpressionError(
                [
                    ExpressionProblem(
                        ProblemCode.TOO_DEEP,
                        f"The expression is nested more than {DEEPEST} deep.",
                        "Split it into several checks, or derive an item for a part of it.",
                        node.column,
                    )
                ]
            )


def _column(token: Token) -> int:
    return (token.start_pos or 0) + 1


Piece = Tree | Token
"""What a rule of the grammar is handed: finished nodes and the tokens between them."""


class _TreeMaker(Transformer[Token, Tree]):
    """Turns each rule of the grammar into its node, while the text is being read."""

    def number(self, pieces: list[Token]) -> Tree:
        return Constant(Decimal(pieces[0]), _column(pieces[0]))

    def text(self, pieces: list[Token]) -> Tree:
        return Constant(pieces[0][1:-1].replace('""', '"'), _column(pieces[0]))

    def name(self, pieces: list[Token]) -> Tree:
        column = _column(pieces[0])
        first, dot, second = str(pieces[0]).partition(".")
        if not dot:
            return ItemName(None, first, column)
        return ParameterName(second, column) if first == "P" else ItemName(first, second, column)

    def call(self, pieces: list[Piece]) -> Tree:
        (function,) = _tokens(pieces)
        return Call(str(function), _nodes(pieces), _column(function))

    def minus(self, pieces: tuple[Token, Tree]) -> Tree:
        return Minus(pieces[1], _column(pieces[0]))

    def sum(self, pieces: list[Piece]) -> Tree:
        return _chain(pieces)

    def product(self, pieces: list[Piece]) -> Tree:
        return _chain(pieces)

    def comparator(self, pieces: list[Token]) -> Token:
        return pieces[0]

    def comparison(self, pieces: tuple[Tree, Token, Tree]) -> Tree:
        left, operator, right = pieces
        return Comparison(str(operator), left, right, _column(operator))

    def choices(self, pieces: list[Tree]) -> tuple[Tree, ...]:
        return tuple(pieces)

    def membership(self, pieces: tuple[Tree, Token, tuple[Tree, ...]]) -> Tree:
        operand, word, choices = pieces
        return Membership(operand, choices, _column(word))

    def exclusion(self, pieces: tuple[Tree, Token, Token, tuple[Tree, ...]]) -> Tree:
        operand, negation, word, choices = pieces
        return Negation(Membership(operand, choices, _column(word)), _column(negation))

    def is_missing(self, pieces: tuple[Tree, Token, Token]) -> Tree:
        return Presence(pieces[0], wants_present=False, column=_column(pieces[1]))

    def is_present(self, pieces: tuple[Tree, Token, Token]) -> Tree:
        return Presence(pieces[0], wants_present=True, column=_column(pieces[1]))

    def negation(self, pieces: tuple[Token, Tree]) -> Tree:
        return Negation(pieces[1], _column(pieces[0]))

    def all_of(self, pieces: list[Piece]) -> Tree:
        return _junction(pieces)

    def any_of(self, pieces: list[Piece]) -> Tree:
        return _junction(pieces)


def _nodes(pieces: list[Piece]) -> tuple[Tree, ...]:
    return tuple(piece for piece in pieces if not isinstance(piece, Token))


def _tokens(pieces: list[Piece]) -> tuple[Token, ...]:
    return tuple(piece for piece in pieces if isinstance(piece, Token))


def _chain(pieces: list[Piece]) -> Tree:
    first, *operands = _nodes(pieces)
    operators = _tokens(pieces)
    steps = tuple(
        Step(str(operator), operand, _column(operator)) for operator, operand in zip(operators, operands, strict=True)
    )
    return Arithmetic(first, steps, steps[0].column)


def _junction(pieces: list[Piece]) -> Tree:
    operator = _tokens(pieces)[0]
    return Junction(str(operator), _nodes(pieces), _column(operator))
