"""What class an object is of, where annotations and plain assignments say so."""

from __future__ import annotations

import ast

from ipy_llm.explore.names import Defined, Foreign, Meaning, Names, Unknown, instance_of
from ipy_llm.explore.scopes import Scope

_DEEP = 8  # values and calls followed one after the other
_WRAPPING = frozenset({"Optional", "Annotated", "Union", "Final", "ClassVar", "Self"})


class Types:
    """The classes of a project's objects, on top of its names."""

    def __init__(self, names: Names) -> None:
        self.names = names
        self._open: set[tuple[int, str]] = (
            set()
        )  # what is being looked up: `x = x.next()` leads back to itself

    def of_attribute(
        self, value: ast.expr, attr: str, scope: Scope, file: str, depth: int = 0
    ) -> set[Meaning]:
        """Return what an attribute may be; with `Unknown` where nothing tells."""
        found = self.names.of_attribute(value, attr, scope, file)
        if Unknown() not in found:
            return found
        classes = self.of_value(value, scope, file, depth + 1)
        if classes is None:
            return found
        return {
            meaning
            for cls in classes
            for meaning in self._member(cls, attr, known=instance_of(value, scope) is None)
        }

    def _member(self, cls: Meaning, attr: str, *, known: bool) -> set[Meaning]:
        if not isinstance(cls, Defined):
            return {Foreign()}
        found = self.names.of_member(cls, attr)
        if found:
            return found
        mine = [cls, *self.names.bases(cls)]
        if any(attr in scope.stored for scope in map(self.names.class_scope, mine) if scope):
            return {Foreign()}
        # What is nowhere in the class can be no other's; `self` may be of a class that is derived from it.
        return {Foreign() if known else Unknown()}

    def of_value(self, node: ast.expr, scope: Scope, file: str, depth: int = 0) -> set[Meaning] | None:
        """Return the classes that a value may be of, None where nothing tells."""
        if depth > _DEEP:
            return None
        owner = instance_of(node, scope)
        if owner is not None:
            return {Defined(file, owner.name)}
        match node:
            case ast.Name(id=name):
                return self._of_name(name, scope, file, depth)
            case ast.Call(func=function):
                return self._of_call(function, scope, file, depth)
            case ast.Attribute(value=value, attr=attr):
                return self._of_attribute(value, attr, scope, file, depth)
            case ast.NamedExpr(value=value):
                return self.of_value(value, scope, file, depth + 1)
            case ast.IfExp(body=one, orelse=other):
                return self._joined([one, other], scope, file, depth)
            case ast.BoolOp(values=values):
                return self._joined(values, scope, file, depth)
            case ast.Constant() | ast.JoinedStr() | ast.List() | ast.Dict() | ast.Set() | ast.Tuple():
                return {Foreign()}
            case _:
                return None

    def _joined(self, nodes: list[ast.expr], scope: Scope, file: str, depth: int) -> set[Meaning] | None:
        found: set[Meaning] = set()
        for node in nodes:
            classes = self.of_value(node, scope, file, depth + 1)
            if classes is None:
                return None
            found |= classes
        return found

    def _of_name(self, name: str, scope: Scope, file: str, depth: int) -> set[Meaning] | None:
        home = scope.lookup(name)
        if home is None or home.kind == "class":
            return None
        if name in home.annotations:
            return self.of_annotation(home.annotations[name], home.outer or home, file)
        values = home.values.get(name, [])
        if not values or len(values) != len(home.bound[name]):
            return None  # bound by a loop, a `with` or as a parameter too
        key = (id(home), name)
        if key in self._open:
            return None
        self._open.add(key)
        try:
            return self._joined(values, home, file, depth)
        finally:
            self._open.discard(key)

    def _of_call(self, function: ast.expr, scope: Scope, file: str, depth: int) -> set[Meaning] | None:
        found: set[Meaning] = set()
        meanings = (
            self.of_attribute(function.value, function.attr, scope, file, depth + 1)
            if isinstance(function, ast.Attribute) and depth < _DEEP
            else self.names.of_expression(function, scope, file)
        )
        for meaning in meanings:
            if not isinstance(meaning, Defined):
                return None
            if self.names.class_scope(meaning) is not None:
                found.add(meaning)
                continue
            returned = self._returned(meaning)
            if returned is None:
                return None
            found |= returned
        return found or None

    def _returned(self, function: Defined) -> set[Meaning] | None:
        home = self.names.home(function)
        hint = home.returns.get(function.name.rpartition(".")[2]) if home else None
        return self.of_annotation(hint, home, function.file) if hint is not None and home else None

    def _of_attribute(
        self, value: ast.expr, attr: str, scope: Scope, file: str, depth: int
    ) -> set[Meaning] | None:
        classes = self.of_value(value, scope, file, depth + 1)
        if classes is None:
            return None
        found: set[Meaning] = set()
        for cls in classes:
            members = self.names.of_member(cls, attr) if isinstance(cls, Defined) else set()
            for member in members or {Unknown()}:
                home = self.names.home(member) if isinstance(member, Defined) else None
                if not isinstance(member, Defined) or home is None:
                    return None
                # A property is what it returns, a method itself is of no class of ours.
                hint = home.annotations.get(attr) or home.returns.get(attr)
                classes_of = self.of_annotation(hint, home, member.file) if hint is not None else None
                if classes_of is None:
                    return None
                found |= classes_of
        return found or None

    def of_annotation(self, node: ast.expr, scope: Scope, file: str) -> set[Meaning] | None:
        """Return the classes that an annotation names, None where it says something else."""
        match node:
            case ast.Constant(value=None):
                return set()
            case ast.Constant(value=str(text)):
                try:
                    return self.of_annotation(ast.parse(text.strip(), mode="eval").body, scope, file)
                except SyntaxError:
                    return None
            case ast.BinOp(left=left, op=ast.BitOr(), right=right):
                one, other = (self.of_annotation(each, scope, file) for each in (left, right))
                return None if one is None or other is None else one | other
            case ast.Subscript(value=ast.Name(id=name) | ast.Attribute(attr=name), slice=inner):
                if name in _WRAPPING:
                    parts = inner.elts if isinstance(inner, ast.Tuple) else [inner]
                    parts = parts[:1] if name == "Annotated" else parts
                    found = [self.of_annotation(each, scope, file) for each in parts]
                    return None if None in found else {each for part in found if part for each in part}
                outer = self.names.of_expression(node.value, scope, file)
                return self._classes(outer)
            case ast.Name() | ast.Attribute():
                return self._classes(self.names.of_expression(node, scope, file))
            case _:
                return None

    def _classes(self, meanings: set[Meaning]) -> set[Meaning] | None:
        found: set[Meaning] = set()
        for meaning in meanings:
            if isinstance(meaning, Defined) and self.names.class_scope(meaning) is not None:
                found.add(meaning)
            elif isinstance(meaning, Defined):
                aliased = self._alias(meaning)
                if aliased is None:
                    return None
                found |= aliased
            else:
                return None  # a protocol of a library, `Any`, a type variable
        return found or None

    def _alias(self, name: Defined) -> set[Meaning] | None:
        """Return the classes that `Document = Outline | Notebook` stands for."""
        home = self.names.home(name)
        values = home.values.get(name.name.rpartition(".")[2], []) if home else []
        if home is None or len(values) != 1 or isinstance(values[0], ast.Constant | ast.Call):
            return None
        value = values[0]
        same = isinstance(value, ast.Name) and value.id == name.name
        return None if same else self.of_annotation(value, home, name.file)
