"""What a module gives to others: by `import *`, by `__all__`, and whether anyone takes it."""

from __future__ import annotations

import ast

from ipy_llm.explore.mentions import Reading
from ipy_llm.explore.names import Defined, Module, Names


def exported(one: Defined, names: Names) -> bool:
    """Say whether `import *` of its module brings a name along."""
    reading = names.reading(one.file)
    if reading is None or "__all__" not in reading.module.bound:
        return not one.name.startswith("_")
    return bool(listed(names.tree(one.file), one.name))


def lists(tree: ast.Module) -> list[ast.List | ast.Tuple]:
    """Return the lists that `__all__` is made of, as far as they are written out."""
    found = []
    for node in tree.body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        value = getattr(node, "value", None)
        named = any(isinstance(each, ast.Name) and each.id == "__all__" for each in targets)
        if named and isinstance(value, (ast.List, ast.Tuple)):
            found.append(value)
    return found


def listed(tree: ast.Module, name: str) -> list[tuple[ast.List | ast.Tuple, int]]:
    """Return where a name stands in `__all__`: the list, and its position there."""
    return [
        (value, position)
        for value in lists(tree)
        for position, each in enumerate(value.elts)
        if isinstance(each, ast.Constant) and each.value == name
    ]


def taken(file: str, name: str, names: Names) -> bool:
    """Say whether another file takes a name from a module, by an import or as its attribute, or all by a star."""
    for other in names.index.files:
        text = names.text(other) if other != file else None
        if text is None or (name not in text and "*" not in text):
            continue
        try:
            reading = Reading(text, names.tree(other), name)
        except SyntaxError:
            return True
        if any(file in names.modules.of(star, other) for star in reading.module.stars):
            return True
        for mention in reading.mentions:
            what, node = mention.what, mention.node
            if what is not None and what.name == name and file in names.modules.of(what, other):
                return True
            if isinstance(node, ast.Attribute) and Module(file) in names.of_expression(
                node.value, mention.scope, other
            ):
                return True
    return False
