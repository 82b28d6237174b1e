"""Writing a document of any kind: a new one, or one after its edits."""

from __future__ import annotations

from collections.abc import Sequence

from ipy_llm.source.chunks import Language
from ipy_llm.source.documents import Document, refuse_cell
from ipy_llm.source.editing.apply import apply
from ipy_llm.source.editing.edits import Edit, Touched
from ipy_llm.source.editing.gate import compile_gate, target_gate
from ipy_llm.source.editing.whole import apply_whole
from ipy_llm.source.fitting.fit import fit_new
from ipy_llm.source.notebooks.edits import edit_notebook, new_cells
from ipy_llm.source.notebooks.notebook import Notebook, read_notebook
from ipy_llm.source.notebooks.within import edit_cell, python_gate
from ipy_llm.source.notebooks.write import new_notebook
from ipy_llm.source.sent.reading import clean
from ipy_llm.source.sent.slips import understand
from ipy_llm.source.structure.outline import outline
from ipy_llm.source.target import Target
from ipy_llm.source.text import Source, Span


def create_document(text: str, language: Language, name: str, *, target: Target | None = None) -> str:
    """Return the text of a new document: as it was sent, of a notebook the cells it stands for, or its JSON.

    Raises an `IpyLlmError` where that is no Python, or no notebook.
    """
    if language == "notebook":
        if text.lstrip().startswith("{"):
            return read_notebook(Source(f"{clean(text)}\n")).source.text
        return new_notebook(new_cells(text, name) if text.strip() else []).source.text
    if not text.strip():  # an `__init__.py` is often empty
        return ""
    if language == "python":
        text, _ = understand(text)
    made = f"{fit_new(text, '', outline(Source(''), language)).text}\n"
    if language == "ipython":
        python_gate(made, name)
    if language == "python":
        compile_gate(Source(made), name, target=target)
        if target is not None:
            target_gate(outline(Source("")), outline(Source(made)), Span(0, len(made)), target, name)
    return made


def edit_document(
    edits: Sequence[Edit],
    document: Document,
    name: str,
    *,
    allow_removal: bool = False,
    target: Target | None = None,
) -> tuple[Document, tuple[Touched, ...]]:
    """Apply edits that all mean the document as it is, and return it after them with what each touched.

    `name` is how messages write the document, `target` the oldest Python that must read it; a notebook is read
    by its kernel. Raises an `IpyLlmError`; then nothing happened.
    """
    if isinstance(document, Notebook):
        return edit_notebook(edits, document, name, allow_removal=allow_removal)
    for edit in edits:
        refuse_cell(edit.address, name)
    if document.source.veiled or document.language == "ipython":
        return edit_cell(edits, document, name, allow_removal=allow_removal)
    applied = apply_whole(edits, document, name, allow_removal=allow_removal, target=target) or apply(
        edits, document, name, allow_removal=allow_removal, target=target
    )
    return applied.outline, applied.touched
