from __future__ import annotations

import hashlib
import io
import lzma
import tarfile

import pytest

from ipy_llm.bundle import install
from ipy_llm.bundle.install import Block, Manifest
from ipy_llm.bundle.target import BundleError, host


def _block(*members: tarfile.TarInfo | str, unpacked: int = 0) -> tuple[Block, bytes]:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for member in members:
            tar.addfile(tarfile.TarInfo(member) if isinstance(member, str) else member)
    packed = lzma.compress(out.getvalue())
    return Block("any", hashlib.sha256(packed).hexdigest(), 1, unpacked or len(out.getvalue())), packed


def _install(root, block, packed, monkeypatch):
    monkeypatch.setenv("IPY_LLM_BUNDLE_DIR", str(root))
    manifest = Manifest("1.0", "cafe", 0, (), (host(),), (block,))
    return install.install(manifest, host(), "it", lambda: {"any": packed})


def test_files_for_this_target_and_for_any_are_written_and_others_not(tmp_path, monkeypatch):
    folder = tmp_path / "it"
    block, packed = _block("any/a/b.py", f"{host().key}/a/c.so", "3.9-amiga-68k/a/d.so")
    assert _install(tmp_path, block, packed, monkeypatch) == str(folder)
    assert {path.name for path in (folder / "a").iterdir()} == {"b.py", "c.so"}


@pytest.mark.parametrize(
    "name", ["any/../../evil", "any//evil", "/etc/evil", "any/./evil", r"any/..\evil", "any/c:evil"]
)
def test_a_path_that_leads_elsewhere_is_refused_and_nothing_is_left(name, tmp_path, monkeypatch):
    block, packed = _block("any/good", name)
    with pytest.raises(BundleError, match="not safe to unpack"):
        _install(tmp_path / "root", block, packed, monkeypatch)
    assert [path.name for path in tmp_path.rglob("*")] == ["root", ".lock"]


def test_a_link_is_refused(tmp_path, monkeypatch):
    link = tarfile.TarInfo("any/link")
    link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
    block, packed = _block(link)
    with pytest.raises(BundleError, match="not safe"):
        _install(tmp_path, block, packed, monkeypatch)


def test_a_path_that_stands_twice_is_not_written_over(tmp_path, monkeypatch):
    block, packed = _block("any/twice", "any/twice")
    with pytest.raises(BundleError, match=r"nowhere to install: .*File exists"):
        _install(tmp_path, block, packed, monkeypatch)


def test_more_than_was_announced_is_not_unpacked(tmp_path, monkeypatch):
    block, packed = _block("any/a", unpacked=512)
    with pytest.raises(BundleError, match="another size"):
        _install(tmp_path, block, packed, monkeypatch)
