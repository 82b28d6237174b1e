"""The command line: every verb, every flag, every exit code, and what comes on stdin."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from ipy_llm import __version__
from ipy_llm.faces.cli import main
from ipy_llm.operations.registry import NAMES, load

CART = '''
"""Carts."""


class Cart:
    price = 1
    cost = 2

    def total(self) -> int:
        return self.price


def free() -> int:
    return 0
'''
TESTED = {
    "shop.py": "def price() -> int:\n    return 1\n",
    "test_shop.py": "import shop\n\n\ndef test_price() -> None:\n    assert shop.price() == 1\n",
}


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch) -> Path:
    """Our cache folder, apart from everyone's."""
    monkeypatch.setenv("IPY_LLM_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def project(tmp_path, monkeypatch) -> Path:
    """A project, and the current folder in it."""
    root = tmp_path.resolve() / "project"
    (root / "shop").mkdir(parents=True)
    (root / "pyproject.toml").touch()
    (root / "shop" / "cart.py").write_text(CART.lstrip("\n"), newline="\n")
    monkeypatch.chdir(root)
    return root


@pytest.fixture
def tested(tmp_path, monkeypatch) -> Path:
    """A project with a test, and the current folder in it."""
    root = tmp_path.resolve() / "tested"
    root.mkdir()
    for name, text in TESTED.items():
        (root / name).write_text(text)
    monkeypatch.chdir(root)
    return root


@pytest.fixture
def run(monkeypatch, capsys):
    """Run a command with bytes on stdin; return its exit code, stdout and stderr."""

    def run(*words: str, stdin: bytes | str = b"") -> tuple[int, str, str]:
        data = stdin if isinstance(stdin, bytes) else stdin.encode()
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
        capsys.readouterr()
        try:
            code = main(words)
        except SystemExit as leaving:
            code = leaving.code
        out, err = capsys.readouterr()
        return code, out, err

    return run


def process(*words: str, stdin: bytes = b"", cwd: Path) -> tuple[int, bytes, bytes]:
    """Run a command as a process of its own."""
    ran = subprocess.run(
        [sys.executable, "-m", "ipy_llm", *words], input=stdin, cwd=cwd, capture_output=True, check=False
    )
    return ran.returncode, ran.stdout.replace(b"\r\n", b"\n"), ran.stderr.replace(b"\r\n", b"\n")


def cart(root: Path) -> str:
    return (root / "shop" / "cart.py").read_bytes().decode()


# Exit codes, each by a real case.


def test_0_a_verb_that_did_its_work(project, run):
    code, out, err = run("edit", "Cart.total", stdin="def total(self) -> int:\n    return 7\n")
    assert (code, err) == (0, "")
    assert re.fullmatch(r"replaced shop/cart\.py::Cart\.total@[0-9a-f]{4} lines 8-9\n", out)
    assert "        return 7\n" in cart(project)


@pytest.mark.usefixtures("tested")
def test_1_an_edit_that_breaks_a_test_is_written_and_says_which(run):
    code, out, err = run("edit", "shop.py::price", "1", "=>", "2")
    assert (code, err) == (1, "")
    said, *new = out.splitlines()
    assert said.startswith("edited shop.py::price@")
    assert new[0].startswith("new: test_shop.py::test_price - ")
    assert len(new) == 1
    code, out, _ = run("check")
    assert code == 1
    assert "test_shop.py::test_price" in out
    assert run("undo", "--check", "report")[0] == 0
    assert run("check")[0] == 0


@pytest.mark.usefixtures("project")
def test_2_a_request_that_must_be_changed(run):
    assert run("show", "Cart.totl") == (
        2,
        "",
        f"ipy-llm: no Cart.totl in {os.getcwd()}\ndid you mean shop/cart.py::Cart.total\n",
    )


@pytest.mark.usefixtures("project")
def test_3_what_was_read_has_changed(run):
    code, out, err = run("edit", "Cart.total@0000", stdin="def total(self): ...")
    assert (code, out) == (3, "")
    assert "Cart.total changed since it was shown: @0000 is now @" in err


def test_3_undo_after_the_file_changed_elsewhere(project, run):
    run("edit", "Cart.total", ".price", "=>", ".cost")
    (project / "shop" / "cart.py").write_bytes(b"mine = 1\n")
    code, out, err = run("undo")
    assert (code, out) == (3, "")
    assert err == (
        "ipy-llm: shop/cart.py changed since `edited shop/cart.py::Cart.total`; nothing was undone\n"
        "show shop/cart.py\n"
    )
    assert cart(project) == "mine = 1\n"


@pytest.mark.parametrize("folder", ["project", "tested"])
def test_4_a_machine_without_a_place_for_the_journal(request, folder, run, cache):
    request.getfixturevalue(folder)
    cache.write_bytes(b"")
    target = {"project": ("Cart.total", ".price"), "tested": ("shop.py::price", "1")}[folder]
    code, out, err = run("edit", *target, "=>", "2")
    assert (code, out) == (4, "")
    assert err.startswith("ipy-llm: cannot keep the undo journal in ")
    assert err.endswith("nothing was written\nset IPY_LLM_CACHE to a writable folder\n")


# Every verb, as a process.


def test_every_verb_runs_as_a_process(project):
    assert process("show", "Cart.total:2", cwd=project)[1].endswith(b"\n2\t        return self.price\n")
    assert process("outline", "shop/cart.py", cwd=project)[1].endswith(b"\ndef free() -> int  12-13\n")
    assert process("outline", cwd=project)[1].startswith(b"shop/cart.py  ")
    assert process("find", "total", cwd=project)[1].startswith(b"total: 1 definition, ")
    assert process("refs", "Cart.total", cwd=project)[1].startswith(b"shop/cart.py::Cart.total: ")
    assert process("callers", "free", cwd=project)[1].startswith(b"shop/cart.py::free: ")
    code, out, err = process(
        "edit",
        "after",
        "Cart.total",
        stdin=b"def tax(self) -> int:\r\n    return 0\r\n",
        cwd=project / "shop",
    )
    assert (code, err) == (0, b"")
    assert out.startswith(b"inserted shop/cart.py::Cart.tax@")
    assert "    def tax(self) -> int:\n        return 0\n" in cart(project)
    assert process("undo", cwd=project)[:2] == (
        0,
        b"undone: inserted shop/cart.py::Cart.tax; shop/cart.py as before\n",
    )
    assert cart(project) == CART.lstrip("\n")
    code, out, _ = process("docs", "json.dumps", cwd=project)
    assert code == 0
    assert b"dumps(obj" in out
    assert process("prompt", cwd=project)[1].startswith(b"Edit Python by name")
    assert process("check", cwd=project)[0] == 0


def test_a_reader_who_has_seen_enough_hears_no_complaint(project):
    (project / "big.py").write_text("".join(f"x{number} = 1\n" for number in range(20_000)))
    with subprocess.Popen(
        [sys.executable, "-m", "ipy_llm", "show", "big.py", "--json"],
        cwd=project,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as shown:
        shown.stdout.close()
        assert shown.stderr.read() == b""
    assert shown.returncode == 0


def test_a_terminal_that_lacks_a_character_gets_its_code(project, monkeypatch):
    (project / "m.py").write_bytes("x = 'é→'\n".encode())
    monkeypatch.setenv("PYTHONIOENCODING", "latin-1")
    assert process("show", "m.py", cwd=project)[1].endswith(b"1\tx = '\xe9\\u2192'\n")


# Flags.


def test_root_says_which_project(project, run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run("show", "Cart.total:1", "--root", str(project))[1].startswith("shop/cart.py::Cart.total@")
    assert run("--root", "project", "show", "Cart.total:1")[1].startswith("shop/cart.py::Cart.total@")
    assert run("outline", "shop", "--root=project")[1].startswith("shop/cart.py  ")
    assert run("show", "x", "--root", "nowhere") == (2, "", "ipy-llm: no folder nowhere\n")


def test_dry_run_shows_and_writes_nothing(project, run):
    code, out, _ = run("edit", "--dry-run", "Cart.total", ".price", "=>", ".cost")
    assert code == 0
    assert out.startswith("would have edited ")
    assert "\n-        return self.price\n+        return self.cost\n" in out
    assert cart(project) == CART.lstrip("\n")
    assert run("undo")[0] == 2


SESSION = {"promote": ["Cart", "new.py"], "run": ["shop/cart.py::Cart"], "more": []}


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize("verb", SESSION)
def test_a_verb_of_a_session_says_so_on_the_command_line(run, verb):
    code, out, err = run(verb, *SESSION[verb])
    assert (code, out) == (2, "")
    assert f"%llm {verb}" in err


@pytest.mark.usefixtures("project")
def test_json_answers_in_one_line_also_when_refused(run):
    code, out, _ = run("edit", "Cart.total", ".price", "=>", ".cost", "--json")
    facts = json.loads(out)
    assert code == 0
    assert out.count("\n") == 1
    assert facts["address"] == "shop/cart.py::Cart.total"
    assert facts["reply"].startswith("edited shop/cart.py::Cart.total@")
    code, out, err = run("show", "--json", "Cart.totl")
    assert (code, err) == (2, "")
    assert json.loads(out) == {
        "error": "NotFoundError",
        "message": f"no Cart.totl in {os.getcwd()}",
        "steps": ["did you mean shop/cart.py::Cart.total"],
    }


@pytest.mark.parametrize("verb", [name for name in NAMES if name not in {"bundle", "check", *SESSION}])
def test_every_verb_answers_in_json(project, run, verb):
    words = {
        "show": ["Cart"],
        "edit": ["delete", "Cart.total"],
        "docs": ["json.dumps"],
        "plan": ["shop/cart.py", "pyproject.toml"],
        "find": ["total"],
        "rename": ["Cart.total", "amount", "--check=off"],
        "move": ["Cart", "shop/carts.py", "--check=off"],
        "refs": ["Cart.total"],
        "callers": ["Cart.total"],
    }.get(verb, [])
    if verb == "undo":
        run("edit", "delete", "Cart.total")
    code, out, _ = run(verb, *words, "--json")
    assert code == 0
    assert json.loads(out)["reply"]


def test_no_check_runs_no_test(tested, run):
    (tested / "test_shop.py").write_text("import pathlib\npathlib.Path('ran').touch()\ndef test(): ...\n")
    code, out, _ = run("edit", "--check=off", "shop.py::price", "1", "=>", "2")
    assert code == 0
    assert out.count("\n") == 1
    assert not (tested / "ran").exists()


def test_a_name_vanishes_only_when_it_may(project, run):
    code, _, err = run("edit", "Cart", stdin="class Cart:\n    price = 1\n")
    assert code == 2
    assert "--allow-removal" in err
    assert cart(project) == CART.lstrip("\n")
    assert run("edit", "Cart", "--allow-removal", stdin="class Cart:\n    price = 1\n")[0] == 0


@pytest.mark.parametrize(
    "words",
    [
        "edit --check=off after Cart.total",
        "edit after --check=off Cart.total",
        "edit after Cart.total --check=off --json",
        "--json edit --check=off after Cart.total",
        "--root . edit after Cart.total",
    ],
)
def test_flags_may_stand_anywhere(project, run, words):
    assert run(*words.split(), stdin="def tax(self): ...")[0] == 0
    assert "def tax" in cart(project)


@pytest.mark.parametrize(
    "words",
    [
        ["edit", "Cart.total", ".price", "=>", ".cost"],
        ["edit", "Cart.total .price => .cost"],
        ["edit", "Cart.total", "--check=off", ".price", "=>", ".cost"],
        ["edit", "Cart.total", ".price => .cost", "--check=off"],
        ["edit", "--check=off", "Cart.total", "self.price", "=>", "self.cost"],
    ],
)
def test_the_words_of_an_address_need_no_quotes(project, run, words):
    code, out, err = run(*words)
    assert (code, err) == (0, "")
    assert out.startswith("edited shop/cart.py::Cart.total@")
    assert "return self.cost" in cart(project)


def test_the_right_side_may_be_empty(project, run):
    assert run("edit", "--check=off", "Cart.total", "self.", "=>", "")[0] == 0
    assert "        return price\n" in cart(project)


def test_deleting_needs_no_text_whatever_stdin_is(project, run):
    code, out, _ = run("edit", "delete", "Cart.total", stdin=b"\xff")
    assert (code, out) == (0, "deleted shop/cart.py::Cart.total\n")
    assert "total" not in cart(project)


# What comes on stdin.


@pytest.mark.parametrize(
    "sent",
    [
        b"def total(self) -> int:\r\n    return 7\r\n",
        b"\xef\xbb\xbfdef total(self) -> int:\n    return 7",
        b"\n\n        def total(self) -> int:\n            return 7\n\n",
        b"```python\ndef total(self) -> int:\n    return 7\n```\n",
    ],
    ids=["crlf", "bom", "indented", "fenced"],
)
def test_the_text_may_come_in_many_dresses(project, run, sent):
    assert run("edit", "Cart.total", stdin=sent)[0] == 0
    assert cart(project) == CART.lstrip("\n").replace("self.price", "7")


def test_text_that_is_not_utf_8_is_refused(project, run):
    code, out, err = run("edit", "Cart.total", stdin=b"def total(self):\n    return 'caf\xe9'")
    assert (code, out) == (2, "")
    assert err == "ipy-llm: stdin is not UTF-8: byte 0xe9 at 32; nothing was written\n"
    assert cart(project) == CART.lstrip("\n")


def test_text_beyond_ascii_goes_into_a_file_of_another_encoding(project, run):
    (project / "m.py").write_bytes("# coding: latin-1\nx = 'é'\n".encode("latin-1"))
    assert run("edit", "m.py::x", stdin="x = 'ü'")[0] == 0
    assert (project / "m.py").read_bytes() == "# coding: latin-1\nx = 'ü'\n".encode("latin-1")
    code, _, err = run("edit", "m.py::x", stdin="x = '→'")
    assert code == 2
    assert "U+2192" in err


def test_an_empty_text_is_refused(project, run):
    code, _, err = run("edit", "Cart.total")
    assert code == 2
    assert "the text is empty" in err
    assert cart(project) == CART.lstrip("\n")


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX terminals")
def test_a_terminal_is_not_waited_for(project):
    import pty

    ours, theirs = pty.openpty()
    ran = subprocess.run(
        [sys.executable, "-m", "ipy_llm", "edit", "Cart.total"],
        stdin=theirs,
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    os.close(ours)
    os.close(theirs)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr == "ipy-llm: the new text comes on stdin\nipy-llm edit ADDRESS <<'EOF'\n"


# Help, and mistakes.


@pytest.mark.parametrize("verb", NAMES)
def test_the_help_of_a_verb_names_all_its_parameters(run, verb):
    code, out, _ = run(verb, "--help")
    assert code == 0
    words = " ".join(out.split())
    operation = load(verb)
    assert operation.summary in words
    for parameter in operation.parameters:
        if not parameter.body:
            assert (parameter.flag if parameter.option else parameter.name.upper()) in words
            assert parameter.help in words
    assert "--root" in words
    assert "--json" in words


def test_the_help_names_every_verb_and_exit_code(run):
    code, out, _ = run("--help")
    assert code == 0
    assert all(re.search(rf"^    {verb} ", out, re.MULTILINE) for verb in NAMES)
    assert all(f"{number} " in out[out.index("exit codes") :] for number in range(6))
    assert run("--version") == (0, f"{__version__}\n", "")


@pytest.mark.parametrize("words", [["frobnicate"], ["frobnicate", "show"], ["--json", "frobnicate"]])
def test_an_unknown_verb_is_answered_with_all_of_them(run, words):
    code, out, err = run(*words)
    assert (code, out) == (2, "")
    assert all(verb in err for verb in NAMES)


@pytest.mark.parametrize("words", [[], ["show"], ["undo", "x"], ["show", "--frobnicate", "x"]])
def test_words_that_do_not_fit_a_verb_are_a_mistake_of_the_request(run, words):
    code, out, err = run(*words)
    assert (code, out) == (2, "")
    assert "usage: ipy-llm" in err


def test_an_edit_without_an_address_takes_a_patch(run):
    code, out, err = run("edit", stdin="")
    assert (code, out) == (2, "")
    assert "a patch begins with `@@ ADDRESS`" in err


def test_a_heredoc_works_as_the_prompt_says(project):
    if sys.platform == "win32":
        pytest.skip("needs a POSIX shell")
    script = textwrap.dedent(f"""
        {sys.executable} -m ipy_llm edit Cart.total <<'EOF'
        def total(self) -> int:
            return 7  # `$HOME` \\n
        EOF
        {sys.executable} -m ipy_llm show Cart.total | head -1
    """)
    ran = subprocess.run(["sh", "-c", script], cwd=project, capture_output=True, text=True, check=False)
    assert ran.stderr == ""
    assert len(ran.stdout.splitlines()) == 2
    assert "        return 7  # `$HOME` \\n\n" in cart(project)


def test_log_lists_the_edits_and_undo_takes_back_as_many_as_asked(run, project):
    before = sorted(project.rglob("*"))
    assert run("log")[1] == "no edits yet\n"
    for new in ("a", "b", "c"):
        assert run("edit", "--check=off", "create", f"{new}.py", stdin="x = 1\n")[0] == 0
    out = run("log", "2")[1]
    assert [line.partition(",")[0] for line in out.splitlines()] == ["1  created c.py", "2  created b.py"]
    out = run("undo", "2")[1]
    assert out.splitlines() == [
        "undone: created c.py; c.py as before",
        "undone: created b.py; b.py as before",
    ]
    code, out, err = run("undo", "2")
    assert code == 2
    assert "before that: undone: created a.py" in err
    assert sorted(project.rglob("*")) == before
    assert run("undo", "0")[0] == run("undo", "x")[0] == 2
