"""The expression language: text in, a checked expression out that gives a value on one record at a time.

Skip logic, edit checks, derivations and SDTM mappings are written in it. Nothing is ever handed to Python as text.
Records are looked at one by one here; `trialkit.language.columnar` looks at all of a form at once, to the same end.

Names are resolved when they are asked for: most commands show what is stored, and read no expression. `parse`, which
has the name of its module, is imported from there.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from trialkit.language.books import Books, Setting
    from trialkit.language.compile import Compiled, compile_expression
    from trialkit.language.functions import BUILTIN_FUNCTIONS
    from trialkit.language.problem import ExpressionError, ExpressionProblem
    from trialkit.language.row import Row, record_row, typed_value
    from trialkit.language.rowcall import NotEvaluated
    from trialkit.language.scope import Scope, ScopedForm, ScopedItem, check_scope, form_scope, scoped_forms
    from trialkit.language.tree import Tree, items_in

_HOMES = {
    "BUILTIN_FUNCTIONS": "trialkit.language.functions",
    "Books": "trialkit.language.books",
    "Compiled": "trialkit.language.compile",
    "ExpressionError": "trialkit.language.problem",
    "ExpressionProblem": "trialkit.language.problem",
    "NotEvaluated": "trialkit.language.rowcall",
    "Row": "trialkit.language.row",
    "Scope": "trialkit.language.scope",
    "ScopedForm": "trialkit.language.scope",
    "ScopedItem": "trialkit.language.scope",
    "Setting": "trialkit.language.books",
    "Tree": "trialkit.language.tree",
    "check_scope": "trialkit.language.scope",
    "compile_expression": "trialkit.language.compile",
    "form_scope": "trialkit.language.scope",
    "items_in": "trialkit.language.tree",
    "record_row": "trialkit.language.row",
    "scoped_forms": "trialkit.language.scope",
    "typed_value": "trialkit.language.row",
}

__all__ = [
    "BUILTIN_FUNCTIONS",
    "Books",
    "Compiled",
    "ExpressionError",
    "ExpressionProblem",
    "NotEvaluated",
    "Row",
    "Scope",
    "ScopedForm",
    "ScopedItem",
    "Setting",
    "Tree",
    "check_scope",
    "compile_expression",
    "form_scope",
    "items_in",
    "record_row",
    "scoped_forms",
    "typed_value",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
