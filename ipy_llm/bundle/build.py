"""Write the bundle: the stub, then the payload as two xz blocks, base64 in comment lines.

One block holds what is the same for every Python, the other what is not. Both are tars, sorted and without
times, so the same contents give the same bytes; $SOURCE_DATE_EPOCH is kept to.
"""

from __future__ import annotations

import ast
import base64
import hashlib
import importlib.util
import io
import lzma
import os
import re
import tarfile
import tempfile
import time
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ipy_llm.bundle.gather import NEEDED, Packed, fetched, floor, installed, needs, own
from ipy_llm.bundle.install import Block, Manifest, Package, marker
from ipy_llm.bundle.target import PLATFORMS, Target, host
from ipy_llm.errors import RequestError

_STUB = ("target", "install", "runtime")
_NATIVE = (".so", ".pyd", ".dylib")
_WIDTH = 120
_EPOCH = 315532800  # 1980: what a zip can say
_FOOT = """
MANIFEST = {manifest}
HERE = start(MANIFEST, globals())
status, verify, uninstall = HERE.status, HERE.verify, HERE.uninstall
load_ipython_extension, unload_ipython_extension = HERE.load, HERE.unload

# Inside: {inside}.
# Their licences are in NOTICES.txt and the .dist-info folders where they are installed.
"""
_ZIP_MAIN = 'import runpy\n\nrunpy.run_module("ipy_llm_bundle", run_name="__main__", alter_sys=True)\n'


@dataclass(frozen=True, slots=True)
class Content:
    """A distribution in the bundle: files and bytes when installed for one Python; how many were left out, by reason."""

    name: str
    version: str
    files: int
    size: int
    pruned: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Built:
    """What was written. `size` is in bytes; `notes` are what the person who built it should know."""

    path: Path
    size: int
    targets: tuple[str, ...]
    contents: tuple[Content, ...]
    notes: tuple[str, ...]


def build(output: Path, *, pythons: Sequence[str] = (), platform: str = "") -> Built:
    """Write a bundle for these Pythons ("3.11"; none means the running one) on `platform` ("" means this one).

    `output` ends in `.py`, or in `.zip` for the same as an archive. What is installed here is taken as it is;
    for other Pythons, wheels of the same versions are fetched. Raise RequestError for what cannot be built,
    MissingToolError or ToolError if the parts cannot be had.
    """
    if output.suffix not in {".py", ".zip"}:
        raise RequestError(
            f"{output} must end in .py or .zip", steps=("ipy-llm bundle -o ipy_llm_bundle.py",)
        )
    gathered = _gather(_targets(pythons, platform))
    packs = [own(), *next(iter(gathered.values()))]
    packages = _packages(packs)
    own_files = {f"any/{packs[0].name}/{path}": data for path, data in packs[0].files.items()}
    notices = {"any/NOTICES.txt": _notices(packs)}
    shared, single = _split(gathered)
    x86 = any(target.machine == "x86_64" for target in gathered)
    parts = {
        "any": _compressed(_tar({**own_files, **notices, **shared}), x86=False),
        "native": _compressed(_tar(single), x86=x86),
    }
    blocks = tuple(
        Block(name, hashlib.sha256(packed).hexdigest(), len(base64.b64encode(packed)), unpacked)
        for name, (packed, unpacked) in parts.items()
    )
    identity = hashlib.sha256(repr((packages, *gathered, *blocks)).encode()).hexdigest()[:10]
    manifest = Manifest(packs[0].version, identity, 0, packages, tuple(gathered), blocks)
    payload = {name: packed for name, (packed, _) in parts.items()}
    inside = ", ".join(f"{pack.name} {pack.version} ({pack.licence})" for pack in packs)
    _write(
        output,
        _zipped(manifest, payload, inside) if output.suffix == ".zip" else _text(manifest, payload, inside),
    )
    return Built(
        path=output,
        size=output.stat().st_size,
        targets=tuple(target.key for target in gathered),
        contents=tuple(
            Content(pack.name, pack.version, len(pack.files), pack.size, pack.pruned) for pack in packs
        ),
        notes=tuple(_notes(output, packs, gathered)),
    )


