"""`%load_ext ipy_llm` in a real kernel, used as a model uses it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from kernel import Kernel

SHOP = Path(__file__).parents[2] / "docs" / "shop"
SNAPSHOT = """
def snapshot():
    shell = get_ipython()
    return {
        "transformers": [list(map(repr, getattr(shell, name))) for name in (
            "input_transformers_cleanup", "input_transformers_post", "ast_transformers")],
        "events": {name: list(map(repr, callbacks)) for name, callbacks in shell.events.callbacks.items()},
        "magics": {kind: dict(table) for kind, table in shell.magics_manager.magics.items()},
        "instance": set(vars(shell)) - {"_last_input_line"},
        "configurables": len(shell.configurables),
        "registry": set(shell.magics_manager.registry),
    }
"""


@pytest.fixture(scope="module")
def kernel(tmp_path_factory):
    with Kernel(tmp_path_factory.mktemp("kernel")) as kernel:
        kernel.run("%colors NoColor")
        kernel.run(SNAPSHOT + "\nbefore = snapshot(); names = set(globals())")
        assert kernel.run("%load_ext ipy_llm").status == "ok"
        yield kernel


@pytest.fixture
def shop(kernel, tmp_path):
    project = Path(shutil.copytree(SHOP, tmp_path / "shop"))
    kernel.run(f"%cd -q {project}")
    return project


@pytest.fixture
def cart(shop):
    return shop / "shop" / "cart.py"


def test_a_cell_replaces_a_method_by_name_below_a_comment(kernel, cart):
    outputs = kernel.run("# no cents\n%%edit --check=off Cart.tax\ndef tax(self) -> int:\n    return 0\n")
    assert outputs.status == "ok"
    assert outputs.stdout.startswith("replaced shop/cart.py::Cart.tax@")
    assert "    def tax(self) -> int:\n        return 0\n    # endsection\n" in cart.read_text()


def test_an_edit_answers_with_what_it_broke(kernel, cart):
    outputs = kernel.run("%%edit Cart.tax\ndef tax(self) -> int:\n    return self.total / 5\n")
    lines = outputs.stdout.splitlines()
    assert lines[0].startswith("replaced shop/cart.py::Cart.tax@")
    assert [line.split(" - ")[0].split(": Incompatible")[0] for line in lines[1:]] == ["new: shop/cart.py:31"]


def test_an_edit_needs_no_body_where_the_line_says_all(kernel, cart):
    assert kernel.run("%%edit --check=off Cart.tax // 100 => // 200").stdout.startswith("edited")
    assert "TAX_RATE // 200" in cart.read_text()
    assert kernel.run("# away with it\n%%edit --check=off delete Cart.tax\n").stdout.startswith("deleted")
    assert "def tax" not in cart.read_text()


def test_a_body_reaches_the_file_as_it_was_written(kernel, cart):
    body = 'NOTE = """\n# a comment\n%%time\n>>> prompt {x} $y\n   \n"""'
    assert kernel.run(f"%%edit --check=off after TAX_RATE\n{body}\n").status == "ok"
    assert f"\n{body}\n" in cart.read_text()


def test_a_refusal_is_a_usage_error_with_the_next_step_and_leaves_the_file(kernel, cart):
    before = cart.read_bytes()
    outputs = kernel.run("%%edit Cart.totl\ndef totl(self): ...\n")
    assert outputs.status == "error"
    assert "did you mean shop/cart.py::Cart.total" in outputs.stderr
    assert "Traceback" not in outputs.stderr
    assert cart.read_bytes() == before


def test_a_cell_without_an_address_is_a_patch(kernel, cart):
    patch = "%%edit --check=off\n@@ shop/cart.py::Cart.tax\ndef tax(self) -> int:\n    return 1\n@@ Item.count 1 => 2\n"
    assert [line.partition("@")[0] for line in kernel.run(patch).stdout.splitlines()] == [
        "replaced shop/cart.py::Cart.tax",
        "edited shop/cart.py::Item.count",
    ]
    assert "count: int = 2" in cart.read_text()
    assert "no header" in kernel.run("%%edit\ndef f(): ...\n").stderr


def test_lines_of_what_was_just_shown_or_edited_need_no_digest(kernel, cart):
    refused = kernel.run("%%edit Cart.tax:2\n        return 2")
    assert "lines need the digest" in refused.stderr
    kernel.run("%llm show Cart.tax --tokens 100")
    for price in (2, 3):
        assert "edited" in kernel.run(f"%%edit --check=off Cart.tax:2\n        return {price}").stdout
    assert "return 3" in cart.read_text()
    cart.write_text(cart.read_text().replace("return 3", "return 4"))
    assert "changed since it was shown" in kernel.run("%%edit Cart.tax:2\n        return 5").stderr


