"""The command line: `ipy-llm VERB ...`, a projection of the operations."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import Any

from ipy_llm import __version__
from ipy_llm.errors import IpyLlmError, RequestError
from ipy_llm.operations.operation import Operation, Parameter, Reply
from ipy_llm.operations.registry import NAMES, load
from ipy_llm.workspace.project import Workspace

_EXITS = """\
exit codes: 0 done, 1 done but a check found something new, 2 change the request, 3 read again,
4 the machine lacks something, 5 the model failed"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    words = list(sys.argv[1:] if argv is None else argv)
    # Only the verb that is named is loaded; help and mistakes name them all.
    named = next((word for word in words if word in NAMES), None)
    parser = build_parser((named,) if named else NAMES)
    options = vars(parser.parse_args(words))
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
    print(_json(reply.facts | {"reply": str(reply)}) if wants_json else reply)
    return 1 if reply.found else 0


def build_parser(names: Sequence[str] = NAMES) -> argparse.ArgumentParser:
    """Return the parser for these verbs, each with its parameters as described by its operation."""
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--root", help="the project's folder (default: the one around this folder)")
    common.add_argument("--json", action="store_true", help="answer as one line of JSON")
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
        sub = verbs.add_parser(name, help=verb.summary, description=verb.summary, parents=[common])
        sub.set_defaults(operation=verb)
        for parameter in verb.parameters:
            _add(sub, parameter)
    return parser


def _add(parser: argparse.ArgumentParser, parameter: Parameter) -> None:
    if parameter.body:
        return
    option = "--" + parameter.name.replace("_", "-")
    if parameter.type is bool and parameter.default:
        parser.add_argument(
            "--no-" + option[2:], dest=parameter.name, action="store_false", help=f"do not {parameter.help}"
        )
    elif parameter.type is bool:
        parser.add_argument(option, action="store_true", help=parameter.help)
    elif parameter.option:
        parser.add_argument(option[1:3], option, default=parameter.default, help=parameter.help)
    elif parameter.name == "address":
        # Its words need no quotes in a shell: edit after Cart.total
        parser.add_argument(parameter.name, nargs="+", help=parameter.help, metavar="ADDRESS")
    elif parameter.required:
        parser.add_argument(parameter.name, help=parameter.help, metavar=parameter.name.upper())
    else:
        parser.add_argument(
            parameter.name,
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
        if parameter.body and _takes_body(options["address"]):
            if sys.stdin.isatty():
                raise RequestError(
                    "the new text comes on stdin", steps=[f"ipy-llm {verb.name} ADDRESS <<'EOF'"]
                )
            # As bytes: a text stream would turn CRLF into LF and fail on a surrogate.
            options[parameter.name] = sys.stdin.buffer.read().decode("utf-8", "surrogateescape")
    return verb.function(workspace, **options)


def _takes_body(address: str) -> bool:
    return not (address.startswith("delete ") or " => " in f"{address} ")


def _print_error(error: IpyLlmError, *, as_json: bool) -> None:
    if as_json:
        facts = {"error": type(error).__name__, "message": error.message, "steps": list(error.steps)}
        print(_json(facts))
    else:
        print(f"ipy-llm: {error}", file=sys.stderr)


def _json(facts: dict[str, Any]) -> str:
    import json  # noqa: PLC0415 - few commands ask for it, and every cold start would pay 1.5 ms

    return json.dumps(facts, ensure_ascii=False)
