"""The suite on every Python and IPython that is supported: `nox`, or one pair: `nox -s "tests-3.12(8.37)"`."""

import nox

nox.needs_version = ">=2024.10"
nox.options.default_venv_backend = "uv|virtualenv"

PYTHONS = ("3.10", "3.11", "3.12", "3.13")
# "newest" is the newest that runs on that Python: 8.x on 3.10, 9.x from 3.11 on.
IPYTHONS = {"8.12": "ipython==8.12.*", "8.37": "ipython==8.37.*", "newest": "ipython"}


@nox.session(python=PYTHONS)
@nox.parametrize("ipython", list(IPYTHONS), ids=list(IPYTHONS))
def tests(session: nox.Session, ipython: str) -> None:
    """Run the tests, or those named after `--`."""
    groups = nox.project.dependency_groups(nox.project.load_toml("pyproject.toml"), "test")
    session.install(IPYTHONS[ipython], *groups, "--editable", ".")
    session.run(
        "python",
        "-c",
        "import IPython, sys; print('Python', sys.version.split()[0], 'IPython', IPython.__version__)",
    )
    session.run("python", "-m", "pytest", *session.posargs)