def test_undo_puts_back_every_byte(kernel, cart):
    before = cart.read_bytes()
    kernel.run("%%edit --check=off Cart.tax // 100 => // 200")
    assert kernel.run("%llm undo").stdout.startswith("undone: edited shop/cart.py::Cart.tax")
    assert cart.read_bytes() == before


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("%llm show Cart.tax", "2\t        return self.total * TAX_RATE // 100"),
        ("%llm outline shop/cart.py", "  def tax(self) -> int  30-31"),
        ("%llm find --in tests total", "assert cart.total == 1500"),
        ("%llm refs Cart.total", "shop/cart.py::Cart.total: 3 uses in 2 files"),
        ("%llm docs shop.cart.Cart.add", "Put an item in and return it."),
        ("%llm edit --dry-run delete Cart.tax", "would have deleted shop/cart.py::Cart.tax"),
        ("%llm prompt", "%%edit shop/cart.py::Cart.total"),
        ("%llm", "%%edit shop/cart.py::Cart.total"),
        ("%llm help", "%%edit shop/cart.py::Cart.total"),
        ("%llm --help", "%%edit shop/cart.py::Cart.total"),
        ("%%llm show Cart.tax", "2\t        return self.total * TAX_RATE // 100"),
    ],
)
def test_every_verb_is_a_line_magic_too(kernel, shop, line, expected):
    assert expected in kernel.run(line).stdout


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("%llm shwo Cart.tax", "did you mean %llm show\n"),
        ("%llm frobnicate", "verbs: show, outline, find"),
        ("%llm show", "show needs ADDRESS"),
        ("%llm show --colour Cart", "no --colour"),
        ("%llm check Cart", "takes no argument"),
        ("%llm undo Cart", "COUNT is a number (how many edits, the last first), not 'Cart'"),
        ("%%llm check\nx = 1", "check takes no text below it; nothing was run\nput what follows in a cell"),
        ("%%edit --why => --not", "has no --why"),
        ("%llm edit --why Cart", "it has --dry-run, --check, --allow-removal"),
    ],
)
def test_a_wrong_line_is_told_what_is_right(kernel, shop, line, expected):
    outputs = kernel.run(line)
    assert outputs.status == "error"
    assert expected in outputs.stderr


@pytest.mark.parametrize("line", ["%%edit -h", "%%edit --help", "%llm edit -h", "%llm help edit"])
def test_an_edit_asked_for_help_answers_with_one_line(kernel, shop, line):
    assert kernel.run(line).stdout == (
        "%%edit [--dry-run] [--check report|revert|off] [--allow-removal] [--no-imports] [--file FILE] [ADDRESS] - "
        "ADDRESS is [before|after|into|delete|create] ADDRESS, or ADDRESS old => new; none for a patch; "
        "below it the new text, at any indentation, or a patch of `@@ ADDRESS` entries\n"
    )


def test_a_verb_asked_for_help_tells_its_words(kernel, shop):
    assert kernel.run("%llm outline -h").stdout.startswith(
        "%llm outline [--tokens TOKENS] [--near NEAR] [PATH] - PATH is "
    )
    assert (
        kernel.run("%llm undo -h").stdout
        == "%llm undo [--check report|off] [COUNT] - COUNT is how many edits, the last first\n"
    )
    assert kernel.run("%llm check -h").stdout == "%llm check - Run mypy and the tests, and list what fails.\n"


def test_llm_edit_takes_the_cell_as_its_text(kernel, cart):
    outputs = kernel.run("# why\n%%llm edit --check=off Cart.tax\ndef tax(self) -> int:\n    return 0\n")
    assert outputs.stdout.startswith("replaced shop/cart.py::Cart.tax@")
    assert "return 0" in cart.read_text()
    assert kernel.run("%%llm edit --check=off delete Cart.tax").stdout.startswith("deleted")


def test_words_of_a_replacement_are_no_flags(kernel, cart):
    outputs = kernel.run("%%edit --check=off Cart.tax TAX_RATE // 100 => --TAX_RATE // 100")
    assert outputs.stdout.startswith("edited")
    assert "return self.total * --TAX_RATE // 100" in cart.read_text()


def test_an_edit_with_one_percent_sign_is_read_with_two(kernel, cart):
    outputs = kernel.run("%edit Cart.tax\ndef tax(self) -> int:\n    return 2\n")
    assert outputs.stdout.startswith("replaced shop/cart.py::Cart.tax@")
    assert outputs.hints == ["read %edit as %%edit"]
    assert "return 2" in cart.read_text()
    assert kernel.run("%edit --check=off Cart.tax return 2 => return 3").stdout.startswith("edited")
    assert "return 3" in cart.read_text()


