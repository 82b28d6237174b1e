"""What to do about messages that name the fault and not the remedy. A table: the message, and a line."""

from __future__ import annotations

import re

_ADVICE = tuple(
    (re.compile(pattern), said)
    for pattern, said in (
        (r"changed size during iteration|changed during iteration", "iterate over a copy: list(d), list(d.items())"),
        (
            r"asyncio\.run\(\) cannot be called|event loop is already running|Cannot run the event loop while",
            "a loop runs in this session already: write `await {argument}`",
        ),
        (
            r"truth value of an? (?:array|Series|DataFrame|Index)",
            "compare elementwise with &, |, ~ and parentheses, or reduce by .any() or .all()",
        ),
        (r"I/O operation on closed file", "it was closed, as at the end of its `with` block: use it inside, or open it again"),
        (r"unhashable type: 'list'", "a tuple can be a key: tuple(x)"),
        (r"unhashable type: '(?:dict|set)'", "a key cannot change: frozenset(x), tuple(sorted(x.items()))"),
        (r"'tuple' object does not support item (?:assignment|deletion)", "a tuple stays as it is: make a list of it with list(x)"),
        (r"'str' object does not support item assignment", "text stays as it is: text[:i] + new + text[i + 1:], or replace()"),
        (r"not JSON serializable|not serializable", "json.dumps(…, default=str), or convert it first: list(x), x.isoformat(), int(x)"),
        (r"'async for' requires an object with __aiter__", "what is no async iterator takes a plain `for`, without async"),
        (r"asynchronous context manager|'async with' requires", "use a plain `with`, without async"),
        (r"does not support the context manager protocol", "use `async with`, or close it by hand"),
        (r"Invalid isoformat string", "ISO dates are YYYY-MM-DD; others: datetime.strptime(text, format)"),
        (r"the JSON object must be str", "json.load reads files, json.loads text"),
        (r"object has no attribute 'read'$", "json.load reads files; text: json.loads"),
        (r"a bytes-like object is required, not 'str'", "encode() the text, or open the file for text: 'w', not 'wb'"),
        (r"write\(\) argument must be str, not bytes", "decode() the bytes, or open the file with 'wb'"),
        (r"'set' object is not subscriptable", "a set has no order: list(x) or sorted(x)"),
        (r"Not an executable object", "wrap the text: sqlalchemy.text(…)"),
        (r"Population must be a sequence", "list(x) or sorted(x) first"),
        (r"non-default argument .* follows default argument", "fields without default come first, or dataclass(kw_only=True)"),
        (r"mutable default .* use default_factory", "field(default_factory=list)"),
        (r"attempted relative import with no known parent", "a relative import works within an imported package: import it by its full name"),
        (r"only (?:length-1|0-dimensional|integer scalar) arrays can be converted", "math takes one number: the numpy function of that name takes arrays"),
        (r"setting an array element with a sequence", "the rows have different lengths"),
        (r"\.dt accessor with datetimelike", "the column is text: pandas.to_datetime(column) first"),
        (r"\.str accessor with string", "the column is no text: column.astype(str) first"),
        (r"all scalar values, you must pass an index", "give lists, or DataFrame([row])"),
        (r"mask with non-boolean array containing NA", ".str.contains(…, na=False)"),
        (r"different number of (?:dimensions|axes)", "compare the shapes"),
        (r"daemonic processes are not allowed", "a pool's workers start no processes of their own"),
        (r"cannot pickle .*(?:lambda|local object)", "pickle takes functions at the top level of a module"),
        (r"signal only works in main thread", "call it in the main thread"),
        (r"There is no current event loop", "asyncio.run(main()), or await in an async function"),
        (r"Cannot send a request, as the client has been closed", "use the client inside its `with` block, or make another"),
        (r"takes no keyword arguments", "give its arguments by place"),
        (r"unsupported operand .*'(?:decimal\.)?Decimal' and 'float'|unsupported operand .*'float' and '(?:decimal\.)?Decimal'", "make both Decimal: Decimal(str(x))"),
        (r"'\w*Path' and 'str'|'str' and '\w*Path'", 'paths are joined with path / "name"'),
        (r"generator' object is not subscriptable|'(?:map|filter|zip|dict_keys|dict_values|dict_items)' object is not subscriptable", "list(x)[i]"),
        (r"object is not reversible", "reversed(list(x))"),
    )
)  # fmt: skip


def advice(message: str, argument: str = "") -> str:
    """Return what to do about a message, "" for nothing known; `argument` is what the failing call was given."""
    for pattern, said in _ADVICE:
        if pattern.search(message):
            return said.replace("{argument}", argument or "it")
    return ""
