"""The IPython face: the cell magic `%%edit` and the magic `%llm`, projections of the operations."""

from __future__ import annotations

import atexit
import re
import shlex
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from IPython.core.error import UsageError
from IPython.core.magic import Magics, cell_magic, line_cell_magic, magics_class, no_var_expand
from traitlets import Bool, Enum, Int, Unicode, observe

from ipy_llm.errors import IpyLlmError, ParseError
from ipy_llm.operations.operation import Operation, Parameter, perform
from ipy_llm.operations.registry import NAMES
from ipy_llm.operations.registry import load as load_operation
from ipy_llm.session import hooks
from ipy_llm.session.live.imported import stale_modules
from ipy_llm.session.shell import Switches
from ipy_llm.source.near import closest
from ipy_llm.workspace.project import Workspace
from ipy_llm.workspace.settings import Policy

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from ipy_llm.operations.run import Ran

_PLACE = "_ipy_llm_magics"  # on the shell: what unload takes away
_CELL = re.compile(r"In\[(\d+)\]")
_HELP = frozenset({"-h", "--help"})


@magics_class
class IpyLLM(Magics):
    """Edit code by name from cells. `%config IpyLLM` lists what can be switched."""

    check = Enum(
        ("", *get_args(Policy)),
        "",
        help="What is done about what an edit breaks; as the project says if empty.",
    ).tag(config=True)
    root = Unicode("", help="The project's folder; the one around the current folder if empty.").tag(
        config=True
    )

    forgive = Bool(True, help="Whether cells run as they were meant.").tag(config=True)
    elide = Bool(True, help="Whether what a cell leaves out of a definition is filled in.").tag(config=True)
    written = Bool(True, help="Whether Python files that a cell writes are looked at.").tag(config=True)
    output = Int(
        Switches().output,
        help="How many characters of each stream and result of a cell are shown; 0 for all.",
    ).tag(config=True)
    explain = Bool(True, help="Whether errors are explained.").tag(config=True)
    traceback = Enum(
        ("short", "full"), "short", help="Whether a traceback is a few lines; %tb shows it in full."
    ).tag(config=True)
    imports = Bool(True, help="Whether missing imports that mean one thing are added to cells.").tag(
        config=True
    )
    follow = Bool(True, help="Whether running objects follow their files.").tag(config=True)

    def __init__(self, shell: InteractiveShell, session: hooks.Installed) -> None:
        super().__init__(shell=shell)
        self._shell = shell
        self._ran: Ran = {}
        self._executed = ""  # what the last part of a file that ran was compiled as
        self._cells = session.cells
        self._kept = session.kept
        self._output = session.output
        self._following = session.following
        self._switches = switches = session.switches
        for name in vars(switches):  # a configuration file may have turned them
            setattr(switches, name, getattr(self, name))
        self._told: set[str] = set()  # the imported modules that are known to run old code
        self._seen: dict[Path, dict[str, str]] = {}  # of each project, the digests that need not be sent

    @observe(*vars(Switches()))
    def _turn(self, change: Any) -> None:
        # traitlets calls it while the object is being made, too
        if "_switches" in vars(self):
            setattr(self._switches, change["name"], change["new"])

    def roots(self) -> tuple[Path, ...]:
        """Return the projects that were worked on."""
        return tuple(self._seen)

    @no_var_expand
    @cell_magic("edit")  # type: ignore[arg-type] # IPython annotates the decorator as taking nothing
    def edit_cell(self, line: str, cell: str) -> None:
        """Replace, insert or delete code by name: the line says where, the cell is the new text."""
        self.run("edit", line, cell)

    @no_var_expand
    @line_cell_magic("llm")  # type: ignore[arg-type] # as above
    def llm(self, line: str, cell: str | None = None) -> None:
        """Run a verb: `%llm show ADDRESS`, `%llm outline PATH`, `%llm docs NAME`, `%llm check`, `%llm undo`."""
        verb, _, rest = line.strip().partition(" ")
        if verb in {"", "help", *_HELP}:
            verb, rest = (rest.strip(), "--help") if rest.strip() in NAMES else ("prompt", "")
        self.run(verb, rest, cell)

    def _follow_cells(self) -> list[str]:
        if not self.follow:
            return [
                f"{cell.name} is edited; to run it: %llm run {cell.name}" for _, cell in self._cells.changed()
            ]
        from ipy_llm.session.documents.following import follow_cells  # noqa: PLC0415 - once something was edited

        return follow_cells(self._shell, self._cells)

    def _execute(self, text: str) -> bool:
        shell = self._shell
        success = shell.run_cell(text).success  # type: ignore[no-untyped-call] # IPython's
        code = shell.transform_cell(text)  # type: ignore[no-untyped-call] # as above
        self._executed = shell.compile.get_code_name(text, code, shell.execution_count)
        return bool(success)

    def _live(self, paths: Sequence[str]) -> list[str]:
        if self.follow:
            return self._following.follow(paths) if paths else []
        return stale_modules(paths, self._told)

    def run(self, verb: str, line: str, body: str | None) -> None:
        """Run an operation and print its reply; a refusal becomes a `UsageError`, shown without traceback."""
        try:
            if verb not in NAMES:
                raise _no_such_verb(verb)
            operation = load_operation(verb)
            if line.strip() in _HELP:
                print(usage(operation))  # noqa: T201 - the reply
                return
            arguments = parse_line(operation, line) | _body(operation, body)
            if verb == "edit":
                arguments.setdefault("check", self.check or None)
            if verb == "docs":
                arguments["namespace"] = self._shell.user_ns
            if verb == "run":
                arguments |= {"execute": self._execute, "ran": self._ran}
            if verb == "more":
                arguments["kept"] = self._kept
            workspace = Workspace.open(self.root or None)
            seen = self._seen.setdefault(workspace.root, {})
            workspace = replace(workspace, seen=seen, cells=self._cells.lay_out(), lasting=True)
            self._following.notice(str(workspace.root))  # the cell may have imported what it edits now
            reply = perform(operation, workspace, arguments)
        except IpyLlmError as error:
            raise UsageError(str(error)) from None
        again = _CELL.fullmatch(str(reply.facts.get("address", ""))) if verb == "run" else None
        if again:
            self._cells.ran_again(int(again[1]), self._executed)
        paths = reply.facts.get("paths", ())
        stale = [*self._live(paths), *(self._follow_cells() if paths else ())]
        with self._output.lifted():
            print("\n".join((*reply.lines, *reply.notes, *stale)))  # noqa: T201 - the reply


