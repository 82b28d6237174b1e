"""pyright's language server, spoken to as an editor does."""

from __future__ import annotations

import itertools
import json
import subprocess
from pathlib import Path
from typing import Any

CAPABILITIES = {"textDocument": {"documentSymbol": {"hierarchicalDocumentSymbolSupport": True}}}

Place = tuple[str, int, int]  # file, 1-based line, column


class Pyright:
    """A language server that is spoken to over pipes."""

    def __init__(self, command: str, root: Path) -> None:
        self.root = root
        self.process = subprocess.Popen([command, "--stdio"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.numbers = itertools.count(1)
        self.opened: set[str] = set()
        self.ask("initialize", {"processId": None, "rootUri": root.as_uri(), "capabilities": CAPABILITIES,
                                "workspaceFolders": [{"uri": root.as_uri(), "name": "root"}]})  # fmt: skip
        self.tell("initialized", {})

    def send(self, message: dict[str, object]) -> None:
        data = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self.process.stdin is not None
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(data) + data)
        self.process.stdin.flush()

    def tell(self, method: str, params: object) -> None:
        self.send({"method": method, "params": params})

    def ask(self, method: str, params: object) -> Any:
        number = next(self.numbers)
        self.send({"id": number, "method": method, "params": params})
        assert self.process.stdout is not None
        while True:
            length = 0
            while (line := self.process.stdout.readline().strip()) != b"":
                if line.lower().startswith(b"content-length:"):
                    length = int(line.partition(b":")[2])
            message = json.loads(self.process.stdout.read(length))
            if message.get("id") == number and "method" not in message:
                return message.get("result")
            if "id" in message and "method" in message:
                items = message.get("params", {}).get("items", [])
                answer = [None] * len(items) if message["method"] == "workspace/configuration" else None
                self.send({"id": message["id"], "result": answer})

    def open(self, file: str) -> str:
        """Return the address of a file, which the server has been given."""
        uri = (self.root / file).as_uri()
        if file not in self.opened:
            self.opened.add(file)
            text = (self.root / file).read_bytes().decode("utf-8")
            self.tell(
                "textDocument/didOpen",
                {"textDocument": {"uri": uri, "languageId": "python", "version": 1, "text": text}},
            )
        return uri

    def symbols(self, file: str) -> list[dict[str, Any]]:
        """Return the symbols of a file as the server has them, each with its `range` and its `children`."""
        return self.ask("textDocument/documentSymbol", {"textDocument": {"uri": self.open(file)}}) or []

    def references(self, file: str, line: int, column: int) -> set[Place]:
        uri = self.open(file)
        found = self.ask("textDocument/references", {
            "textDocument": {"uri": uri}, "position": {"line": line - 1, "character": column}, "context": {"includeDeclaration": False},
        })  # fmt: skip
        places = set()
        for each in found or []:
            start = each["range"]["start"]
            name = each["uri"].removeprefix(self.root.as_uri() + "/")
            places.add((name, start["line"] + 1, start["character"]))
        return places

    def close(self) -> None:
        self.ask("shutdown", None)
        self.tell("exit", None)
        self.process.wait(timeout=20)
