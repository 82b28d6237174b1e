"""The real signature and first doc line of something that can be called, read but never run."""

from __future__ import annotations

import functools
import types
from dataclasses import dataclass

from ipy_llm.explore.prose import bounded, opening
from ipy_llm.explore.signature import Signature, maker, signature_of, unwrap
from ipy_llm.explore.stored import (
    BUILT_IN,
    class_attribute,
    docstring,
    exactly,
    home,
    is_a,
    qualname,
    short,
)

_MOST_PARTIALS = 10
TYPED_LIMIT = 160  # characters; a longer signature is told without its types
SIGNATURE_LIMIT = 280  # pandas.read_csv has 1,500
DOC_LIMIT = 160


@dataclass(frozen=True, slots=True)
class Described:
    """A callable in words. `names` are its parameters, where they are known one by one."""

    name: str
    parameters: str  # "(self, *, width=None)", with types where they are short; "" when not known
    doc: str
    names: tuple[str, ...] = ()
    refused_as: str = ""  # what Python calls it in a TypeError, "" where it has no fixed rule

    @property
    def key(self) -> str:
        """What makes it the same thing another time."""
        return f"{self.name}{self.parameters}"

    def line(self, *, with_doc: bool = True) -> str:
        """Return `name(parameters) - doc`, each part within its limit."""
        text = bounded(f"{self.name}{self.parameters}", SIGNATURE_LIMIT)
        return f"{text} - {self.doc}" if with_doc and self.doc else text


def describe(value: object) -> Described | None:
    """Describe something that can be called; None where nothing is known of it for certain."""
    value = _called(value)
    if is_a(value, type):
        return _class(value)
    if exactly(value, types.FunctionType):
        return _function(value, signature_of(value))
    if exactly(value, *BUILT_IN):
        return _built_in(short(home(value)[1]), signature_of(value), docstring(value))
    call = unwrap(class_attribute(type(value), "__call__"))
    return _function(call, signature_of(call)) if type(call) is types.FunctionType else None


def _called(value: object) -> object:
    """Return what a call comes to at last, through partials and wrappers: its signature is the whole one."""
    for _ in range(_MOST_PARTIALS):
        value = unwrap(value)
        if type(value) is not functools.partial:
            break
        value = value.func
    return value


def _function(function: types.FunctionType, signature: Signature | None) -> Described | None:
    name = short(home(function)[1])
    return _described(name, signature, docstring(function), name) if signature is not None else None


def _class(cls: type) -> Described | None:
    function, signature = maker(cls), signature_of(cls)
    if function is None or signature is None:
        return _built_in(qualname(cls), signature, docstring(cls))
    doc = docstring(cls) or docstring(function)
    return _described(qualname(cls), signature, doc, short(home(function)[1]))


def _described(name: str, signature: Signature, doc: str, refused_as: str = "") -> Described:
    text = signature.text()
    if len(name) + len(text) > TYPED_LIMIT:
        text = signature.text(hints=False)
    return Described(name, text, opening(doc, limit=DOC_LIMIT), signature.names, refused_as)


def _built_in(name: str, signature: Signature | None, doc: str) -> Described | None:
    if signature is not None:
        return _described(name, signature, doc)
    # without a signature for machines, the first doc line is one for people: `max(iterable, *[, ...]) -> value`
    first = next((line.strip() for line in doc.split("\n") if line.strip()), "")
    if f"{name.rpartition('.')[2]}(" in first:
        return Described("", bounded(first, DOC_LIMIT), "")
    return Described(name, "(…)", opening(doc, limit=DOC_LIMIT)) if first else None
