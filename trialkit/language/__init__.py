"""The expression language: text in, a checked expression out that gives a value on one record at a time.

Skip logic, edit checks, derivations and SDTM mappings are written in it. Nothing is ever handed to Python as text.
"""

from trialkit.language.compile import Compiled, compile_expression
from trialkit.language.functions import BUILTIN_FUNCTIONS
from trialkit.language.parse import parse
from trialkit.language.problem import ExpressionError, ExpressionProblem
from trialkit.language.row import Row, record_row
from trialkit.language.rowcall import NotEvaluated
from trialkit.language.scope import Scope, ScopedItem, form_scope
from trialkit.language.tree import Tree, items_in

__all__ = [
    "BUILTIN_FUNCTIONS",
    "Compiled",
    "ExpressionError",
    "ExpressionProblem",
    "NotEvaluated",
    "Row",
    "Scope",
    "ScopedItem",
    "Tree",
    "compile_expression",
    "form_scope",
    "items_in",
    "parse",
    "record_row",
]
