"""The IPython face: the cell magic `%%edit` and the line magic `%llm`, projections of the operations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from IPython.core.error import UsageError
from IPython.core.magic import Magics, cell_magic, line_magic, magics_class, no_var_expand
from traitlets import Bool, Unicode

from ipy_llm.errors import IpyLlmError, ParseError
from ipy_llm.operations.operation import Operation, Reply
from ipy_llm.operations.registry import NAMES
from ipy_llm.operations.registry import load as load_operation
from ipy_llm.session import hooks
from ipy_llm.session.imported import stale_modules
from ipy_llm.workspace.project import Workspace

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

_PLACE = "_ipy_llm_magics"  # on the shell: what unload takes away


@magics_class
class IpyLLM(Magics):
    """Edit code by name from cells. `%config IpyLLM` lists what can be switched."""

    check = Bool(True, help="Run mypy and the tests after an edit.").tag(config=True)
    root = Unicode("", help="The project's folder; the one around the current folder if empty.").tag(
        config=True
    )

    @no_var_expand
    @cell_magic("edit")  # type: ignore[arg-type] # IPython annotates the decorator as taking nothing
    def edit_cell(self, line: str, cell: str) -> None:
        """Replace, insert or delete code by name: the line says where, the cell is the new text."""
        self.run("edit", line, cell)

    @no_var_expand
    @line_magic("llm")  # type: ignore[arg-type] # as above
    def llm(self, line: str) -> None:
        """Run a verb: `%llm show ADDRESS`, `%llm outline PATH`, `%llm docs NAME`, `%llm check`, `%llm undo`."""
        verb, _, rest = line.strip().partition(" ")
        self.run(verb, rest, None)

    def run(self, verb: str, line: str, body: str | None) -> None:
        """Run an operation and print its reply; a refusal becomes a `UsageError`, shown without traceback."""
        try:
            if verb not in NAMES:
                raise ParseError(f"%llm {verb}: no such verb", steps=[f"verbs: {', '.join(NAMES)}"])
            operation = load_operation(verb)
            arguments = parse_line(operation, line)
            if body is not None:
                arguments |= {parameter.name: body for parameter in operation.parameters if parameter.body}
            if any(parameter.name == "check" for parameter in operation.parameters):
                arguments.setdefault("check", self.check and verb == "edit")
            if verb == "docs" and self.shell is not None:
                arguments["namespace"] = self.shell.user_ns
            workspace = Workspace.open(self.root or None)
            reply: Reply = operation.function(workspace, **arguments)
        except IpyLlmError as error:
            raise UsageError(str(error)) from None
        print("\n".join((*reply.lines, *stale_modules(reply.facts.get("paths", ())))))  # noqa: T201 - the reply


def parse_line(operation: Operation, line: str) -> dict[str, Any]:
    """Read `--flags` and one positional argument, taken as it is written. Raises `ParseError`."""
    flags = {
        ("--no-" if parameter.default else "--") + parameter.name.replace("_", "-"): parameter
        for parameter in operation.parameters
        if parameter.option and parameter.type is bool
    }
    words = line.split(" ")
    arguments: dict[str, Any] = {}
    kept = []
    for word in words:
        if word in flags:
            arguments[flags[word].name] = not flags[word].default
        elif word.startswith("--"):
            raise ParseError(
                f"%llm {operation.name} has no {word}", steps=[f"it has {', '.join(flags)}"] if flags else []
            )
        else:
            kept.append(word)
    rest = " ".join(kept).strip()
    positional = [
        parameter for parameter in operation.parameters if not parameter.option and not parameter.body
    ]
    if rest and positional:
        arguments[positional[0].name] = rest
    elif rest:
        raise ParseError(f"%llm {operation.name} takes no argument")
    elif positional and positional[0].required:
        raise ParseError(f"%llm {operation.name} needs {positional[0].name.upper()}: {positional[0].help}")
    return arguments


def load(shell: InteractiveShell) -> None:
    """Register the magics and install the session's hooks; a second call finds it done."""
    hooks.install(shell)
    if _PLACE in vars(shell):
        return
    magics = IpyLLM(shell=shell)
    table = shell.magics_manager.magics
    before = {(kind, name): table[kind].get(name) for kind, name in _names(magics)}
    shell.register_magics(magics)
    setattr(shell, _PLACE, (magics, before))


def unload(shell: InteractiveShell) -> None:
    """Leave the shell as it was found."""
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


def _names(magics: IpyLLM) -> list[tuple[str, str]]:
    return [(kind, name) for kind, names in magics.magics.items() for name in names]
