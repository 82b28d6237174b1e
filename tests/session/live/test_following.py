from __future__ import annotations

import os

import pytest

LOAD = "%load_ext ipy_llm"


@pytest.fixture
def run(bare_kernel, tmp_path):
    """A kernel with the extension, in a fresh project that it can import from."""
    bare_kernel.run("%unload_ext ipy_llm")
    (tmp_path / "pyproject.toml").write_text("")
    bare_kernel.run(f"%cd -q {tmp_path}\nimport sys; sys.path.insert(0, {str(tmp_path)!r})")
    assert bare_kernel.run(LOAD).status == "ok"
    yield bare_kernel.run
    bare_kernel.run("%autoreload 0")
    bare_kernel.run(f"sys.path.remove({str(tmp_path)!r})")
    bare_kernel.run(
        "for name in [n for n, m in sys.modules.items() if str(getattr(m, '__file__', '')).startswith("
        f"{str(tmp_path)!r})]: del sys.modules[name]"
    )


def later(path, text):
    """Write a file as an editor would some time after it was last written."""
    before = path.stat().st_mtime_ns if path.exists() else 0
    path.write_text(text)
    if before:
        os.utime(path, ns=(before + 2_000_000_000, before + 2_000_000_000))


def test_a_file_changed_from_outside_is_followed_before_the_next_cell(run, tmp_path):
    later(tmp_path / "one.py", "def f(): return 1\n")
    run("from one import f")
    later(tmp_path / "one.py", "def f(): return 2\n")
    outputs = run("f()")
    assert outputs.result == "2"
    assert outputs.stderr == "live: f patched\n"
    assert not run("f()").stderr


def test_what_several_changed_files_need_of_each_other_is_there(run, tmp_path):
    later(tmp_path / "alpha.py", "from beta import g\ndef f(): return g()\n")
    later(tmp_path / "beta.py", "def g(): return 1\n")
    run("import alpha")
    later(tmp_path / "alpha.py", "from beta import g, h\ndef f(): return g() + h()\n")
    later(tmp_path / "beta.py", "def g(): return 2\ndef h(): return 10\n")
    outputs = run("alpha.f()")
    assert outputs.result == "12"
    assert sorted(outputs.stderr.splitlines()) == ["live: alpha: h, f patched", "live: beta: g, h patched"]


def test_a_text_that_does_not_compile_is_told_once_and_the_next_one_followed(run, tmp_path):
    later(tmp_path / "two.py", "def f(): return 1\n")
    run("import two")
    later(tmp_path / "two.py", "def f(: return 2\n")
    outputs = run("two.f()")
    assert outputs.result == "1"
    assert outputs.stderr.startswith("live: two: not followed: it does not compile: ")
    assert not run("two.f()").stderr
    later(tmp_path / "two.py", "def f(): return 3\n")
    assert run("two.f()").result == "3"


def test_a_module_under_two_names_is_followed_under_both(run, tmp_path):
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "__init__.py").write_text("")
    later(tmp_path / "package" / "mod.py", "def f(): return 1\n")
    run(f"import package.mod; sys.path.insert(0, {str(tmp_path / 'package')!r}); import mod; sys.path.pop(0)")
    later(tmp_path / "package" / "mod.py", "def f(): return 2\n")
    outputs = run("mod.f(), package.mod.f(), mod.f is package.mod.f")
    assert outputs.result == "(2, 2, False)"


def test_a_script_that_was_run_is_followed(run, tmp_path):
    later(tmp_path / "script.py", "def f(): return 1\nif __name__ == '__main__':\n    g = f\n")
    run("%run script.py")
    later(tmp_path / "script.py", "def f(): return 2\nif __name__ == '__main__':\n    g = f\n")
    assert run("f(), g()").result == "(2, 2)"


def test_what_a_script_does_is_not_done_again(run, tmp_path):
    later(tmp_path / "study.py", "def f(): return 1\nif __name__ == '__main__':\n    x = f()\n")
    run("%run study.py")
    later(
        tmp_path / "study.py",
        "def f(): return 2\ny = f()\nif __name__ == '__main__':\n    x = f()\n    z = print('ran')\n",
    )
    outputs = run("f(), x")
    assert (outputs.result, outputs.stdout) == ("(2, 1)", "")
    assert "not run: `y = f()`" in outputs.stderr