def stub() -> str:
    """Return the top of a bundle: the modules it is made of, joined into one without imports of each other."""
    plain: set[str] = set()
    named: dict[str, set[str]] = {}
    bodies, doc = [], ""
    for name in _STUB:
        spec = importlib.util.find_spec(f"ipy_llm.bundle.{name}")
        assert spec is not None
        assert spec.origin is not None
        source = Path(spec.origin).read_text(encoding="utf-8")
        tree = ast.parse(source)
        doc = ast.get_docstring(tree, clean=False) or ""
        last = 0
        for node in tree.body:
            if isinstance(node, ast.Import):
                plain.add(ast.unparse(node))
            elif isinstance(node, ast.ImportFrom):
                named.setdefault(node.module or "", set()).update(alias.name for alias in node.names)
            elif not isinstance(node, ast.Expr):
                break
            last = node.end_lineno or 0
        bodies.append("\n".join(source.split("\n")[last:]).strip("\n"))
    chosen = sorted(module for module in named if not module.startswith(("ipy_llm", "__future__")))
    imports = [
        *sorted(plain),
        *(f"from {module} import {', '.join(sorted(named[module]))}" for module in chosen),
    ]
    head = [f'"""{doc}"""', "", "from __future__ import annotations", "", *imports, "", ""]
    return "\n".join(head) + "\n\n\n".join(bodies) + "\n"


def _targets(pythons: Sequence[str], platform: str) -> list[Target]:
    here = host()
    platform = platform or here.platform
    targets = []
    for python in dict.fromkeys(pythons or (here.python,)):
        if python == here.python and platform == here.platform:
            targets.append(here)
            continue
        if platform not in PLATFORMS:
            raise RequestError(f"no bundles for {platform}", steps=(f"--platform {' | '.join(PLATFORMS)}",))
        if not re.fullmatch(r"3\.[1-9][0-9]", python):
            raise RequestError(f"no bundles for Python {python!r}", steps=("--python 3.11 (3.10 or newer)",))
        system, _, machine = platform.partition("-")
        targets.append(
            Target("cpython", python, system, machine, "glibc" if system == "linux" else "", (2, 28))
        )
    return targets


def _gather(targets: Sequence[Target]) -> dict[Target, tuple[Packed, ...]]:
    """Return the needed distributions for each target, whose libc version becomes the oldest that will do."""
    gathered = {}
    versions: dict[str, str] = {}
    for target in targets:
        if target == host():
            packs = tuple(map(installed, NEEDED))
        else:
            versions = versions or {name: installed(name).version for name in NEEDED}
            with tempfile.TemporaryDirectory() as folder:
                packs = fetched(target, versions, Path(folder))
        libc_version = floor(packs, target.libc_version) if target.libc == "glibc" else ()
        gathered[target._replace(libc_version=libc_version)] = packs
    return gathered


def _split(gathered: Mapping[Target, Sequence[Packed]]) -> tuple[dict[str, bytes], dict[str, bytes]]:
    """Return the files that are the same for all targets, and those that are not or are native, by target."""
    flat = {
        target: {f"{pack.name}/{path}": data for pack in packs for path, data in pack.files.items()}
        for target, packs in gathered.items()
    }
    first = next(iter(flat.values()))
    same = {
        path
        for path, data in first.items()
        if not path.endswith(_NATIVE) and all(files.get(path) == data for files in flat.values())
    }
    shared = {f"any/{path}": first[path] for path in same}
    single = {
        f"{target.key}/{path}": data
        for target, files in flat.items()
        for path, data in files.items()
        if path not in same
    }
    return shared, single


def _packages(packs: Sequence[Packed]) -> tuple[Package, ...]:
    packages = [Package(packs[0].name, packs[0].name, packs[0].version, "", f"=={packs[0].version}")]
    for index, pack in enumerate(packs[1:], 1):
        wanted = [(by.name, needs(text)) for by in packs[:index] for text in by.requires]
        by, clauses = next(
            ((by, clauses) for by, (name, clauses) in wanted if name == pack.name), (packs[0].name, "")
        )
        packages.append(Package(pack.name, pack.name, pack.version, by, clauses))
    return tuple(packages)


def _notices(packs: Sequence[Packed]) -> bytes:
    lines = ["What this bundle carries, and under which licence; the texts stand in the folders named.", ""]
    for pack in packs:
        texts = [path for path in pack.files if re.search(r"(^|/)(LICEN[CS]E|COPYING|AUTHORS)", path)]
        lines.append(f"{pack.name} {pack.version}: {pack.licence}")
        lines += [f"  {pack.name}/{path}" for path in texts]
        lines += [f"  left out: {count} files, {reason}" for reason, count in pack.pruned.items()]
    return "\n".join([*lines, ""]).encode()


