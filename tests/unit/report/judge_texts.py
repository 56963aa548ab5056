"""Every text for a person that stands in the code below the reports, found by walking its syntax trees.

A text is any literal or f-string with a blank in it, and any word handed to a function that complains. What is no text
for a reader of reports (docstrings, errors raised about a configuration, patterns, the phrases relays are known by) is
left out by where it stands; the few that remain are named in `NO_TEXTS`.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import wnmon

ROOT = Path(wnmon.__file__).parent
MODULES = (
    *sorted((ROOT / "judge").glob("*.py")),
    *(ROOT / "wire" / f"{name}.py" for name in ("causes", "document", "faults", "grammar", "sse", "stream")),
    *(ROOT / "transport" / f"{name}.py" for name in ("deadline", "decode", "naming", "sensor")),
    *(ROOT / "engine" / f"{name}.py" for name in ("budget", "runner", "sending")),
    ROOT / "model" / "check.py",
)

COMPLAINERS = frozenset(
    {"Fault", "Finding", "JsonProblem", "RuleVerdict", "Unjudged", "ValidationError", "_fault", "_finding", "_problem"}
    | {"complain", "complaint"}
)
HOLE = "{}"
_SPOKEN = frozenset({"message", "expected", "actual", "why", "detail"})
_PLACE = re.compile(
    r"/.*|header:.*|(?:event|choice|byte) (?:0x)?(?:\{\}|0) ?|field error|\{\}/.*|(?:\{\}[:/]?)+", re.DOTALL
)


@cache
def texts() -> dict[str, str]:
    """Return every text, its holes written `{}`, with where it stands."""
    return {text: where for path in MODULES for text, where in _texts_of(path)}


def _texts_of(path: Path) -> Iterator[tuple[str, str]]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    silent = _silent(tree)
    for node in ast.walk(tree):
        for part in _spoken(node):
            text = _template(part)
            if text is not None and id(part) not in silent:
                yield text, f"{path.relative_to(ROOT)}:{part.lineno}"


def _spoken(node: ast.AST) -> Iterator[ast.expr]:
    """Yield the node where it is a sentence, and the words a complaining call is given."""
    if isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and " " in str(node.value).strip()):
        yield node
    if isinstance(node, ast.Call) and _name(node.func) in COMPLAINERS:
        given = [*node.args, *(keyword.value for keyword in node.keywords if keyword.arg in _SPOKEN)]
        yield from (word for each in given for word in _choices(each))


def _choices(node: ast.expr) -> Iterator[ast.expr]:
    """Yield what an expression may come to: both sides of an `or` and of a conditional."""
    match node:
        case ast.BoolOp(values=values):
            for value in values:
                yield from _choices(value)
        case ast.IfExp(body=body, orelse=other):
            yield from _choices(body)
            yield from _choices(other)
        case ast.Constant(value=str()):
            yield node
        case _:
            return


def _template(node: ast.expr) -> str | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value if not _PLACE.fullmatch(node.value) else None
    if not isinstance(node, ast.JoinedStr):
        return None
    text = "".join(str(part.value) if isinstance(part, ast.Constant) else HOLE for part in node.values)
    return text if not _PLACE.fullmatch(text) else None


def _silent(tree: ast.Module) -> set[int]:
    """Return the nodes that are no text for a reader, by where they stand."""
    silent: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):  # a docstring
            silent.add(id(node.value))
        if isinstance(node, ast.JoinedStr):  # its parts: the whole is the text
            silent.update(id(part) for part in node.values)
        if isinstance(node, ast.FormattedValue) and node.format_spec is not None:
            silent.update(id(part) for part in ast.walk(node.format_spec))
        if isinstance(node, ast.Raise) or (isinstance(node, ast.Call) and _is_technical(node)):
            silent.update(id(part) for part in ast.walk(node))
    for statement in tree.body:  # patterns, and phrases to be recognised: tables of texts nobody is shown
        if isinstance(statement, ast.Assign | ast.AnnAssign) and isinstance(
            statement.value, ast.Tuple | ast.Call | ast.JoinedStr
        ):
            targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
            if not isinstance(targets[0], ast.Tuple):
                silent.update(id(part) for part in ast.walk(statement.value))
    return silent


def _is_technical(call: ast.Call) -> bool:
    return _name(call.func) in {"Unfit", "compile", "compile_pattern", "_hint", "join", "split", "strip", "cast"}


def _name(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
