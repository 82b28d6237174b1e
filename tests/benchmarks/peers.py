"""The same edit by others, for speed.py: apart, so that only their own processes hold them in memory."""

from __future__ import annotations

from pathlib import Path

import libcst as cst
from libcst.metadata import MetadataWrapper, PositionProvider
from rope.base.project import Project
from rope.refactor.rename import Rename


class Rope:
    """Renames a local of a function: the smallest change that rope itself makes inside one."""

    def __init__(self, path: Path, offset: int) -> None:
        self.project = Project(str(path.parent), ropefolder=None)
        self.resource = self.project.get_file(path.name)
        self.offset = offset

    def rename(self, name: str) -> None:
        changes = Rename(self.project, self.resource, self.offset).get_changes(
            name, resources=[self.resource]
        )
        self.project.do(changes)


class _Swap(cst.CSTTransformer):
    METADATA_DEPENDENCIES = (PositionProvider,)

    def __init__(self, line: int, new: cst.CSTNode) -> None:
        super().__init__()
        self.line, self.new = line, new

    def leave_FunctionDef(self, original_node, updated_node):  # noqa: N802 - libcst's name
        found = self.get_metadata(PositionProvider, original_node).start.line == self.line
        return self.new.with_changes(leading_lines=updated_node.leading_lines) if found else updated_node


def swap(path: Path, line: int, text: str) -> None:
    """Replace the method that begins on a line, found by its position, with libcst."""
    tree = MetadataWrapper(cst.parse_module(path.read_text()))
    new = cst.parse_module(f"class _:\n{text}\n").body[0].body.body[0]
    path.write_text(tree.visit(_Swap(line, new)).code)