def _typed(text: str, parameter: Parameter) -> Any:
    if parameter.choices and text not in parameter.choices:
        raise ParseError(f"--{parameter.name} is {', '.join(parameter.choices)}, not {text!r}")
    try:
        return parameter.type(text)
    except ValueError as error:
        raise ParseError(f"{parameter.name.upper()} is a number ({parameter.help}), not {text!r}") from error


def usage(operation: Operation) -> str:
    """Return one line: how the verb is written, and what its words are."""
    words = ["%%edit" if operation.name == "edit" else f"%llm {operation.name}"]
    words += [
        f"[{flag}]" if parameter.type is bool else f"[{flag} {_value(parameter)}]"
        for flag, parameter in _flags(operation).items()
    ]
    places = [parameter for parameter in operation.parameters if not parameter.option and not parameter.body]
    words += [each.name.upper() if each.required else f"[{each.name.upper()}]" for each in places]
    said = [f"{each.name.upper()} is {each.help}" for each in places]
    said += [f"below it {each.help}" for each in operation.parameters if each.body]
    return f"{' '.join(words)} - {'; '.join(said) or operation.summary}"


def _value(parameter: Parameter) -> str:
    return "|".join(parameter.choices) or parameter.name.rstrip("_").upper()


def parse_line(operation: Operation, line: str) -> dict[str, Any]:
    """Read `--flag`, `--option VALUE` and one positional argument, taken as written. Raises `ParseError`."""
    flags = _flags(operation)
    arguments: dict[str, Any] = {}
    kept: list[str] = []
    words = iter(line.split(" "))
    for word in words:
        flag, equals, value = word.partition("=")
        known = flags.get(flag)
        if known is None and word.startswith("--") and not (any(kept) and " => " in line):
            raise ParseError(  # within `old => new` it is text
                f"%llm {operation.name} has no {word}", steps=[f"it has {', '.join(flags)}"] if flags else []
            )
        if known is None or (known.type is bool and equals):
            kept.append(word)
        elif known.type is bool:
            arguments[known.name] = not known.default
        else:
            given = _unquoted(value if equals else next(filter(None, words), ""), words)
            if not given:
                raise ParseError(f"{flag} needs a value: {known.help}")
            arguments[known.name] = _typed(given, known)
    rest = " ".join(kept).strip()
    positional = [
        parameter for parameter in operation.parameters if not parameter.option and not parameter.body
    ]
    if len(positional) > 1:
        parts = shlex.split(rest)
        if len(parts) != len(positional):
            names = " ".join(parameter.name.upper() for parameter in positional)
            raise ParseError(f"%llm {operation.name} takes {names}, not {rest or 'nothing'}")
        pairs = zip(positional, parts, strict=True)
        arguments |= {parameter.name: _typed(word, parameter) for parameter, word in pairs}
    elif rest and positional:
        arguments[positional[0].name] = _typed(rest, positional[0])
    elif rest:
        raise ParseError(f"%llm {operation.name} takes no argument")
    elif positional and positional[0].required:
        raise ParseError(f"%llm {operation.name} needs {positional[0].name.upper()}: {positional[0].help}")
    return arguments