def test_docs_knows_the_names_of_the_session(kernel, shop):
    kernel.run("class Box:\n    'Holds things.'\n    def open(self, *, force=False): 'Open it.'\nbox = Box()")
    assert "(*, force=False)" in kernel.run("%llm docs box.open").stdout


@pytest.fixture
def imported(kernel, cart):
    kernel.run("import sys; sys.path.insert(0, '')\nimport shop.cart; tax = shop.cart.Cart().tax")
    yield
    kernel.run("del sys.modules['shop'], sys.modules['shop.cart']; sys.path.remove('')")


def test_running_objects_follow_an_edit_and_its_undo(kernel, cart, imported):
    outputs = kernel.run("%%edit --check=off Cart.tax\ndef tax(self): return 7")
    assert outputs.stdout.splitlines()[1:] == ["live: Cart.tax patched"]
    assert kernel.run("tax()").result == "7"
    assert kernel.run("%llm undo").stdout.splitlines()[1:] == ["live: Cart.tax patched"]
    assert kernel.run("tax()").result == "0"


def test_where_running_objects_do_not_follow_it_is_said_once_that_they_keep_the_old_code(
    kernel, cart, imported
):
    kernel.run("%config IpyLLM.follow = False")
    try:
        outputs = kernel.run("%%edit --check=off shop/cart.py::Cart.tax // 100 => // 300")
        assert outputs.stdout.splitlines()[1:] == [
            "shop.cart is imported in this session, which runs the old code until it is restarted"
        ]
        again = kernel.run("%%edit --check=off shop/cart.py::Cart.tax // 300 => // 400")
        assert len(again.stdout.splitlines()) == 1
    finally:
        kernel.run("%config IpyLLM.follow = True")


def test_checks_can_be_switched_off_for_the_session(kernel, shop):
    kernel.run("%config IpyLLM.check = 'off'")
    try:
        assert "nothing new" not in kernel.run("%%edit Cart.tax // 100 => // 100 * 1").stdout
    finally:
        kernel.run("%config IpyLLM.check = 'report'")


def test_each_part_of_the_session_has_a_switch(kernel, shop):
    kernel.run("%config IpyLLM.explain = False")
    try:
        assert kernel.run("'a'.uper()").facts == []
    finally:
        kernel.run("%config IpyLLM.explain = True")
    assert kernel.run("'a'.uper()").facts == ["str has upper(), isupper"]


def test_edit_inside_a_timed_cell_works(kernel, cart):
    outputs = kernel.run(
        "%%time\n# quickly\n%%edit --check=off Cart.tax\ndef tax(self) -> int:\n    return 1\n"
    )
    assert "replaced shop/cart.py::Cart.tax" in outputs.stdout
    assert "return 1" in cart.read_text()


def test_ipythons_own_line_magic_edit_is_left_alone(kernel):
    assert (
        kernel.run("snapshot()['magics']['line']['edit'] == before['magics']['line']['edit']").result
        == "True"
    )


def test_loading_imports_nothing_heavy_and_adds_no_name(kernel):
    with Kernel(kernel.folder / "fresh") as fresh:
        fresh.run("import sys; before = set(globals()); modules = set(sys.modules)")
        fresh.run("%load_ext ipy_llm")
        heavy = "{'libcst', 'jedi', 'parso', 'mypy', '_pytest', 'pytest'}"
        assert fresh.run(f"({heavy} & set(sys.modules)) - modules").result == "set()"
        assert fresh.run("{name for name in set(globals()) - before if not name.startswith('_')}").result in {
            "set()", "{'before', 'modules'}", "{'modules'}",
        }  # fmt: skip


def test_load_unload_load_leaves_ipython_as_it_was_found(tmp_path):
    with Kernel(tmp_path) as kernel:
        kernel.run("%load_ext storemagic")  # what IPython itself loads with a first extension is not ours
        kernel.run(SNAPSHOT + "\nbefore = snapshot()")
        kernel.run("%load_ext ipy_llm")
        assert kernel.run("snapshot() == before").result == "False"
        kernel.run("%unload_ext ipy_llm")
        assert kernel.run("[key for key in before if snapshot()[key] != before[key]]").result == "[]"
        kernel.run("%load_ext ipy_llm")
        once = kernel.run("len(get_ipython().input_transformers_cleanup)").result
        kernel.run("%reload_ext ipy_llm")
        assert kernel.run("len(get_ipython().input_transformers_cleanup)").result == once
        kernel.run("%unload_ext ipy_llm")
        assert kernel.run("[key for key in before if snapshot()[key] != before[key]]").result == "[]"
