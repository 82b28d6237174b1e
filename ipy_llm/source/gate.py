"""The gate: what a text must pass before a byte of it is written."""

from __future__ import annotations

import warnings
from collections import Counter

from ipy_llm.errors import EditRejectedError
from ipy_llm.source.chunks import Chunk, Outline
from ipy_llm.source.text import split_lines


def compile_gate(text: str, path: str) -> None:
    """Compile a whole file. Raises `EditRejectedError` with the line that does not."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            # Not under its own name: compile fills SyntaxError.text from the old file on disk.
            compile(text, "<edited>", "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        line = getattr(error, "lineno", None)
        lines = split_lines(text)
        shown = lines[line - 1].strip() if line and line <= len(lines) else ""
        where = f"{path}:{line}: " if line else f"{path}: "
        raise EditRejectedError(
            f"the edit would break the file; nothing was written. {where}{getattr(error, 'msg', error)}",
            steps=[f"  {shown}"] if shown else [],
        ) from error


def names_gate(before: Outline, after: Outline, dropped: Counter[str], document: str) -> None:
    """Compare the names of two outlines. Raises `EditRejectedError` for one that nobody asked to remove.

    `dropped` counts the names whose deletion was asked for.
    """
    old, new = guarded_names(before), guarded_names(after)
    lost = list(old - new - dropped)
    if lost:
        prefix = document and f"{document}::"
        gained = sorted(new - old)
        added = f" (and add {', '.join(gained[:3])})" if gained else ""
        raise EditRejectedError(
            f"the edit would remove {', '.join(lost[:5])}{' ...' if len(lost) > 5 else ''}{added}; nothing was written",
            steps=[
                "if that is meant, say --allow-removal, or first:",
                *(f"  delete {prefix}{name}" for name in lost[:5]),
            ],
        )
    broken = {name: wrong for name, wrong in after.problems.items() if name not in before.problems}
    for name, wrong in broken.items():
        raise EditRejectedError(f"the edit would break section {name}: {wrong}; nothing was written")


def guarded_names(outline: Outline) -> Counter[str]:
    """Count the names that must not vanish: definitions at any depth of classes, and assignments there.

    Functions inside functions do not count, nor do imports.
    """
    names: Counter[str] = Counter()

    def visit(chunks: tuple[Chunk, ...]) -> None:
        for chunk in chunks:
            names[chunk.name] += 1
            if chunk.kind == "class":
                visit(chunk.children)

    visit(outline.chunks)
    return names
