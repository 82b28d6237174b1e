"""The command line: `ipy-llm VERB ...`, a projection of the operations."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from typing import Any, TextIO

from ipy_llm import __version__
from ipy_llm.errors import IpyLlmError, RequestError
from ipy_llm.operations.operation import Operation, Parameter, Reply, perform
from ipy_llm.operations.registry import NAMES, load
from ipy_llm.source.address import takes_text
from ipy_llm.workspace.project import Workspace

_EXITS = """\
exit codes: 0 done, 1 done but a check found something new, 2 change the request, 3 read again,
4 the machine lacks something, 5 the model failed"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    words = list(sys.argv[1:] if argv is None else argv)
    at = _verb_at(words)
    if at is None:
        options = vars(build_parser().parse_args(words))
    else:
        # Only the verb that is named is loaded; help and mistakes name them all.
        verb_parser = _fill(argparse.ArgumentParser(prog=f"ipy-llm {words[at]}"), load(words.pop(at)))
        # Intermixed: a flag may stand between the words of an address.
        options = vars(verb_parser.parse_intermixed_args(words))
    wants_json = options.pop("json")
    verb: Operation = options.pop("operation")
    try:
        reply = _run(verb, options)
    except IpyLlmError as error:
        _print_error(error, as_json=wants_json)
        return error.exit_code
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130
    if wants_json:
        notes = {"notes": list(reply.notes)} if reply.notes else {}
        _print(_json(reply.facts | {"reply": str(reply)} | notes), sys.stdout)
    else:
        if reply.raw and reply.lines:
            sys.stdout.reconfigure(encoding="utf-8", newline="\n")  # type: ignore[union-attr] # a text file
        if reply.lines or not reply.notes:
            _print(str(reply), sys.stdout)
        for note in reply.notes:
            _print(f"ipy-llm: {note}", sys.stderr)
    return 1 if reply.found else 0


def build_parser(names: Sequence[str] = NAMES) -> argparse.ArgumentParser:
    """Return the parser for these verbs, each with its parameters as described by its operation."""
    parser = argparse.ArgumentParser(
        prog="ipy-llm",
        description="Edit Python by name, run it live, see what broke and why.",
        epilog=_EXITS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=__version__)
    verbs = parser.add_subparsers(required=True, metavar="VERB")
    for name in names:
        verb = load(name)
        _fill(verbs.add_parser(name, help=verb.summary), verb)
    return parser


def _verb_at(words: Sequence[str]) -> int | None:
    """Return where the verb stands; flags may stand before it."""
    at = 0
    while at < len(words) and words[at].startswith("-"):
        at += 2 if words[at] == "--root" else 1
    return at if at < len(words) and words[at] in NAMES else None


def _fill(parser: argparse.ArgumentParser, verb: Operation) -> argparse.ArgumentParser:
    parser.description = verb.summary
    parser.set_defaults(operation=verb)
    parser.add_argument("--root", help="the project's folder (default: the one around this folder)")
    parser.add_argument("--json", action="store_true", help="answer as one line of JSON")
    for parameter in verb.parameters:
        _add(parser, parameter)
        if parameter.body:
            parser.epilog = f"On stdin: {parameter.help}, e.g. ipy-llm {verb.name} ADDRESS <<'EOF'"
    return parser


def _add(parser: argparse.ArgumentParser, parameter: Parameter) -> None:
    if parameter.body:
        return
    option, name = parameter.flag, parameter.name
    if parameter.type is bool and parameter.default:
        parser.add_argument(option, dest=name, action="store_false", help=f"do not {parameter.help}")
    elif parameter.type is bool:
        parser.add_argument(option, dest=name, action="store_true", help=parameter.help)
    elif parameter.option:
        short = ["-o"] if parameter.name == "output" else []
        parser.add_argument(
            *short,
            option,
            dest=name,
            type=parameter.type,
            default=parameter.default,
            choices=parameter.choices or None,
            help=parameter.help,
            metavar=None if parameter.choices else name.rstrip("_").upper(),
        )
    elif parameter.name == "address":
        # Its words need no quotes in a shell: edit after Cart.total
        parser.add_argument(
            parameter.name, nargs="+" if parameter.required else "*", help=parameter.help, metavar="ADDRESS"
        )
    elif parameter.required:
        parser.add_argument(parameter.name, help=parameter.help, metavar=parameter.name.upper())
    else:
        parser.add_argument(
            parameter.name,
            type=parameter.type,
            nargs="?",
            default=parameter.default,
            help=parameter.help,
            metavar=parameter.name.upper(),
        )


def _run(verb: Operation, options: dict[str, Any]) -> Reply:
    workspace = Workspace.open(options.pop("root"))
    if "address" in options:
        options["address"] = " ".join(options["address"])
    for parameter in verb.parameters:
        takes = parameter.body and (not options["address"] or takes_text(options["address"]))
        if takes and options["file"] in ("", "-"):
            options[parameter.name] = _read_body(verb)
    return perform(verb, workspace, options)


def _read_body(verb: Operation) -> str:
    if sys.stdin is None or sys.stdin.closed or sys.stdin.isatty():
        raise RequestError("the new text comes on stdin", steps=[f"ipy-llm {verb.name} ADDRESS <<'EOF'"])
    # As bytes: a text stream would turn CRLF into LF, and go by the locale.
    data = sys.stdin.buffer.read()
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise RequestError(
            f"stdin is not UTF-8: byte 0x{data[error.start]:02x} at {error.start}; nothing was written"
        ) from error


def _print_error(error: IpyLlmError, *, as_json: bool) -> None:
    if as_json:
        facts = {"error": type(error).__name__, "message": error.message, "steps": list(error.steps)}
        _print(_json(facts), sys.stdout)
    else:
        _print(f"ipy-llm: {error}", sys.stderr)


def _print(text: str, file: TextIO) -> None:
    try:
        try:
            print(text, file=file, flush=True)
        except UnicodeEncodeError:  # a terminal that lacks a character of a file
            encoding = file.encoding or "ascii"
            print(text.encode(encoding, "backslashreplace").decode(encoding), file=file, flush=True)
    except BrokenPipeError:
        # `| head -1` has seen enough. Python would complain once more when it flushes at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), file.fileno())


def _json(facts: dict[str, Any]) -> str:
    import json  # noqa: PLC0415 - few commands ask for it, and every cold start would pay 1.5 ms

    return json.dumps(facts, ensure_ascii=False)
