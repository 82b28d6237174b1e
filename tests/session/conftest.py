from __future__ import annotations

import pytest
from kernel import Kernel

LOAD = "from ipy_llm.session import hooks; hooks.install(get_ipython()); del hooks"


@pytest.fixture(scope="module")
def bare_kernel(tmp_path_factory):
    """A kernel as IPython makes it."""
    with Kernel(tmp_path_factory.mktemp("kernel")) as kernel:
        kernel.run("%colors NoColor")
        yield kernel


@pytest.fixture(scope="module")
def kernel(bare_kernel):
    """A kernel with the session's hooks in place."""
    assert bare_kernel.run(LOAD).status == "ok"
    return bare_kernel


@pytest.fixture
def run(kernel):
    return kernel.run
