"""Find the payload of a bundle and install it: once, whole or not at all, and only where that is safe."""

from __future__ import annotations

import contextlib
import os
import re
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from ipy_llm.bundle.target import BundleError, Target

MARK = ".complete"  # written last: a folder without it was never finished


class Package(NamedTuple):
    """A distribution inside the bundle, in the order in which they want each other."""

    name: str
    module: str
    version: str
    wanted_by: str  # whose bundled copy sets `accepts`; "" for ipy_llm itself
    accepts: str  # ">=0.8.7,<0.9.0"; "" accepts any


class Block(NamedTuple):
    """A compressed tar of the payload."""

    name: str
    sha256: str  # of the compressed bytes
    chars: int  # of base64; 0 when the block is the file NAME.xz beside the stub in a .zip
    unpacked: int  # bytes of the tar


class Manifest(NamedTuple):
    """What a bundle holds. `size` is that of the file in bytes, `id` names its payload."""

    version: str
    id: str
    size: int
    packages: tuple[Package, ...]
    targets: tuple[Target, ...]
    blocks: tuple[Block, ...]


def read_blocks(manifest: Manifest, own: str, loader: Any = None) -> dict[str, bytes]:
    """Return the compressed blocks from the file `own`, or from wherever that file can be found.

    Raise BundleError when it is cut short, damaged, or nowhere.
    """
    first = manifest.blocks[0]
    if not first.chars:
        beside = os.path.dirname(own)
        packed = {
            block.name: contents(os.path.join(beside, f"{block.name}.xz"), loader)
            for block in manifest.blocks
        }
    else:
        packed = _decoded(manifest, _own_bytes(manifest, own, loader))
    import hashlib  # noqa: PLC0415 - see `_unpack`

    for block in manifest.blocks:
        if hashlib.sha256(packed[block.name]).hexdigest() != block.sha256:
            raise BundleError(f"the bundle is damaged in its block '{block.name}': upload it again")
    return packed


def _own_bytes(manifest: Manifest, own: str, loader: Any) -> bytes:
    begin = marker(manifest, manifest.blocks[0].name)
    seen = b""
    for path in (own, *_elsewhere()):
        data = contents(path, loader if path == own else None)
        if begin in data:
            return data
        seen = seen or data
    if not seen:
        raise BundleError(
            "exec() hides where the bundle is; import it instead: "
            "import sys; sys.path.append(FOLDER); import ipy_llm_bundle"
        )
    raise _cut_short(manifest, seen)


def _decoded(manifest: Manifest, data: bytes) -> dict[str, bytes]:
    import binascii  # noqa: PLC0415 - see `_unpack`

    names = [block.name for block in manifest.blocks]
    begins = [data.find(marker(manifest, name)) for name in (*names, "end")]
    if -1 in begins:
        raise _cut_short(manifest, data)
    packed = {}
    for block, begin, end in zip(manifest.blocks, begins, begins[1:]):  # noqa: B905 - the end marker is one more
        text = data[begin + len(marker(manifest, block.name)) : end]
        # whatever an editor or a transfer did to line ends and margins is no matter
        text = text.translate(None, b"# \t\r\n")
        try:
            packed[block.name] = binascii.a2b_base64(text)
        except binascii.Error:
            packed[block.name] = b""
    return packed


def _cut_short(manifest: Manifest, data: bytes) -> BundleError:
    if len(data) >= manifest.size:
        return BundleError("the bundle has lost the lines that mark its payload: upload it again")
    return BundleError(
        f"the bundle is cut short: {len(data) / 1e6:.2f} of {manifest.size / 1e6:.2f} MB; upload it again"
    )


def marker(manifest: Manifest, name: str) -> bytes:
    """Return the comment above the block `name`, without its `#`; "end" is below the last."""
    return f"payload {manifest.id} {name} #".encode()


def _elsewhere() -> Iterator[str]:
    """Yield where the bundle may be when it was exec'd: a path in the calling line, or on sys.path."""
    import linecache  # noqa: PLC0415 - see `_unpack`

    frame = sys._getframe()  # noqa: SLF001 - the documented way to the caller
    while frame.f_back is not None:
        frame = frame.f_back
        line = linecache.getline(frame.f_code.co_filename, frame.f_lineno)
        yield from re.findall(r"""["']([^"']+\.py)["']""", line)
    for folder in (*sys.path, "/mnt/data"):
        yield os.path.join(folder or os.curdir, "ipy_llm_bundle.py")


def contents(path: str, loader: Any = None) -> bytes:
    """Return the bytes of a file, or what `loader` (of a zip) has at that path, or none."""
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        pass
    try:
        return bytes(loader.get_data(path)) if hasattr(loader, "get_data") else b""
    except OSError:
        return b""


def roots() -> Iterator[str]:
    """Yield the folders that may hold installed bundles, best first. None is created or looked at."""
    chosen = os.environ.get("IPY_LLM_BUNDLE_DIR")
    if chosen:
        yield os.path.abspath(chosen)
        return
    cache = os.environ.get("XDG_CACHE_HOME", "")
    if not os.path.isabs(cache):
        cache = os.path.join(os.path.expanduser("~"), ".cache")
    if os.path.isabs(cache):
        yield os.path.join(cache, "ipy_llm", "bundle")
    if os.path.isdir("/mnt/data"):
        yield "/mnt/data/.ipy_llm"
    import tempfile  # noqa: PLC0415 - 10 ms, and the last resort

    user = "" if sys.platform == "win32" else f"-{os.geteuid()}"
    yield os.path.join(tempfile.gettempdir(), f"ipy_llm{user}")


