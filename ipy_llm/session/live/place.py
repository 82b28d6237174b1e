"""Where statements of the new text run: in the namespace of a module, or in the body of a class that lives."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import CodeType, FunctionType
from typing import Any

from ipy_llm.session.live.changes import bound
from ipy_llm.session.live.codes import adopt
from ipy_llm.session.live.job import RefusedError
from ipy_llm.session.live.steps import Steps

# What `type` makes of functions of these names.
_IMPLICIT = {"__new__": staticmethod, "__init_subclass__": classmethod, "__class_getitem__": classmethod}


@dataclass(frozen=True, slots=True)
class Place:
    """A namespace, and the classes one within the other whose body it is; none for the module itself."""

    namespace: dict[str, Any]
    filename: str
    flags: int
    futures: tuple[ast.stmt, ...] = ()  # imports of `__future__`; as flags, not all of it is done for a tree
    codes: Mapping[tuple[str, int], Sequence[CodeType]] = field(
        default_factory=dict, repr=False
    )  # of the new text
    classes: tuple[type, ...] = ()
    names: tuple[str, ...] = ()
    body: tuple[ast.stmt, ...] = ()  # of the class, in the new text

    @property
    def prefix(self) -> str:
        """What stands before a name in its qualified name."""
        return "".join(f"{name}." for name in self.names)

    def within(self, node: ast.ClassDef, cls: type) -> Place:
        """Return the place that the body of a class here is."""
        return replace(
            self, classes=(*self.classes, cls), names=(*self.names, node.name), body=tuple(node.body)
        )

    def table(self) -> Any:
        """Return what the names here are bound to."""
        return vars(self.classes[-1]) if self.classes else self.namespace

    def written(self, name: str) -> str:
        """Return a name as it is kept: private ones of a class have its name in front."""
        if not self.names or not name.startswith("__") or name.endswith("__"):
            return name
        owner = self.names[-1].lstrip("_")
        return f"_{owner}{name}" if owner else name

    def bind(self, steps: Steps, name: str, value: Any) -> None:
        """Bind a name."""
        if not self.classes:
            steps.item(self.namespace, name, value)
            return
        cls = self.classes[-1]
        steps.member(cls, name, value)
        told = getattr(type(value), "__set_name__", None)
        if told is not None:
            told(value, cls, name)

    def unbind(self, steps: Steps, name: str) -> None:
        """Take a name away."""
        if self.classes:
            steps.no_member(self.classes[-1], name)
        else:
            steps.no_item(self.namespace, name)

    def run(self, statements: list[ast.stmt]) -> dict[str, Any]:
        """Run statements as if they stood here, and return what they bound; nothing is bound here yet.

        In a class they see what its body would: its names, private ones mangled, `super()`. No metaclass and no
        `__init_subclass__` runs: only the code of the body does.
        """
        body = statements
        for name in reversed(self.names):
            body = [_class(name, body)]
        at = 1 if isinstance(body[0], ast.Expr) else 0  # a docstring stays the first
        module = ast.Module([*body[:at], *self.futures, *body[at:]], [])
        code = adopt(compile(module, self.filename, "exec", self.flags, dont_inherit=True), self.codes)
        if not self.names:
            if code.co_flags & inspect.CO_COROUTINE:  # as a cell may
                raise RefusedError(f"line {statements[0].lineno} awaits")
            scratch: dict[str, Any] = {}
            exec(code, self.namespace, scratch)  # noqa: S102 - as the module itself would
            for name in {name for each in self.futures for name in bound(each)}:
                if not any(name in bound(each) for each in statements):
                    scratch.pop(name, None)
            return scratch
        for name in self.names:
            code = next(
                each for each in code.co_consts if isinstance(each, CodeType) and each.co_name == name
            )
        cls = self.classes[-1]
        seen = {self.written(name) for name in self._above(statements[0])} | {"__annotations__", "__doc__"}
        given = {name: value for name, value in vars(cls).items() if name in seen}
        if "__annotations__" in given:
            given["__annotations__"] = dict(given["__annotations__"])
        local = dict(given)
        exec(code, self.namespace, local)  # noqa: S102 - as the class statement would
        cell = local.pop("__classcell__", None)
        if cell is not None:
            cell.cell_contents = cls
        wanted = {self.written(name) for each in statements for name in bound(each)} | {
            "__annotations__",
            "__doc__",
        }
        made = {
            name: local[name]
            for name in wanted & set(local)
            if not name.startswith("__") or name not in given or given[name] is not local[name]
        }
        if "__annotations__" in local and any(isinstance(each, ast.AnnAssign) for each in statements):
            made["__annotations__"] = local["__annotations__"]
        for name, wrap in _IMPLICIT.items():
            if isinstance(made.get(name), FunctionType):
                made[name] = wrap(made[name])
        return made

    def _above(self, node: ast.stmt) -> set[str]:
        """Return the names that the body of the class has bound where a statement stands."""
        return {name for each in self.body if each.lineno < node.lineno for name in bound(each)}


def _class(name: str, body: list[ast.stmt]) -> ast.ClassDef:
    more: Any = {"type_params": []} if "type_params" in ast.ClassDef._fields else {}  # since 3.12
    node = ast.ClassDef(name=name, bases=[], keywords=[], body=body, decorator_list=[], **more)
    return ast.fix_missing_locations(ast.copy_location(node, body[0]))
