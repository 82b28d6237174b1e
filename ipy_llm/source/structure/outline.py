"""Finding the named pieces of a Python document, with exact spans.

Spans come from `ast`, with the comments around them (`positions`); sections from the comments alone.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace
from typing import TypedDict

from ipy_llm.source.chunks import Chunk, Language, Outline, innermost
from ipy_llm.source.structure.positions import Positions
from ipy_llm.source.structure.sections import Marker, read_markers
from ipy_llm.source.structure.syntax import (
    COMPOUND,
    DEFINITIONS,
    accessor,
    bound_names,
    branches,
    collector_paused,
    is_filler,
    is_import,
    is_main,
    is_string,
    mark,
    parse_here,
)
from ipy_llm.source.text import Source, Span, indentation, line_starts


def outline(source: Source, language: Language = "python") -> Outline:
    """Find every named piece of a document.

    One that is not Python has an outline without chunks, its `error` set: lines and in-line text of it can
    still be shown and edited. One with a syntax error has those of its chunks that are certain (`recover`).
    """
    starts = tuple(line_starts(source.text))
    if language not in {"python", "ipython"}:
        return Builder(source, starts, language).build_text()
    try:
        with collector_paused():
            return Builder(source, starts, language).build(parse_here(source.text))
    except SyntaxError as error:
        from ipy_llm.source.damaged.recover import recover  # noqa: PLC0415 - a file that parses needs none of it

        return recover(source, starts, language, error, _parsed)


def _parsed(text: str) -> Outline:
    """Return the outline of a text that parses."""
    return Builder(Source(text), tuple(line_starts(text))).build(parse_here(text))


class _Place(TypedDict):
    """Where a statement stands, as the fields of a chunk."""

    span: Span
    outer: Span
    indent: str
    code: int
    decorators: int
    inline: bool


class Builder(Positions):
    """Walks statements once; holds what every step of the walk needs."""

    def __init__(self, source: Source, starts: tuple[int, ...], language: Language = "python") -> None:
        super().__init__(source.text, starts)
        self.source = source
        self.language = language

    def build(self, tree: ast.Module) -> Outline:
        """Return the outline of the document, whose tree this is."""
        chunks = tuple(self.suite(tree.body, "", "module", tree, None))
        markers = read_markers(self.text)
        sections, problems = self.sections(markers, chunks) if markers else ((), {})
        return Outline(
            source=self.source,
            chunks=chunks,
            sections=sections,
            problems=problems,
            imports=self.imports(tree.body),
            docstring=self.docstring(tree.body),
            main=next((self.whole(node) for node in tree.body if is_main(node)), None),
            starts=self.starts,
            language=self.language,
        )

    def build_text(self) -> Outline:
        """Return the outline of a document that is not Python: its sections."""
        from ipy_llm.source.structure.prose import (  # noqa: PLC0415 - every cold start would pay 2 ms
            read_headings,
            read_text_markers,
        )

        markdown = self.language == "markdown"
        sections, problems = self.sections(read_text_markers(self.text, markup=markdown), ())
        found = list(sections)
        for heading in read_headings(self.text) if markdown else ():
            marker = Marker("open", heading.name, heading.line, "")
            section = self.section(f"#{heading.name}", marker, heading.last, heading.last)
            if any(one.name == section.name for one in sections):
                problems[section.name] = (
                    f"a marked section has the name of the heading on line {heading.first}"
                )
            outer = Span(self.starts[heading.first - 1], section.outer.end)
            found.append(replace(section, outer=outer))
        found = [section for section in found if section.name not in problems]
        has = "lines and sections" if found else "lines"
        return Outline(
            self.source,
            (),
            sections=tuple(sorted(found, key=lambda section: section.outer.start)),
            problems=problems,
            starts=self.starts,
            language=self.language,
            error=f"not Python; it has {has}, but no names",
        )

    # -- statements

    def suite(
        self,
        body: list[ast.stmt],
        prefix: str,
        scope: str,
        above: ast.AST | int,
        branch: tuple[ast.stmt | ast.ExceptHandler, str] | None,
    ) -> Iterator[Chunk]:
        """Yield the chunks of one suite; `above` is its header, or the last line before it.

        `branch` is the statement or handler it belongs to, and which branch of it.
        """
        for node in body:
            if isinstance(node, DEFINITIONS):
                first, last = node is body[0], node is body[-1]
                guard = self.guard(branch)
                yield self.definition(node, prefix, scope, above, guard, first=first, last=last)
            elif isinstance(node, COMPOUND):
                for inner, label, header in branches(node):
                    chosen = header if isinstance(header, (ast.If, ast.ExceptHandler)) else node
                    yield from self.suite(inner, prefix, scope, header, (chosen, label))
            elif scope != "function":
                first, last = node is body[0], node is body[-1]
                for name in bound_names(node):
                    place, guard = self.place(node, above), self.guard(branch)
                    yield Chunk(prefix + name, "assignment", **place, guard=guard, first=first, last=last)
            above = node.end_lineno or 0

    def place(self, node: ast.stmt, above: ast.AST | int) -> _Place:
        """Return where a statement stands: its lines with attached comments, or just itself if inline."""
        assert node.end_lineno is not None
        number = self.first_line(node)
        indent = indentation(self.line(number))
        if not (self.opens_line(node) and self.closes_line(node)):
            exact = self.exact(node)
            return _Place(
                span=exact, outer=exact, indent=indent, code=exact.start, decorators=exact.start, inline=True
            )
        span = Span(
            self.start(self.attached(number, indent, above)),
            self.end_of_line(node.end_lineno),
        )
        decorators = self.start(number)
        code = self.start(node.lineno)
        return _Place(span=span, outer=span, indent=indent, code=code, decorators=decorators, inline=False)

    def definition(
        self,
        node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef,
        prefix: str,
        scope: str,
        above: ast.AST | int,
        guard: str,
        *,
        first: bool,
        last: bool,
    ) -> Chunk:
        """Return a definition with all in it; `above` as for `suite`, `guard` says which branch it stands in."""
        place = self.place(node, above)
        assert node.end_lineno is not None
        end = self.end_of_line(self.trailing(node.end_lineno, place["indent"]))
        place["span"] = place["outer"] = Span(place["span"].start, end)
        name = prefix + node.name
        is_class = isinstance(node, ast.ClassDef)
        inner = "class" if is_class else "function"
        marks = [mark(decorator) for decorator in node.decorator_list]
        docstring = self.docstring(node.body)
        return Chunk(
            name,
            "class" if is_class else "function",
            **place,
            accessor=accessor(node.name, marks) if scope == "class" and not is_class else None,
            overload="overload" in marks,
            guard=guard,
            first=first,
            last=last,
            body_indent=self.body_indent(node.body[0]),
            placeholder=self.placeholder(node.body[docstring is not None :]),
            docstring=docstring,
            children=tuple(self.suite(node.body, f"{name}.", inner, node, None))
            if isinstance(node, ast.ClassDef) or self.may_hold_definitions(node)
            else (),
        )

    def may_hold_definitions(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
        """Say whether a function may hold a definition: to walk the statements of all costs more than the rest."""
        start, end = self.starts[node.body[0].lineno - 1], self.end_of_line(node.end_lineno or 0)
        return self.text.find("def", start, end) >= 0 or self.text.find("class", start, end) >= 0

    # -- what is always there

    def body_indent(self, node: ast.stmt) -> str | None:
        """Return the indentation of a suite by its first statement; None on the header's line."""
        return indentation(self.line(self.first_line(node))) if self.opens_line(node) else None

    def placeholder(self, body: list[ast.stmt]) -> Span | None:
        """Return the `pass` or `...` that is all of a suite, its docstring apart."""
        if len(body) != 1 or not self.opens_line(body[0]):
            return None
        return self.whole(body[0]) if is_filler(body[0]) else None

    def docstring(self, body: list[ast.stmt]) -> Span | None:
        """Return the string that opens a suite."""
        return self.whole(body[0]) if body and is_string(body[0]) else None

    def imports(self, body: list[ast.stmt]) -> Span | None:
        """Return the first run of imports."""
        run: list[Span] = []
        for node in body:
            if is_import(node):
                run.append(self.whole(node))
            elif run:
                break
        return Span(run[0].start, run[-1].end) if run else None

    def guard(self, branch: tuple[ast.stmt | ast.ExceptHandler, str] | None) -> str:
        """Return a branch and the text of its condition where it is short, to tell twins apart."""
        if branch is None:
            return ""
        node, label = branch
        if isinstance(node, ast.ExceptHandler):
            return f"except {ast.unparse(node.type)}" if node.type else "except"
        test = getattr(node, "test", None)
        if label not in {"if", "elif", "while", "else of if"} or test is None:
            return label
        text = " ".join(self.exact(test).of(self.text).split())
        return f"{label} {text}" if len(text) <= 60 else f"{label} {text[:57]}..."

    # -- sections

    def sections(
        self, markers: list[Marker], chunks: tuple[Chunk, ...]
    ) -> tuple[tuple[Chunk, ...], dict[str, str]]:
        """Pair the markers; a section whose markers do not fit is a problem instead."""
        found: list[Chunk] = []
        problems: dict[str, str] = {}
        opened: list[tuple[Marker, str]] = []
        cell: tuple[Marker, str] | None = None
        for marker in markers:
            holder = innermost(chunks, Span(self.start(marker.line), self.end_of_line(marker.line)))
            owner = holder.name if holder else ""
            key = f"{owner}#{marker.name}"
            if marker.kind == "cell":
                if owner == "":
                    found += self.cell(cell, marker.line - 1)
                    if marker.name and any(chunk.name == key for chunk in found):
                        problems[key] = f"stands twice, the second on line {marker.line}"
                    cell = (marker, key)
            elif marker.kind == "open":
                opened.append((marker, key))
            elif not opened:
                problems[key] = f"line {marker.line}: `# endsection` with no section open"
            else:
                opener, key = opened.pop()
                wrong = ""
                if marker.name and marker.name != opener.name:
                    wrong = f"opened on line {opener.line}, closed on line {marker.line} as `{marker.name}`"
                elif key != f"{owner}#{opener.name}":
                    wrong = (
                        f"opens on line {opener.line}, closes on line {marker.line} inside another definition"
                    )
                elif opener.indent != marker.indent:
                    wrong = f"its markers on lines {opener.line} and {marker.line} are indented differently"
                elif any(chunk.name == key for chunk in found):
                    wrong = f"stands twice, the second on line {opener.line}"
                if wrong:
                    problems[key] = wrong
                else:
                    found.append(self.section(key, opener, marker.line - 1, marker.line))
        found += self.cell(cell, len(self.starts))
        for opener, key in opened:
            problems[key] = f"opens on line {opener.line} and is never closed by `# endsection`"
        found = [chunk for chunk in found if chunk.name not in problems]
        return tuple(sorted(found, key=lambda chunk: chunk.span.start)), problems

    def cell(self, opened: tuple[Marker, str] | None, last: int) -> list[Chunk]:
        """Return the `# %%` cell that runs to line `last`, unless it has no name."""
        if opened is None or not opened[0].name:
            return []
        while last > opened[0].line and not self.line(last).strip():
            last -= 1
        return [self.section(opened[1], opened[0], last, last)]

    def section(self, name: str, opener: Marker, last: int, close: int) -> Chunk:
        """Return the section between its opening marker and line `last`, blank lines at both ends left out."""
        first = opener.line + 1
        while first <= last and not self.line(first).strip():
            first += 1
        while last >= first and not self.line(last).strip():
            last -= 1
        if first > last:
            # Nothing there: new text goes at the start of the line after the marker.
            at = self.starts[opener.line] if opener.line < len(self.starts) else len(self.text)
            span = Span(at, at)
        else:
            span = Span(self.starts[first - 1], self.end_of_line(last))
        return Chunk(
            name,
            "section",
            span=span,
            outer=Span(self.starts[opener.line - 1], self.end_of_line(close)),
            indent=opener.indent,
            code=span.start,
            decorators=span.start,
        )