def test_a_definition_that_was_left_follows_again_once_its_text_is_back(run, tmp_path):
    later(
        tmp_path / "sixth.py",
        "class A:\n    __slots__ = ('x',)\n    def g(self): return 1\ndef f(): return 1\n",
    )
    run("import sixth; a = sixth.A()")
    later(
        tmp_path / "sixth.py",
        "class A:\n    __slots__ = ('x', 'y')\n    def g(self): return 2\ndef f(): return 2\n",
    )
    outputs = run("sixth.f(), a.g()")
    assert outputs.result == "(2, 1)"
    assert outputs.stderr == (
        "live: sixth: f patched; not followed: A: its __slots__ changed, and objects of it have the old layout; "
        "restart, or importlib.reload\n"
    )
    later(
        tmp_path / "sixth.py",
        "class A:\n    __slots__ = ('x', 'y')\n    def g(self): return 3\ndef f(): return 3\n",
    )
    outputs = run("sixth.f(), a.g()")
    assert (outputs.result, outputs.stderr.count("A: it runs an older text")) == ("(3, 1)", 1)
    later(
        tmp_path / "sixth.py",
        "class A:\n    __slots__ = ('x',)\n    def g(self): return 1\ndef f(): return 4\n",
    )
    assert run("sixth.f(), a.g()").result == "(4, 1)"
    later(
        tmp_path / "sixth.py",
        "class A:\n    __slots__ = ('x',)\n    def g(self): return 5\ndef f(): return 4\n",
    )
    assert run("sixth.f(), a.g()").result == "(4, 5)"


def test_a_class_within_stays_behind_alone(run, tmp_path):
    text = "class A:\n    class In:\n        __slots__ = ('x',)\n        def g(self): return 1\n    def f(self): return 1\n"
    later(tmp_path / "eighth.py", text)
    run("import eighth; a, i = eighth.A(), eighth.A.In()")
    later(tmp_path / "eighth.py", text.replace("('x',)", "('x', 'y')").replace("return 1", "return 2"))
    outputs = run("a.f(), i.g()")
    assert outputs.result == "(2, 1)"
    assert "A.f patched; not followed: A.In: its __slots__ changed" in outputs.stderr


def test_numbers_imported_by_name_follow_in_modules_and_are_told_in_the_session(run, tmp_path):
    later(tmp_path / "base.py", "RATE = 1000\n")
    later(tmp_path / "user.py", "from base import RATE as rate\ndef f(): return rate\n")
    run("import user; from base import RATE")
    later(tmp_path / "base.py", "RATE = 2000\n")
    outputs = run("user.f(), RATE")
    assert outputs.result == "(2000, 1000)"
    assert outputs.stderr == "live: RATE patched; RATE of the session is still as before: import again\n"


def test_autoreload_is_left_to_follow_alone(run, tmp_path):
    later(tmp_path / "three.py", "def f(): return 1\n")
    run("import three")
    run("%load_ext autoreload\n%autoreload 2")
    later(tmp_path / "three.py", "def f(): return 2\n")
    outputs = run("three.f()")
    assert outputs.result == "2"
    assert outputs.stderr.count("live: ") == 1
    assert "%autoreload is on" in outputs.stderr
    assert not run("three.f()").stderr


def test_a_module_that_was_reloaded_by_hand_is_left_as_it_is(run, tmp_path):
    later(tmp_path / "four.py", "def f(): return 1\n")
    run("import four")
    later(tmp_path / "four.py", "def f(): return 2\n")
    run("%config IpyLLM.follow = False")
    run("import importlib; importlib.reload(four)")
    run("%config IpyLLM.follow = True")
    outputs = run("four.f()")
    assert (outputs.result, outputs.stderr) == ("2", "")


def test_what_changed_before_it_was_first_looked_at_is_not_guessed(run, tmp_path):
    later(tmp_path / "five.py", "RATE = 1\n")
    run("%config IpyLLM.follow = False")
    run("sys.dont_write_bytecode = False; import five")
    later(tmp_path / "five.py", "RATE = 2\n")
    run("%config IpyLLM.follow = True")
    run("1")
    later(tmp_path / "five.py", "RATE = 3\n")
    outputs = run("five.RATE")
    assert outputs.result == "1"
    assert "five: not followed: it changed between its import and the first look at it" in outputs.stderr


def test_modules_outside_the_project_are_left_alone(run, tmp_path):
    folder = tmp_path / "venv" / "site-packages"
    folder.mkdir(parents=True)
    later(folder / "theirs.py", "def f(): return 1\n")
    run(f"sys.path.insert(0, {str(folder)!r}); import theirs; sys.path.pop(0)")
    later(folder / "theirs.py", "def f(): return 2\n")
    outputs = run("theirs.f()")
    assert (outputs.result, outputs.stderr) == ("1", "")
