"""The expression language: text in, a checked expression out that gives a value on one record at a time.

Skip logic, edit checks, derivations and SDTM mappings are written in it. Nothing is ever handed to Python as text.
Records are looked at one by one here; `trialkit.language.columnar` looks at all of a form at once, to the same end.
"""

from trialkit.language.books import Books, Setting
from trialkit.language.compile import Compiled, compile_expression
from trialkit.language.functions import BUILTIN_FUNCTIONS
from trialkit.language.parse import parse
from trialkit.language.problem import ExpressionError, ExpressionProblem
from trialkit.language.row import Row, record_row, typed_value
from trialkit.language.rowcall import NotEvaluated
from trialkit.language.scope import Scope, ScopedForm, ScopedItem, check_scope, form_scope, scoped_forms
from trialkit.language.tree import Tree, items_in

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
    "parse",
    "record_row",
    "scoped_forms",
    "typed_value",
]