def _unquoted(word: str, words: Iterator[str]) -> str:
    """Return the value of an option; of one that opens with a quote all up to where that closes."""
    quote = word[:1]
    if quote not in {"'", '"'}:
        return word
    while len(word) < 2 or not word.endswith(quote):
        more = next(words, None)
        if more is None:
            return word
        word = f"{word} {more}"
    return word[1:-1]


def _flags(operation: Operation) -> dict[str, Parameter]:
    return {parameter.flag: parameter for parameter in operation.parameters if parameter.option}


def _body(operation: Operation, body: str | None) -> dict[str, str]:
    """Return the body of a cell as the argument it is. Raises `ParseError` where the verb has none."""
    if body is None:
        return {}
    taken = {parameter.name: body for parameter in operation.parameters if parameter.body}
    if body.strip() and not taken:
        raise ParseError(
            f"%llm {operation.name} takes no text below it; nothing was run",
            steps=["put what follows in a cell of its own"],
        )
    return taken


def _no_such_verb(verb: str) -> ParseError:
    near = " or ".join(f"%llm {name}" for name in closest(verb, NAMES, count=2))
    return ParseError(
        f"%llm {verb}: no such verb", steps=[f"did you mean {near}" if near else f"verbs: {', '.join(NAMES)}"]
    )


def load(shell: InteractiveShell) -> None:
    """Register the magics and install the session's hooks; a second call finds it done."""
    installed = hooks.install(shell)
    if _PLACE in vars(shell):
        return
    magics = IpyLLM(shell, installed)
    table = shell.magics_manager.magics
    before = {(kind, name): table[kind].get(name) for kind, name in _names(magics)}
    shell.register_magics(magics)
    setattr(shell, _PLACE, (magics, before))
    atexit.register(_close, shell)


def unload(shell: InteractiveShell) -> None:
    """Leave the shell as it was found."""
    atexit.unregister(_close)
    _close(shell)
    hooks.uninstall(shell)
    magics, before = vars(shell).pop(_PLACE, (None, {}))
    table = shell.magics_manager.magics
    for (kind, name), was in before.items():
        if getattr(table[kind].get(name), "__self__", None) is not magics:
            continue  # someone put another there since
        if was is None:
            table[kind].pop(name)
        else:
            table[kind][name] = was
    if magics is not None:
        shell.magics_manager.registry.pop(type(magics).__name__, None)
        shell.configurables.remove(magics)


def _close(shell: InteractiveShell) -> None:
    """End what checks left running for this session."""
    magics, _ = vars(shell).get(_PLACE, (None, {}))
    if magics is None or "ipy_llm.checks.daemon" not in sys.modules:
        return
    from ipy_llm.operations.check import close  # noqa: PLC0415 - it is there, and only then is there anything to end

    for root in magics.roots():
        close(Workspace(root, root))


def _names(magics: IpyLLM) -> list[tuple[str, str]]:
    return [(kind, name) for kind, names in magics.magics.items() for name in names]
