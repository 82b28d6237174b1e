"""What files define, in as many lines as a budget of tokens holds: all of it, or what matters most."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, islice

from ipy_llm.explore.contents import Contents, Definition
from ipy_llm.explore.index import Index
from ipy_llm.explore.rank import ordered
from ipy_llm.source.tokens import tokens

_FOLDERS = 6  # named in the line on what is left out
_BROKEN = 5  # files that cannot be read, named beside what matters

Chosen = Mapping[str, Collection[str]]  # of each file, the targets to show


@dataclass(frozen=True, slots=True)
class Overview:
    """Lines, the definitions they show by file, and how many they leave out."""

    lines: tuple[str, ...]
    shown: Mapping[str, tuple[Definition, ...]]
    left: int


def of_files(
    index: Index, files: Sequence[str], budget: int, *, folder: str = "", near: str = "", base: str = ""
) -> Overview:
    """Return an overview of several files in about `budget` tokens.

    With signatures and lines where all of them fit; else by names alone, those that matter most, grouped by
    folder. `folder`, with its slash, is the one that holds the files, `near` a file that is being edited,
    `base` what stands before names where another call is to know them.
    """
    sizes = {file: index.files[file].size for file in files}
    count = sum(sizes.values())
    if 5 * count < budget:  # a signature with its lines takes more
        every = {file: index.files[file].definitions for file in files}
        lines = [line for file in files for line in _in_full(file, index.files[file], every[file])]
        if _cost(lines) <= budget:
            return Overview(tuple(lines), every, 0)
    order, find = _ranked(index, files, near), _numbered(index)
    broken = set(islice((file for file in files if index.files[file].error), _BROKEN))

    def render(many: int) -> list[str]:
        chosen = _chosen(map(find, order[:many]))
        if many == count:
            chosen = defaultdict(set, {file: chosen[file] for file in files})
        lines = [*_by_folder(index, [file for file in files if file in chosen or file in broken], chosen)]
        if many < count:
            lines += _rest(sizes, chosen, folder, base, budget)
        return lines

    many = _most(count, budget, render)
    chosen = _chosen(map(find, order[:many]))
    shown = {file: tuple(_kept(index.files[file], chosen[file])) for file in files if chosen[file]}
    return Overview(tuple(render(many)), shown, count - sum(map(len, shown.values())))


def of_file(index: Callable[[], Index], name: str, found: Sequence[Definition], budget: int) -> Overview:
    """Return an overview of definitions of one file in about `budget` tokens, a line each.

    `index` is asked only where they do not all fit.
    """
    base = min((one.name.count(".") for one in found), default=0)
    lines = list(listing(found, base))
    if _cost(lines) <= budget:
        return Overview(tuple(lines), {name: tuple(found)}, 0)
    known = {one.target for one in found}
    there = index()
    every = map(_numbered(there), _ranked(there, [name]))
    order = [each for each in every if each[1].target in known]

    def render(many: int) -> list[str]:
        names = _chosen(order[:many])[name]
        kept = [one for one in found if one.name in names]
        left = len(found) - len(kept)
        more = f"... {left} more, +N inside: outline {name}::NAME, or --tokens {2 * budget}"
        return [*listing(kept, base, found), *([more] if left else [])]

    many = _most(len(order), budget, render)
    names = _chosen(order[:many])[name]
    kept = tuple(one for one in found if one.name in names)
    return Overview(tuple(render(many)), {name: kept}, len(found) - len(kept))


def listing(
    kept: Iterable[Definition], base: int = 0, every: Sequence[Definition] | None = None
) -> Iterator[str]:
    """Yield a line for each definition: its signature and lines, indented below its owner.

    Of `every`, what is not kept is counted on the line of its owner.
    """
    kept = list(kept)
    there = Counter(one.name.rpartition(".")[0] for one in every or kept)
    there.subtract(one.name.rpartition(".")[0] for one in kept)
    for one in kept:
        cell, colons, label = one.target.rpartition("::")
        twin = label[len(one.name) :].strip(".[]")
        lines = f"{one.first}" if one.first == one.last else f"{one.first}-{one.last}"
        more = f"  +{there[one.name]}" if there[one.name] else ""
        indent = "  " * (one.name.count(".") - base)
        yield f"{indent}{f'{cell} ' if colons else ''}{one.head}{f'  [{twin}]' if twin else ''}  {lines}{more}"


def _in_full(file: str, contents: Contents, found: Sequence[Definition]) -> Iterator[str]:
    broken = f"  ({contents.error})" if contents.error else ""
    lines = f"  {contents.lines} line{'s' * (contents.lines != 1)}" if contents.lines or not broken else ""
    yield f"{file}{lines}{broken}"
    yield from (f"  {line}" for line in listing(found))


def _by_folder(index: Index, files: Sequence[str], chosen: Chosen) -> Iterator[str]:
    """Yield `folder/` and below it `file.py: Cart(add, total), free` for each file."""
    folders: dict[str, list[str]] = {}
    for file in files:
        folder, slash, _ = file.rpartition("/")
        folders.setdefault(folder + slash, []).append(file)
    for folder, inside in folders.items():
        head = folder if len(inside) > 1 else ""
        if head:
            yield head
        for file in inside:
            contents = index.files[file]
            said = f"  ({contents.error})" if contents.error else ""
            names = _packed(_kept(contents, chosen[file])) if file in chosen else ""
            yield f"{'  ' if head else ''}{file.removeprefix(head)}{said}{f': {names}' if names else ''}"


def _packed(kept: Iterable[Definition]) -> str:
    """Return `Cart(add, total), free`."""
    said: list[str] = []
    depth = 0
    for position, name in enumerate(dict.fromkeys(one.name for one in kept)):
        level = name.count(".")
        said += [")" * (depth - level), "(" if level > depth else ", " if position else ""]
        said.append(name.rpartition(".")[2])
        depth = level
    return "".join((*said, ")" * depth))


def _rest(sizes: Mapping[str, int], chosen: Chosen, folder: str, base: str, budget: int) -> Iterator[str]:
    """Yield the line on what is left out, and how to ask for it."""
    left: Counter[str] = Counter()
    for file, size in sizes.items():
        part, slash, _ = file.removeprefix(folder).partition("/")
        left[folder + part if slash else file] += size - len(chosen.get(file, ()))
    hidden = sum(size > 0 and file not in chosen for file, size in sizes.items())
    where = ", ".join(f"{base}{name} ({count})" for name, count in left.most_common(_FOLDERS) if count)
    unnamed = f", {hidden} file{'s' * (hidden > 1)} unnamed" if hidden else ""
    yield f"... {sum(left.values())} more{unnamed}: outline {where}; or --tokens {2 * budget}"


def _ranked(index: Index, files: Sequence[str], near: str = "") -> Sequence[int]:
    """Return the numbers of the definitions of `files`, those that matter most first."""
    order = ordered(index.files, index.worth, near) if near in index.files else index.order
    if len(files) == len(index.files):
        return order
    wanted: set[int] = set()
    at, inside = 0, set(files)
    for file, contents in index.files.items():
        wanted.update(range(at, at + contents.size) if file in inside else ())
        at += contents.size
    return [number for number in order if number in wanted]


def _numbered(index: Index) -> Callable[[int], tuple[str, Definition]]:
    """Return what gives a definition by its number, with its file."""
    files = list(index.files.items())
    ends = list(accumulate(contents.size for _, contents in files))

    def find(number: int) -> tuple[str, Definition]:
        at = bisect_right(ends, number)
        file, contents = files[at]
        return file, contents.definitions[number - ends[at]]  # counted from the end, below zero

    return find


def _chosen(picked: Iterable[tuple[str, Definition]]) -> defaultdict[str, set[str]]:
    """Return the names to show of each file, owners with what they hold."""
    chosen: defaultdict[str, set[str]] = defaultdict(set)
    for file, entry in picked:
        name = entry.name
        while name and name not in chosen[file]:
            chosen[file].add(name)
            name = name.rpartition(".")[0]
    return chosen


def _kept(contents: Contents, names: Collection[str]) -> Iterator[Definition]:
    return (one for one in contents.definitions if one.name in names)


def _most(count: int, budget: int, render: Callable[[int], list[str]]) -> int:
    """Return how many of the first definitions can be shown within the budget, one at least.

    Nearly as many: what takes up 98 of 100 parts of the budget is enough.
    """
    low, high = min(1, count), count + 1  # what fits, and what does not
    at = min(count, budget // 5)
    while low < high - 1:
        at = min(max(at, low + 1), high - 1)
        cost = _cost(render(at))
        if cost <= budget:
            low = at
            if cost >= 0.98 * budget:
                break
        else:
            high = at
        guess = int(at * 0.99 * budget / cost)  # a name costs about what the others do
        at = guess if low < guess < high else (low + high) // 2
    return low


def _cost(lines: Iterable[str]) -> int:
    return tokens("\n".join(lines))
