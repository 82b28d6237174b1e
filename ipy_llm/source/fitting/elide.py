"""Elision in a function: a comment such as `# ... existing code ...` stands for statements that stay.

The run of statements between two that match stays. The statements beside the comment must stand in the
old body, each such run once; a comment at an end of the body reaches to that end. What is not certain is
refused.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass, field

from ipy_llm.errors import EditRejectedError
from ipy_llm.source.sent.reading import parse_suite
from ipy_llm.source.structure.syntax import DEFINITIONS

MARK = "__ipy_llm_left_out__"
_BODIES = ("body", "orelse", "finalbody", "handlers", "cases")


def mark(code: str, lines: Sequence[int]) -> str:
    """Return code with the comments on these 0-based lines as statements, so that they have a place in its tree."""
    marked = code.split("\n")
    for number in lines:
        text = marked[number]
        marked[number] = text[: len(text) - len(text.lstrip())] + MARK
    return "\n".join(marked)


def is_mark(node: ast.AST) -> bool:
    """Say whether a statement is a mark."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Name) and node.value.id == MARK


def holds_mark(node: ast.AST) -> bool:
    """Say whether a mark stands anywhere in a node."""
    return any(isinstance(child, ast.Name) and child.id == MARK for child in ast.walk(node))


def fill_in(marked: str, old: str, name: str) -> tuple[str, int]:
    """Return a function with the old lines its marks stand for, and how many those are.

    Both texts hold the function `name` at the same indentation, with line feeds. Raises
    `EditRejectedError` where what a mark stands for is not certain.
    """
    new_node, new_shift = definition(marked, name)
    old_node, old_shift = definition(old, name)
    lines = marked.split("\n")
    fill = _Fill(old.split("\n"), old_shift, lines, new_shift)
    fill.suite(new_node.body, old_node.body)
    for number, kept in sorted(fill.kept, reverse=True):
        lines[number - 1 - new_shift : number - new_shift] = kept
    return "\n".join(lines), sum(len(kept) for _, kept in fill.kept)


def definition(code: str, name: str) -> tuple[ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef, int]:
    """Return the one definition of that name in code at any indentation, and the lines put before it to parse it."""
    body, shift = parse_suite(code)
    found = [node for node in body if isinstance(node, DEFINITIONS) and node.name == name]
    if len(found) != 1 or len(body) != 1:
        raise EditRejectedError(
            f"a text that leaves code out must be {name} alone; nothing was written",
            steps=["send the whole text"],
        )
    return found[0], shift


def refusal(reason: str) -> EditRejectedError:
    """Return the error for a mark whose meaning is not certain."""
    return EditRejectedError(
        f"what the comment leaves out is not certain: {reason}; nothing was written",
        steps=["send the whole text, or replace only the lines that change"],
    )


