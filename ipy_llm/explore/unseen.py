"""What of a move code does not say: lists of classes, strings, stubs, other files, what tests put in a module."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterator

from ipy_llm.explore.doubts import elsewhere, foreign_bases
from ipy_llm.explore.mentions import Reading
from ipy_llm.explore.names import Defined, Module, Names, Unknown
from ipy_llm.explore.needs import Needs
from ipy_llm.explore.piece import Piece
from ipy_llm.explore.refs import References
from ipy_llm.explore.scopes import Imported
from ipy_llm.source.text import split_lines


def unseen(
    piece: Piece, wanted: Needs, before: References, names: Names, said: Collection[tuple[str, int]]
) -> Iterator[str]:
    """Yield what may go by a definition and its module unseen; `said` are lines of strings that change with it."""
    yield from _of_class(piece.what, piece.tree, names)
    yield from _of_files(piece.what, names)
    yield from _of_values(piece.what, names)
    yield from _of_strings(piece.what, wanted, before, names, said)
    for each in before.maybe:
        yield f"{names.where(each.file, each.line)} may mean it"
    for file in before.unread:
        yield f"{file} holds the name and cannot be parsed"
    for each in before.sure:
        if each.others:
            yield f"{names.where(each.file, each.line)} may also mean another {piece.what.name}"


def _of_class(what: Defined, tree: ast.Module, names: Names) -> Iterator[str]:
    scope = names.class_scope(what)
    if scope is None:
        return
    for cls in (what, *names.bases(what)):
        yield from (
            f"{said}, a base of {cls.file}::{cls.name}, may keep a list of its classes"
            for said, found in foreign_bases(cls, names)
            if found is None
        )
        inner = names.class_scope(cls)
        if inner is not None and cls != what and "__init_subclass__" in inner.bound:
            yield f"{cls.file}::{cls.name}, a base, has an __init_subclass__"
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and node.name == what.name and node.keywords:
            said = ", ".join(ast.unparse(each) for each in node.keywords)
            if said not in {"metaclass=ABCMeta", "metaclass=abc.ABCMeta"}:
                yield f"{said} of the class may keep a list of its classes"


def _of_strings(
    what: Defined, wanted: Needs, before: References, names: Names, said: Collection[tuple[str, int]]
) -> Iterator[str]:
    """Yield the strings that name it by its module, and what is put in the place of what it needs there."""
    followed = {(each.file, each.line) for each in before.sure if each.how == "string"}
    stem = re.escape(names.modules.absolute(what.file).rpartition(".")[2])
    own = re.escape(what.name)
    needed = "|".join(map(re.escape, wanted.names)) or "(?!)"
    asking = r"\b(?:getattr|setattr|hasattr|delattr|object)"
    named = re.compile(rf"{asking}\([^,()]*,\s*[\"']{own}[\"']")
    dotted = re.compile(rf"(?<!\w){stem}[.:]{own}(?!\w)")
    patched = re.compile(
        rf"[\"'][\w.]*\b{stem}\.(?P<a>{needed})[\"'.]|\b{stem}\s*,\s*[\"'](?P<b>{needed})[\"']"
        rf"|\b{stem}\.(?P<c>{needed})\s*=[^=]"
    )
    loaded = re.compile(
        rf"\b(?:import_module|__import__|importorskip|run_module)\(\s*[\"'][\w.]*\b{stem}[\"']"
    )
    # What asks its own module for names asks in vain then.
    yield from (
        f"a string at {where} may mean it" for where in before.strings if where.startswith(f"{what.file}:")
    )
    for file in names.index.files:
        text = names.text(file) or ""
        if not re.search(stem, text):
            continue
        strings = {number for number, said_there in _strings(file, names) if dotted.search(said_there)}
        for number, line in enumerate(split_lines(text), 1):
            where = names.where(file, number)
            match = patched.search(line)
            if (number in strings or named.search(line)) and (file, number) not in followed | set(said):
                yield f"a string at {where} may mean it"
            elif match:
                yield f"{where} may put another {match['a'] or match['b'] or match['c']} in its module"
            elif loaded.search(line):
                yield f"{where} imports its module by a string"


def _of_files(what: Defined, names: Names) -> Iterator[str]:
    stem = names.modules.absolute(what.file).rpartition(".")[2]
    yield from elsewhere(what.name, names.index, stem)


def _of_values(what: Defined, names: Names) -> Iterator[str]:
    """Yield where the module is handed around as a value, if something is asked for the name that may be it."""
    asked = False
    handed: list[str] = []
    for file in names.index.files:
        reading = names.reading(file)
        if reading is None:
            continue
        mentions = Reading(names.text(file) or "", names.tree(file), what.name).mentions
        asked = asked or any(
            isinstance(each.node, ast.Attribute)
            and Unknown() in names.of_expression(each.node.value, each.scope, file)
            for each in mentions
        )
        heads = {
            name
            for name, bound in reading.module.bound.items()
            if any(isinstance(each, Imported) for each in bound)
            and Module(what.file) in names.of_name(name, reading.module, file)
        }
        handed += [names.where(file, line) for line in _values(names.tree(file), heads)] if heads else []
    yield from (f"{where} hands its module around" for where in handed if asked)


def _values(tree: ast.Module, heads: Collection[str]) -> Iterator[int]:
    """Yield the lines where names stand for themselves: of no attribute, and not with the name of one beside them."""
    plain = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    for node in ast.walk(tree):
        named = isinstance(node, ast.Call) and any(isinstance(each, ast.Constant) for each in node.args)
        plain |= {id(each) for each in node.args} if isinstance(node, ast.Call) and named else set()
        if isinstance(node, ast.Name) and node.id in heads and id(node) not in plain:
            yield node.lineno


def _strings(file: str, names: Names) -> Iterator[tuple[int, str]]:
    """Yield the strings of a file that are no docstrings, with their lines."""
    try:
        tree = names.tree(file)
    except SyntaxError:
        return
    prose = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose:
            yield node.lineno, node.value