def is_installed(root: str, name: str) -> bool:
    """Say if the folder `name` in `root` is whole and nobody else can have put it there."""
    return os.path.exists(os.path.join(root, name, MARK)) and not _distrusted(root)


def _distrusted(root: str) -> str:
    """Say why code from `root` should not be run, or "": others could have put it there."""
    if sys.platform == "win32" or os.environ.get("IPY_LLM_BUNDLE_DIR"):
        return ""
    status = os.lstat(root)
    if status.st_uid not in {os.geteuid(), 0} or status.st_mode & 0o022:
        return "others can write there"
    return ""


def _unfit(root: str) -> str:
    """Say why nothing can be installed in `root`, or ""."""
    try:
        os.makedirs(root, mode=0o700, exist_ok=True)
        if not os.access(root, os.W_OK | os.X_OK):
            return "not writable"
        if sys.platform != "win32" and os.statvfs(root).f_flag & getattr(os, "ST_NOEXEC", 0):
            return "mounted noexec"
        return _distrusted(root)
    except OSError as error:
        return error.strerror or str(error)


def install(manifest: Manifest, target: Target, name: str, read: Callable[[], Mapping[str, bytes]]) -> str:
    """Return the folder, after installing into the first root that can take it."""
    refused = []
    for root in roots():
        reason = _unfit(root)
        if not reason:
            try:
                return _install_into(root, manifest, target, name, read)
            except OSError as error:
                reason = error.strerror or str(error)
        refused.append(f"{root} ({reason})")
    raise BundleError(
        f"nowhere to install: {', '.join(refused)}; set IPY_LLM_BUNDLE_DIR to a folder that can"
    )


def _install_into(
    root: str, manifest: Manifest, target: Target, name: str, read: Callable[[], Mapping[str, bytes]]
) -> str:
    import shutil  # noqa: PLC0415 - see `_unpack`
    import tempfile  # noqa: PLC0415 - see `_unpack`

    folder = os.path.join(root, name)
    with _lock(root) as held:
        if is_installed(root, name):
            return folder
        if held:
            # nobody else is installing: these are of one that was killed
            for left in listed(root):
                if left.startswith(".new-"):
                    shutil.rmtree(os.path.join(root, left), ignore_errors=True)
        began = time.monotonic()
        packed = read()
        new = tempfile.mkdtemp(prefix=".new-", dir=root)
        try:
            for block in manifest.blocks:
                _unpack(block, packed[block.name], new, target.key)
            with open(os.path.join(new, MARK), "w", encoding="utf-8") as mark:
                mark.write(manifest.id)
            shutil.rmtree(folder, ignore_errors=True)
            os.rename(new, folder)
        except OSError:
            if not is_installed(root, name):  # where there is no lock, another may have been first
                raise
        finally:
            shutil.rmtree(new, ignore_errors=True)  # gone, if all went well
        inside = ", ".join(f"{package.name} {package.version}" for package in manifest.packages)
        say(f"installed {inside} in {folder} ({time.monotonic() - began:.1f} s)")
    return folder


def _try_lock(file: int) -> bool | None:
    """Say if the lock was got; None if another has it; False if there are no locks here."""
    if sys.platform == "win32":
        return False
    import fcntl  # noqa: PLC0415 - not on Windows

    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return None
    except OSError:
        return False  # some network file systems have none; the rename is safe without
    return True


@contextlib.contextmanager
def _lock(root: str) -> Iterator[bool]:
    """Hold the lock of `root`; yield whether it is held. The system releases it when the process dies."""
    file = os.open(os.path.join(root, ".lock"), os.O_RDWR | os.O_CREAT, 0o600)
    until = time.monotonic() + 60
    try:
        while (held := _try_lock(file)) is None and time.monotonic() < until:
            time.sleep(0.02)
        yield bool(held)
    finally:
        os.close(file)


def _unpack(block: Block, packed: bytes, folder: str, key: str) -> None:
    """Write the regular files of a block: those in `any/` and in the folder `key`."""
    # imported here, like all that only installing needs: once installed, a start should not pay 15 ms for it
    import io  # noqa: PLC0415
    import tarfile  # noqa: PLC0415

    try:
        import lzma  # noqa: PLC0415
    except ImportError:
        raise BundleError(
            f"{sys.executable} was built without lzma, which unpacking needs: use another Python"
        ) from None
    raw = lzma.LZMADecompressor().decompress(packed, max_length=block.unpacked + 1)
    if len(raw) != block.unpacked:
        raise BundleError(f"the block '{block.name}' unpacks to another size than it should")
    made = set()
    with tarfile.open(fileobj=io.BytesIO(raw), mode="r:") as tar:
        for member in tar:
            parts = member.name.split("/")
            if (
                not member.isreg()
                or not {"", ".", ".."}.isdisjoint(parts)
                or re.search(r"[\\:]", member.name)
            ):
                raise BundleError(
                    f"the block '{block.name}' holds {member.name!r}, which is not safe to unpack"
                )
            if parts[0] not in {"any", key}:
                continue
            path = os.path.join(folder, *parts[1:])
            parent = os.path.dirname(path)
            if parent not in made:
                os.makedirs(parent, exist_ok=True)
                made.add(parent)
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
            with open(os.open(path, flags, 0o644), "wb") as file:
                file.write(raw[member.offset_data : member.offset_data + member.size])


def listed(folder: str) -> list[str]:
    """Return the names in a folder, sorted; none if it cannot be read."""
    try:
        return sorted(os.listdir(folder))
    except OSError:
        return []


def say(text: str) -> None:
    """Write a line to stderr, where there is one."""
    if sys.stderr is not None:
        sys.stderr.write(f"ipy_llm_bundle: {text}\n")
