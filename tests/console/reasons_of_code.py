"""Every sentence that the code can give as the reason of an error, found in its source."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

SOURCE = Path(__file__).parents[2] / "src" / "visavis"

RAISED = {"ServiceError": ("detail", 1), "_Unsupported": ("sentence", 1), "_details": ("detail", 1)}
"""What is built with a reason: the name and the position of that argument."""

PARTS = {"altered": 0, "unsupported": 0, "broken": 0, "after": 1}
"""Functions that put an argument into a sentence, by its position: what they are given is a reason's part."""


DEEPEST = 5
"""How many names and functions are followed from an argument."""


@dataclass
class Module:
    path: str
    tree: ast.Module
    functions: dict[str, ast.FunctionDef | ast.AsyncFunctionDef] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for node in ast.walk(self.tree):
            for child in ast.iter_child_nodes(node):
                child.parent = node  # type: ignore[attr-defined] # to find what a name is bound to
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                self.functions[node.name] = node


@dataclass(frozen=True)
class Unknown:
    """An argument that is not made of text in the source."""

    where: str
    code: str


class Reasons:
    """The templates of all reasons, with `{}` in place of values, and the arguments that are none."""

    def __init__(self) -> None:
        self.templates: set[str] = set()
        self.unknown: set[Unknown] = set()
        self._modules = [
            Module(path.relative_to(SOURCE).as_posix(), ast.parse(path.read_text("utf-8")))
            for path in sorted(SOURCE.rglob("*.py"))
        ]
        self._followed: set[tuple[str, int]] = set()
        for module in self._modules:
            for call in _calls(module.tree):
                name = _name(call.func)
                if name in RAISED:
                    keyword, position = RAISED[name]
                    self._add(module, _argument(call, keyword, position))
                elif name in PARTS:
                    self._add(module, _argument(call, "", PARTS[name]))

    def _add(self, module: Module, node: ast.expr | None) -> None:
        if node is not None:
            self.templates |= self._texts(module, node)

    def _texts(self, module: Module, node: ast.expr, depth: int = 0) -> set[str]:  # noqa: C901 - a case each
        """The templates that the expression can be; none for None. Notes what cannot be told."""

        def of(nodes: Iterable[ast.expr], more: int = 0) -> set[str]:
            return {text for each in nodes for text in self._texts(module, each, depth + more)}

        found: set[str] = set()
        match node:
            case ast.Constant(value=str() as text):
                found = {text}
            case ast.Constant(value=None):
                pass
            case ast.JoinedStr(values=values):
                found = {"".join(map(_part, values))}
            case ast.IfExp(body=body, orelse=orelse):
                found = of([body, orelse])
            case ast.BoolOp(values=values) | ast.Dict(values=values):
                found = of(values)
            case ast.Name() if depth < DEEPEST:
                found = self._bound(module, node, depth)
            case ast.Subscript(value=ast.Name() as table):
                found = of([table])
            case ast.Call(func=ast.Attribute(value=ast.Name() as table, attr="get"), args=[_, *default]):
                found = of([table, *default])
            case ast.Call(func=ast.Name(id=name)) if name in module.functions and depth < DEEPEST:
                found = of(_returned(module.functions[name]), 1)
            case _:
                self.unknown.add(Unknown(module.path, ast.unparse(node)))
        return found

    def _bound(self, module: Module, node: ast.Name, depth: int) -> set[str]:
        """What the name is assigned in its function, or passed to it, or assigned in the module."""
        scope: ast.AST | None = node
        while (scope := getattr(scope, "parent", None)) is not None:
            if isinstance(scope, ast.FunctionDef | ast.AsyncFunctionDef):
                found = [value for target, value in _assigned(scope) if target == node.id]
                if found:
                    return {text for value in found for text in self._texts(module, value, depth + 1)}
                names = [argument.arg for argument in scope.args.args]
                if node.id in names:
                    self._follow(scope.name, names, node.id)
                    return set()
        found = [value for target, value in _assigned(module.tree) if target == node.id]
        if not found:
            self.unknown.add(Unknown(module.path, node.id))
        return {text for value in found for text in self._texts(module, value, depth + 1)}

    def _follow(self, function: str, names: list[str], name: str) -> None:
        """Take what all callers of the function pass under this name."""
        position = names.index(name) - (names[0] in {"self", "cls"})
        if (function, position) in self._followed:
            return
        self._followed.add((function, position))
        for module in self._modules:
            for call in _calls(module.tree):
                if _name(call.func) == function:
                    self._add(module, _argument(call, name, position))


def _calls(tree: ast.AST) -> Iterator[ast.Call]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def _returned(function: ast.AST) -> list[ast.expr]:
    return [each.value for each in ast.walk(function) if isinstance(each, ast.Return) and each.value is not None]


def _name(function: ast.expr) -> str:
    match function:
        case ast.Name():
            return function.id
        case ast.Attribute():
            return function.attr
    return ""


def _argument(call: ast.Call, keyword: str, position: int) -> ast.expr | None:
    named = next((each.value for each in call.keywords if each.arg == keyword), None)
    return named if named is not None else call.args[position] if len(call.args) > position else None


def _assigned(scope: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    for node in ast.walk(scope):
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                yield name, value
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                yield name, value
            case ast.NamedExpr(target=ast.Name(id=name), value=value):
                yield name, value


def _part(value: ast.expr) -> str:
    return value.value if isinstance(value, ast.Constant) and isinstance(value.value, str) else "{}"