@dataclass
class _Fill:
    """Both texts, and what was found for each mark: its line in the new text and the old lines that stay."""

    old: list[str]
    shift: int
    new: list[str]
    new_shift: int
    kept: list[tuple[int, list[str]]] = field(default_factory=list)

    def suite(self, new: Sequence[ast.stmt], old: Sequence[ast.stmt]) -> None:
        """Fill in the marks of one suite, and of the suites in it."""
        theirs = [ast.dump(node) for node in old]
        ours = [MARK if is_mark(node) else self.key(node, old) for node in new]
        reached = 0
        for position, node in enumerate(new):
            if not is_mark(node):
                continue
            before, after = _run(ours, position, -1), _run(ours, position, 1)
            if (not before and position) or (not after and position < len(new) - 1):
                raise refusal("two such comments stand side by side")
            start = _find(before[::-1], theirs, after=True) if before else 0
            end = self.end(new[position + 1 :], old, after, theirs)
            if start < reached or end < start:
                raise refusal("the code around it stands in another order in the old text")
            if start == end:
                raise refusal("there is nothing between its neighbours in the old text")
            reached = end
            above = [line.strip() for line in self.new[: node.lineno - 1 - self.new_shift] if line.strip()]
            told = above[-1].startswith("#")  # the new text has comments there itself
            self.kept.append((node.lineno, self.lines(old, start, end, comments=not told)))

    def end(self, new: Sequence[ast.stmt], old: Sequence[ast.stmt], run: list[str], theirs: list[str]) -> int:
        """Return where what is left out ends: at the statements below the mark, whose keys are `run`."""
        if not run:
            return len(old)
        # Another last `return` can only stand in place of the one there is: below it nothing would run.
        if len(new) == 1 and old and isinstance(new[0], ast.Return) and isinstance(old[-1], ast.Return):
            return len(old) - 1
        return _find(run, theirs, after=False)

    def key(self, node: ast.stmt, old: Sequence[ast.stmt]) -> str:
        """Return what a statement says; one that holds a mark is the one old statement with its header."""
        if not holds_mark(node):
            return ast.dump(node)
        twins = [other for other in old if _header(other) == _header(node)]
        if len(twins) != 1:
            raise refusal(f"the block it stands in is found {len(twins)} times in the old text")
        for name in _BODIES:
            self.parts(getattr(node, name, []), getattr(twins[0], name, []))
        return ast.dump(twins[0])

    def parts(self, new: Sequence[ast.AST], old: Sequence[ast.AST]) -> None:
        """Fill in a suite, or the branches of a statement one by one."""
        if not any(map(holds_mark, new)):
            return
        if all(isinstance(node, ast.stmt) for node in new):
            self.suite(new, old)  # type: ignore[arg-type] # a suite holds statements, as do its old twin's
            return
        if [_header(node) for node in new] != [_header(node) for node in old]:
            raise refusal("the branches around it are not those of the old text")
        for ours, theirs in zip(new, old, strict=True):
            self.parts(getattr(ours, "body", []), getattr(theirs, "body", []))

    def lines(self, old: Sequence[ast.stmt], start: int, end: int, *, comments: bool) -> list[str]:
        """Return the lines of old statements, with what stands above them; of the first only if `comments`."""
        first = old[start]
        top = min([first.lineno, *(one.lineno for one in getattr(first, "decorator_list", []))]) - self.shift
        last = old[end - 1].end_lineno or 0
        if start:
            top = (old[start - 1].end_lineno or 0) - self.shift + 1
        elif comments:
            while self.old[top - 2].strip() == "" or self.old[top - 2].lstrip().startswith("#"):
                top -= 1
        return self.old[top - 1 : last - self.shift]


def _run(keys: Sequence[str], position: int, step: int) -> list[str]:
    """Return the keys beside a mark, nearest first, up to the next mark."""
    run = []
    position += step
    while 0 <= position < len(keys) and keys[position] != MARK:
        run.append(keys[position])
        position += step
    return run


def _find(run: Sequence[str], theirs: Sequence[str], *, after: bool) -> int:
    """Return where the longest part of `run` that touches the mark stands in the old suite.

    `after`: the run stands before the mark, its last statement last, and what is left out begins after it.
    """
    for size in range(len(run), 0, -1):
        part = list(run[-size:] if after else run[:size])
        found = [at for at in range(len(theirs) - size + 1) if list(theirs[at : at + size]) == part]
        if len(found) == 1:
            return found[0] + size if after else found[0]
        if found:
            raise refusal(
                f"the code {'above' if after else 'below'} it stands {len(found)} times in the old text"
            )
    raise refusal(f"the statement {'above' if after else 'below'} it does not stand in the old text")


def _header(node: ast.AST) -> str:
    """Return what a compound statement says before its suites."""
    fields = [(name, value) for name, value in ast.iter_fields(node) if name not in _BODIES]
    return f"{type(node).__name__}({', '.join(f'{name}={_said(value)}' for name, value in fields)})"


def _said(value: object) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_said, value))}]"
    return ast.dump(value) if isinstance(value, ast.AST) else repr(value)