def _notes(output: Path, packs: Sequence[Packed], gathered: Mapping[Target, Sequence[Packed]]) -> list[str]:
    inside = {needs(pack.name)[0] for pack in packs}
    missing = {
        name: pack.name for pack in packs for name, _ in map(needs, pack.requires) if name not in inside
    }
    notes = []
    if missing:
        named = ", ".join(f"{name} ({by})" for name, by in missing.items())
        notes.append(f"not inside, used where the environment has them: {named}")
    for target, others in gathered.items():
        if target.libc_version:
            oldest = ".".join(map(str, target.libc_version))
            notes.append(f"{target.key} needs glibc {oldest} or newer")
        notes += [
            f"{pack.name} for {target.key} differs from its wheel in {', '.join(pack.altered[:3])}"
            for pack in others
            if pack.altered
        ]
    if output.suffix == ".py" and not output.stem.isidentifier():
        notes.append(f"{output.name} cannot be imported by that name: rename it to ipy_llm_bundle.py")
    return notes


def _tar(files: Mapping[str, bytes]) -> bytes:
    # by path without the target, so that the same library of several Pythons lies together and compresses
    ordered = sorted(files, key=lambda path: (path.partition("/")[2], path))
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for path in ordered:
            member = tarfile.TarInfo(path)
            member.size, member.mode, member.mtime = len(files[path]), 0o644, _epoch()
            tar.addfile(member, io.BytesIO(files[path]))
    return out.getvalue()


def _compressed(raw: bytes, *, x86: bool) -> tuple[bytes, int]:
    # a dictionary no larger than the data: the reader has to allocate all of it
    size = min(64 << 20, max(4096, 1 << (len(raw) - 1).bit_length()))
    filters: list[dict[str, int]] = [{"id": lzma.FILTER_LZMA2, "preset": 9, "dict_size": size}]
    if x86:
        filters.insert(0, {"id": lzma.FILTER_X86})
    return lzma.compress(raw, filters=filters), len(raw)


def _foot(manifest: Manifest, inside: str) -> str:
    # a line for each item: Python shows the line that fails, and a model pays for it
    lines = ["Manifest("]
    for field, value in manifest._asdict().items():
        if isinstance(value, tuple):
            lines += [f"    {field}=(", *(f"        {item!r}," for item in value), "    ),"]
        else:
            lines.append(f"    {field}={value!r},")
    return _FOOT.format(manifest="\n".join([*lines, ")"]), inside=inside)


def _text(manifest: Manifest, payload: Mapping[str, bytes], inside: str) -> bytes:
    tail = []
    for name, packed in payload.items():
        text = base64.b64encode(packed)
        tail.append(b"# " + marker(manifest, name))
        tail += [b"#" + text[begin : begin + _WIDTH] for begin in range(0, len(text), _WIDTH)]
    tail.append(b"# " + marker(manifest, "end"))
    end = b"\n".join([*tail, b""])
    size, data = 0, b""
    while len(data) != size or not data:  # the size stands in what it is the size of
        size = len(data)
        head = stub() + _foot(manifest._replace(size=size), inside)
        data = head.encode() + end
    return data


def _zipped(manifest: Manifest, payload: Mapping[str, bytes], inside: str) -> bytes:
    manifest = manifest._replace(blocks=tuple(block._replace(chars=0) for block in manifest.blocks))
    files = {
        "__main__.py": _ZIP_MAIN.encode(),
        "ipy_llm_bundle.py": (stub() + _foot(manifest, inside)).encode(),
        **{f"{name}.xz": packed for name, packed in payload.items()},
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in files.items():
            member = zipfile.ZipInfo(name, time.gmtime(_epoch())[:6])
            member.external_attr = 0o100644 << 16
            member.create_system = 3  # the same bytes on every system
            how = zipfile.ZIP_DEFLATED if name.endswith(".py") else zipfile.ZIP_STORED
            archive.writestr(member, data, compress_type=how)
    return out.getvalue()


def _epoch() -> int:
    return int(os.environ.get("SOURCE_DATE_EPOCH", _EPOCH))


def _write(output: Path, data: bytes) -> None:
    output.parent.mkdir(parents=True, exist_ok=True)
    new = output.with_name(f".{output.name}.new")
    new.write_bytes(data)
    new.chmod(0o644)
    new.replace(output)
