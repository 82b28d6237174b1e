"""Is every test that an edit breaks among those chosen, and are few others? Over seeded mutations of real packages.

    python tests/benchmarks/affected.py FOLDER --source PACKAGE --tests TESTS [--count 100] [--seed 1] [--out FILE]

FOLDER is a project with a suite whose Python has pytest and pytest-cov. Each mutation changes one thing in PACKAGE or
TESTS, folders in it: of each kind as many, where there are that many, and the rest in the bodies of functions. Then all tests
run, and, from the records of a run before it, those chosen. Results are appended to FILE, a line of JSON each; those
that are there are not made again. Times are of the processor: the machine is shared.
"""

from __future__ import annotations

import argparse
import ast
import json
import random
import resource
import shutil
import statistics
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from ipy_llm.checks.affected import choose
from ipy_llm.checks.interpreter import project_environment, project_interpreter
from ipy_llm.checks.records import Records
from ipy_llm.checks.retest import affected_tests, all_tests
from ipy_llm.checks.state import State
from ipy_llm.checks.tests import Plan, run_tests

TIMEOUT = 40.0  # for a run that takes seconds


@dataclass(frozen=True, slots=True)
class Mutation:
    path: str
    start: int  # offsets in the file's UTF-8 text
    end: int
    new: str
    function: str  # qualified name, empty outside of any
    lines: tuple[int, int]  # of the function's body
    kind: str = "body"


SWAPPED = {
    ast.Lt: "<=", ast.LtE: "<", ast.Gt: ">=", ast.GtE: ">", ast.Eq: "!=", ast.NotEq: "==", ast.Is: "is not",
    ast.IsNot: "is", ast.In: "not in", ast.NotIn: "in",
}  # fmt: skip


def mutations(root: Path, source: Path, tests: Path) -> dict[str, list[Mutation]]:
    """Return what can be changed, by its kind."""
    found: dict[str, list[Mutation]] = {}
    for file in sorted({*source.rglob("*"), *tests.rglob("*")}):
        path = file.relative_to(root).as_posix()
        if not file.is_file() or "__pycache__" in path or ".venv" in path:
            continue
        text = file.read_bytes()
        if not path.endswith(".py"):
            if text:
                half = len(text) // 2
                found.setdefault("data", []).append(Mutation(path, half, half + 1, "", "", (1, 1), "data"))
            continue
        tested = file.is_relative_to(tests)
        try:
            tree = ast.parse(text)
        except SyntaxError:
            continue
        for one in [*_of(tree, text, path, "", (1, 1)), *_others(tree, text, path)]:
            kind = _kind(tree, one, text, tested=tested)
            found.setdefault(kind, []).append(replace(one, kind=kind))
    return found


def _others(tree: ast.Module, text: bytes, path: str) -> Iterator[Mutation]:
    """Yield decorators and re-exports left out, and what doctests expect changed."""
    starts = [0]
    for line in text.split(b"\n"):
        starts.append(starts[-1] + len(line) + 1)
    for node in ast.walk(tree):
        for one in getattr(node, "decorator_list", ()):
            yield Mutation(path, starts[one.lineno - 1], starts[one.end_lineno], "", "", (1, 1), "decorator")
        if path.endswith("__init__.py") and isinstance(node, ast.ImportFrom) and len(node.names) > 1:
            for alias in node.names[1:]:
                if alias.lineno > node.lineno:
                    start = starts[alias.lineno - 1] + alias.col_offset
                    end = text.find(b",", starts[alias.end_lineno - 1] + alias.end_col_offset)
                    yield Mutation(path, start, end + 1, "", "", (1, 1), "re-export")
    at = text.find(b">>> ")
    while at >= 0:
        end = text.find(b"\n", at)
        if text[end:].lstrip()[:3] not in (b">>>", b"..."):
            yield Mutation(path, end, end, " + 1", "", (1, 1), "doctest")
        at = text.find(b">>> ", end)


def _kind(tree: ast.Module, one: Mutation, text: bytes, *, tested: bool) -> str:
    """Return what a mutation changes."""
    if one.kind in ("re-export", "doctest") or (one.kind == "decorator" and not tested):
        return one.kind
    line = text[: one.start].count(b"\n") + 1
    inside = [
        node
        for node in ast.walk(tree)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))
        and min([node.lineno, *(deco.lineno for deco in node.decorator_list)])
        <= line
        <= (node.end_lineno or 0)
    ]
    functions = [node for node in inside if not isinstance(node, ast.ClassDef)]
    if tested:
        decorators = [ast.unparse(deco) for node in functions for deco in node.decorator_list]
        if any("fixture" in deco for deco in decorators):
            return "fixture"
        if not one.function and any("parametrize" in deco for deco in decorators):
            return "parameter"
        return "test" if one.function else "test module"
    if one.function:
        return "body"
    if functions:
        return "header"
    return "class level" if inside else "constant"


