"""A project as it was before an edit, for a tool that takes no old texts: links to its files, and the old ones beside them."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

# Absolute paths in them that lead into the project must lead into its image.
_CONFIGURATIONS = ("pyrightconfig.json", "pyproject.toml")


def mirror(root: Path, folder: Path, old: Mapping[str, bytes | None]) -> None:
    """Make the empty `folder` an image of the project, with the bytes `old` has for some files, without those it has None for.

    Every file is a link. Folders are folders, since a tool that looks for files may pass over links to them; only hidden ones,
    `node_modules` and virtual environments, where it does not look by itself, are links too.
    """
    for base, folders, files in os.walk(root):
        inside = os.path.relpath(base, root)
        image = folder / inside
        image.mkdir(exist_ok=True)
        entered = []
        for name in folders:
            source = os.path.join(base, name)
            if name.startswith(".") or name == "node_modules" or _is_leaf(source):
                _link(source, image / name, root, folder)
            elif name != "__pycache__":
                entered.append(name)
        folders[:] = entered
        for name in files:
            if os.path.normpath(os.path.join(inside, name)).replace(os.sep, "/") not in old:
                _link(os.path.join(base, name), image / name, root, folder)
    for path, data in old.items():
        if data is not None:
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(data)
    for name in _CONFIGURATIONS:
        file = folder / name
        if file.is_file() and bytes(root) in (data := file.read_bytes()):
            file.unlink()
            file.write_bytes(data.replace(bytes(root), bytes(folder)))


def environment_in(root: Path, folder: Path, interpreter: Path, env: Mapping[str, str]) -> dict[str, str]:
    """Return the environment in which what is installed for editing is found in the image of the project, not in the project."""
    paths = [path for path in env.get("PYTHONPATH", "").split(os.pathsep) if path]
    for file in sorted(interpreter.parent.parent.glob("[Ll]ib/python*/site-packages/*.pth")):
        lines = file.read_text("utf-8", "replace").splitlines()
        paths += [line.strip() for line in lines if _leads_into(root, line.strip())]
    if not paths:
        return dict(env)
    there = [
        str(folder / Path(path).relative_to(root)) if _leads_into(root, path) else path for path in paths
    ]
    return {**env, "PYTHONPATH": os.pathsep.join(there)}


def _leads_into(root: Path, path: str) -> bool:
    return os.path.isabs(path) and Path(path).is_relative_to(root)


def _is_leaf(path: str) -> bool:
    return os.path.islink(path) or os.path.exists(os.path.join(path, "pyvenv.cfg"))


def _link(source: str, image: Path, root: Path, folder: Path) -> None:
    """Put a link to `source` at `image`; what is itself a link into the project leads into its image."""
    real = Path(os.path.realpath(source)) if os.path.islink(source) else Path(source)
    target = folder / real.relative_to(root) if real.is_relative_to(root) and real != Path(source) else real
    try:
        image.symlink_to(target)
    except OSError:  # Windows allows it to few
        if real.is_file():
            shutil.copyfile(real, image)
