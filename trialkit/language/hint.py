"""A place where an expression stops making sense in, a problem in plain words out.

Knows the habits of people who write Python, SQL, SAS, REDCap or a spreadsheet, and names what was expected.
"""

from __future__ import annotations

import re
from collections.abc import Set

from trialkit.language.problem import ExpressionProblem, ProblemCode

_HABITS: tuple[tuple[str, str], ...] = (
    (r"={2,}", "Write = instead."),
    (r"!=", "Write <> instead."),
    (r"=<", "Write <= instead."),
    (r"=>", "Write >= instead."),
    (r"&+", "Write and instead."),
    (r"\|+", "Write or instead."),
    (r"!", "Write not instead."),
    (r"\$\{\s*(?P<name>\w+)\s*\}", "Write {name} instead."),
    (r"(?<!in )(?<!in)\[\s*(?P<name>[A-Za-z_]\w*)\s*\]", "Write {name} instead."),
    (r"[\[\]]", 'Write round brackets, for example in ("A", "B").'),
    (r"[{}]", "Write round brackets, or the bare name of an item."),
    (r"['‘’“”„«»`]", 'Write text in straight double quotes, for example "Y".'),
    (r"\*\*|\^", "Write power(x, 2) instead."),
    (r"[−–—]", "Write - instead."),
    (r"×", "Write * instead."),
    (r"÷", "Write / instead."),
    (r"≤", "Write <= instead."),
    (r"≥", "Write >= instead."),
    (r"≠", "Write <> instead."),
    (r"%", "Write a percentage as a number, or multiply by 100."),
    (r";", "Write a comma between values, and one expression only."),
    (r"(?<=[0-9]),(?=[0-9])", "Write decimals with a point, for example 36.6."),
    (r"\.(?=[0-9])", "Write a digit before the point, for example 0.5."),
    (r"(?<=[0-9])\.", "Write a digit after the point, for example 5.0, or leave the point out."),
    (r"(?P<name>missing|present)(?=\s*\()", "Write X is {name} instead."),
)
"""What people write from habit, as a pattern around the place, and what to write here."""

_CAPITALS = re.compile(r"\b(?P<name>and|or|not|in|is|missing|present)\b\s*\S?", re.IGNORECASE)
_COMPARATORS = frozenset({"=", "<>", "<", "<=", ">", ">="})

_EXPECTED: tuple[tuple[str, str], ...] = (
    ("NAME", "a value"),
    ("PLUS", "an operator (+ - * /)"),
    ("EQUAL", "a comparison (= <> < <= > >=)"),
    ("IN", '"in"'),
    ("IS", '"is missing"'),
    ("MISSING", '"missing"'),
    ("PRESENT", '"present"'),
    ("AND", '"and"'),
    ("OR", '"or"'),
    ("COMMA", "a comma"),
    ("RPAR", "a closing bracket"),
    ("$END", "the end"),
)
"""The terminals of the grammar in plain words, in the order in which they are named. `LPAR` is named when alone."""

_LONGEST_QUOTE = 40


def explain_character(text: str, position: int) -> ExpressionProblem:
    """The problem of a character that no word of the language has.

    Args:
        text: the whole expression.
        position: where the character stands, from 0.
    """
    if text[position] == '"':
        return _syntax("The text has no closing quote.", 'Close it with ".', position)
    return _habit_at(text, position) or _syntax(
        f"{_quoted(text[position])} is not part of the language.",
        "Use names, numbers, text in double quotes, brackets and the operators + - * / = <> < <= > >=.",
        position,
    )


def explain_token(text: str, position: int, token: str, expected: Set[str]) -> ExpressionProblem:
    """The problem of a word that can not stand where it stands.

    Args:
        text: the whole expression.
        position: where the word begins, from 0.
        token: the word.
        expected: the terminals of the grammar that could have stood there.
    """
    found = _habit_at(text, position) or _capitals_at(text, position)
    if found is not None:
        return found
    message = f"{_quoted(token)} can not stand here."
    if token in _COMPARATORS and "NAME" not in expected:
        return _syntax(message, "Compare twice and join the two with and, for example A < B and B < C.", position)
    return _syntax(message, f"Expected {_in_words(expected)}.", position)


def explain_end(text: str, expected: Set[str]) -> ExpressionProblem:
    """The problem of an expression that stops too early; its column is the one behind the last character."""
    position = len(text.rstrip())
    if position == 0:
        return _syntax("The expression is empty.", 'Write a comparison or a value, for example SEX = "F".', 0)
    return _syntax("The expression ends too early.", f"Expected {_in_words(expected)}.", position)


def _habit_at(text: str, position: int) -> ExpressionProblem | None:
    for pattern, remedy in _HABITS:
        for match in re.finditer(pattern, text):
            if match.start() <= position < match.end():
                message = f"{_quoted(match.group())} is not part of the language."
                return _syntax(message, remedy.format(**match.groupdict()), match.start())
    return None


def _capitals_at(text: str, position: int) -> ExpressionProblem | None:
    for match in _CAPITALS.finditer(text):
        word = match.group("name")
        if match.start() <= position < match.end() and word != word.lower():
            return _syntax(f"{_quoted(word)} is taken for a name.", f"Write {word.lower()} instead.", match.start())
    return None


def _in_words(expected: Set[str]) -> str:
    words = [word for terminal, word in _EXPECTED if terminal in expected]
    if not words:
        return "an opening bracket"
    return f"{', '.join(words[:-1])} or {words[-1]}" if len(words) > 1 else words[0]


def _quoted(word: str) -> str:
    if len(word) > _LONGEST_QUOTE:
        word = word[:_LONGEST_QUOTE] + "…"
    return word if '"' in word else f'"{word}"'


def _syntax(message: str, remedy: str, position: int) -> ExpressionProblem:
    return ExpressionProblem(ProblemCode.SYNTAX, message, remedy, position + 1)