def _of(node: ast.AST, text: bytes, path: str, function: str, lines: tuple[int, int]) -> Iterator[Mutation]:
    starts = [0]
    for line in text.split(b"\n"):
        starts.append(starts[-1] + len(line) + 1)

    def at(node, new):
        start = starts[node.lineno - 1] + node.col_offset
        return Mutation(path, start, starts[node.end_lineno - 1] + node.end_col_offset, new, function, lines)

    for child in ast.iter_child_nodes(node):
        inner, span = function, lines
        if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef)):
            name = f"{function}.{child.name}".lstrip(".")
            for part in [*child.decorator_list, child.args]:
                yield from _of(part, text, path, function, lines)
            for statement in child.body[ast.get_docstring(child) is not None :]:
                holder = ast.Module([statement], [])
                yield from _of(holder, text, path, name, (child.body[0].lineno, child.end_lineno))
            continue
        match child:
            case ast.Expr(value=ast.Constant(value=str())):
                continue
            case ast.ClassDef():
                inner = f"{function}.{child.name}".lstrip(".")
                span = lines
            case ast.arguments() | ast.AnnAssign():
                if isinstance(child, ast.AnnAssign) and child.value is not None:
                    yield from _of(ast.Expression(child.value), text, path, function, lines)
                continue
            case ast.Constant(value=bool(value)):
                yield at(child, str(not value))
            case ast.Constant(value=int(value)):
                yield at(child, str(value + 1))
            case ast.Constant(value=str(value)) if value and not isinstance(node, ast.JoinedStr):
                yield at(child, repr(value + "x"))
            case ast.Constant(value=bytes(value)) if value:
                yield at(child, repr(value + b"x"))
            case ast.Compare(ops=[op], left=left, comparators=[right]):
                start = starts[left.end_lineno - 1] + left.end_col_offset
                end = starts[right.lineno - 1] + right.col_offset
                if (
                    left.end_lineno == right.lineno
                    and b"(" not in text[start:end]
                    and b")" not in text[start:end]
                ):
                    yield Mutation(path, start, end, f" {SWAPPED[type(op)]} ", function, lines)
            case ast.Return(value=ast.expr() as value):
                yield at(value, "None")
            case ast.If(test=test) | ast.While(test=test):
                segment = ast.get_source_segment(text.decode(), test)
                if segment:
                    yield at(test, f"(not ({segment}))")
            case ast.Assign() | ast.AugAssign() | ast.Raise() | ast.Expr(value=ast.Call()) if function:
                yield at(child, "pass")
        is_class = isinstance(child, ast.ClassDef)
        if is_class:
            for statement in child.body:
                yield from _of(ast.Module([statement], []), text, path, inner, span)
        else:
            yield from _of(child, text, path, inner, span)


