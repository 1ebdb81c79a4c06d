"""Every code by which something is refused, collected from where it is raised."""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from backend.kit.errors import code_of
from scripts.schema_words import markdown_table

BACKEND = Path(__file__).parents[1] / "backend"

# Made of the status alone, when the framework refuses before a route is asked.
_OF_THE_STATUS = {
    405: "This address does not know that method.",
    413: "The body is larger than this server accepts.",
}
_USUAL_STATUS = 400
_UNKNOWN = "…"

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Refusal:
    code: str
    status: int
    message: str


def errors() -> str:
    """One line for each code and status, with the words of one of the places that say it."""
    found: dict[tuple[int, str], str] = {}
    for each in refusals():
        found.setdefault((each.status, each.code), each.message)
    return markdown_table(
        ["code", "status", "for example"],
        [[f"`{code}`", str(status), found[status, code]] for status, code in sorted(found)],
    )


def refusals() -> Iterator[Refusal]:
    for status, message in _OF_THE_STATUS.items():
        yield Refusal(code_of(status), status, message)
    for tree in _trees():
        for owner, function in _functions(tree):
            for call in _calls_in(function):
                given = _given(call)
                code = given.get("code")
                if isinstance(code, ast.Constant) and call.args:
                    for message, status in _said(owner, function, call, given.get("status")):
                        yield Refusal(str(code.value), status, message)


def _said(
    owner: str, function: Function, call: ast.Call, status: ast.expr | None
) -> Iterator[tuple[str, int]]:
    """The words and the status, which may be those of whoever calls this function, or makes this class."""
    message, number = _text(call.args[0], function), _number(status)
    if message != _UNKNOWN and number is not None:
        yield message, number
        return
    for caller, asked in _calls_of(owner):
        said = _text(asked.args[0], caller) if asked.args and message == _UNKNOWN else message
        told = _number(_given(asked).get("status")) if number is None else number
        if said != _UNKNOWN and told is not None:
            yield said, told


@cache
def _trees() -> tuple[ast.Module, ...]:
    return tuple(ast.parse(path.read_text(encoding="utf-8")) for path in sorted(BACKEND.rglob("*.py")))


def _functions(tree: ast.Module) -> Iterator[tuple[str, Function]]:
    """With the name by which each is called: a constructor by that of its class."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            for each in node.body:
                if isinstance(each, Function) and each.name == "__init__":
                    yield node.name, each
        elif isinstance(node, Function) and node.name != "__init__":
            yield node.name, node


@cache
def _calls_of(name: str) -> tuple[tuple[Function, ast.Call], ...]:
    return tuple(
        (function, call)
        for tree in _trees()
        for _, function in _functions(tree)
        for call in _calls_in(function)
        if isinstance(call.func, ast.Name) and call.func.id == name
    )


def _calls_in(function: Function) -> Iterator[ast.Call]:
    return (node for node in ast.walk(function) if isinstance(node, ast.Call))


def _given(call: ast.Call) -> Mapping[str | None, ast.expr]:
    return {keyword.arg: keyword.value for keyword in call.keywords}


def _number(status: ast.expr | None) -> int | None:
    if status is None:
        return _USUAL_STATUS
    return int(str(status.value)) if isinstance(status, ast.Constant) else None


def _text(node: ast.expr, function: Function) -> str:
    """As far as it is written there; what is put into it shows as an ellipsis."""
    match node:
        case ast.Constant(value=str(value)):
            return value
        case ast.JoinedStr(values=values):
            return "".join(_text(value, function) for value in values)
        case ast.IfExp(body=body):
            return _text(body, function)
        case ast.Name(id=name):
            return _assigned(name, node.lineno, function)
        case _:
            return _UNKNOWN


def _assigned(name: str, line: int, function: Function) -> str:
    """The last time before this line."""
    values = [
        node.value
        for node in ast.walk(function)
        if isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Name)
        and node.targets[0].id == name
        and node.lineno <= line
    ]
    arguments = function.args.args
    defaults = dict(zip([each.arg for each in arguments[::-1]], function.args.defaults[::-1], strict=False))
    if values:
        return _text(max(values, key=lambda value: value.lineno), function)
    return _text(defaults[name], function) if name in defaults else _UNKNOWN