def drawn(found: dict[str, list[Mutation]], count: int, seed: int) -> list[Mutation]:
    """Return so many, half of them bodies of functions where there are other kinds enough."""
    random_ = random.Random(seed)
    for some in found.values():
        random_.shuffle(some)
    others = [kind for kind in sorted(found) if kind != "body"]
    chosen: list[Mutation] = []
    for number in range(max(map(len, found.values()))):
        chosen += [found[kind][number] for kind in others if number < len(found[kind])]
    chosen = chosen[: count // 2]
    chosen += found["body"][: count - len(chosen)]
    random_.shuffle(chosen)
    return chosen


def covered(
    root: Path, python: Path, env: dict[str, str], sources: list[str]
) -> dict[str, dict[int, set[str]]]:
    """Return, by file and line, the tests that execute it: coverage's contexts, of a run of its own."""
    with tempfile.TemporaryDirectory() as folder:
        env = {**env, "COVERAGE_FILE": f"{folder}/data"}
        pytest = [
            python,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            *(f"--cov={source}" for source in sources),
            "--cov-context=test",
        ]
        subprocess.run([*pytest, "--cov-report="], cwd=root, env=env, check=False, capture_output=True)
        told = [python, "-m", "coverage", "json", "--show-contexts", "-q", "-o", f"{folder}/told.json"]
        subprocess.run(told, cwd=root, env=env, check=True, capture_output=True)
        files = json.loads(Path(f"{folder}/told.json").read_text())["files"]
    return {
        path: {
            int(line): {context.partition("|")[0] for context in contexts if context}
            for line, contexts in of["contexts"].items()
        }
        for path, of in files.items()
    }


def cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    own = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime + own.ru_utime + own.ru_stime


def one(
    root: Path, python: Path, cache: Path, mutation: Mutation, *, lines, passing: set[str]
) -> dict[str, object]:
    file = root / mutation.path
    before = file.read_bytes()
    after = before[: mutation.start] + mutation.new.encode() + before[mutation.end :]
    changed = {mutation.path: before}
    file.write_bytes(after)
    try:
        began = cpu()
        full, _ = run_tests(root, python, cache / "full", Plan(trace=False), timeout=TIMEOUT)
        whole = cpu() - began
        if full.outcome not in ("clean", "failed"):
            return {"mutation": asdict(mutation), "full": full.outcome}  # a loop without an end, mostly
        copy = Path(shutil.copytree(cache / "kept", cache / "copy"))
        with closing(Records(copy)) as records:
            now, then = State(root, records.divide), State(root, records.divide, changed)
            choice = choose(records, then, now, frozenset(changed), python)
        began = cpu()
        told = affected_tests(root, python, copy, changed, timeout=TIMEOUT)
        part = cpu() - began
        again = None
        if any(found.test in passing and found.test not in choice.wanted for found in full.diagnostics):
            again, _ = run_tests(root, python, cache / "full", Plan(trace=False), timeout=TIMEOUT)
    finally:
        file.write_bytes(before)
        shutil.rmtree(cache / "copy", ignore_errors=True)
    failing = {found.test for found in full.diagnostics}
    if again is not None:
        failing &= {found.test for found in again.diagnostics}  # the others fail by chance
    broken = {test for test in passing if test in failing or (test.partition("::")[0] in failing)}
    first, last = mutation.lines
    ran = set()
    if mutation.function:
        ran = {
            test
            for line, tests in lines.get(mutation.path, {}).items()
            if first <= line <= last
            for test in tests
        }
    # a file that does not load is told as itself
    said = {found.test for found in told.diagnostics}
    return {
        "mutation": asdict(mutation),
        "full": full.outcome,
        "told": told.outcome,
        "note": told.note,
        "broken": len(broken),
        "missed": sorted(test for test in broken if test not in choice.wanted),
        "untold": sorted(test for test in broken if test not in said and test.partition("::")[0] not in said),
        "chosen": len(choice.wanted),
        "covering": len(ran & passing),
        "wide": choice.wide,
        "tests": len(passing),
        "whole": round(whole, 3),
        "part": round(part, 3),
    }


def summary(results: list[dict]) -> None:
    through = [one for one in results if one["full"] in ("clean", "failed")]
    breaking = [one for one in through if one["broken"]]
    print(f"{len(results)} mutations, {len(through)} with a full run to its end, {len(breaking)} break tests")
    print(f"tests broken {sum(one['broken'] for one in through)}, not chosen "
          f"{sum(len(one['missed']) for one in through)}, chosen but not told {sum(len(one['untold']) for one in through)}")  # fmt: skip
    narrow = [one for one in through if not one["wide"] and one["covering"]]
    ratios = [one["chosen"] / one["covering"] for one in narrow]
    if ratios:
        print(f"{len(narrow)} by what runs: chosen / covering median {statistics.median(ratios):.2f}, "
              f"max {max(ratios):.2f}, within 1.2: {sum(r <= 1.2 for r in ratios)}")  # fmt: skip
    wide = [one for one in through if one["wide"]]
    if wide:
        print(f"{len(wide)} by imports too: chosen / all median "
              f"{statistics.median(one['chosen'] / one['tests'] for one in wide):.2f}")  # fmt: skip
    print(f"{sum(not one['wide'] and not one['covering'] for one in through)} that no test runs")
    for kind in sorted({one["mutation"]["kind"] for one in through}):
        some = [one for one in through if one["mutation"]["kind"] == kind]
        broken, chosen, tests = (sum(one[key] for one in some) for key in ("broken", "chosen", "tests"))
        print(f"  {kind}: {len(some)} mutations, {broken} tests broken, {sum(len(one['missed']) for one in some)} not "
              f"chosen, {sum(len(one['untold']) for one in some)} not told, chosen / all {chosen / tests:.2f}")  # fmt: skip
    for name, some in (("by what runs", narrow), ("by imports too", wide), ("all", through)):
        if some:
            print(
                f"time against all tests, {name}: median {statistics.median(one['part'] / one['whole'] for one in some):.2f}"
            )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--source", required=True)
    parser.add_argument("--tests", required=True)
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    root = options.folder.resolve()
    out = options.out or Path(f"affected-{root.name}-{options.seed}.jsonl")
    python = project_interpreter(root)
    env = project_environment(python)
    all_of = mutations(root, root / options.source, root / options.tests)
    results = [json.loads(line) for line in out.read_text().splitlines()] if out.exists() else []
    with tempfile.TemporaryDirectory() as folder:
        cache = Path(folder)
        first = all_tests(root, python, cache / "kept", timeout=1200)
        passing = {test for test in first.passed if "::" in test}
        again, _ = run_tests(root, python, cache / "full", Plan(trace=False), timeout=1200)
        passing &= set(again.passed)
        print(
            f"{root.name}: {len(passing)} tests pass, { {kind: len(some) for kind, some in all_of.items()} }"
        )
        lines = covered(root, python, env, [options.source, options.tests])
        with out.open("a") as file:
            for mutation in drawn(all_of, options.count, options.seed)[len(results) :]:
                results.append(one(root, python, cache, mutation, lines=lines, passing=passing))
                file.write(json.dumps(results[-1]) + "\n")
                file.flush()
    summary(results)


if __name__ == "__main__":
    main()
