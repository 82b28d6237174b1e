from __future__ import annotations

import os
import sys
import threading
import time
from pathlib import Path

import pytest

from ipy_llm.checks.process import run


def python(code: str, folder: Path, **options: object):
    options = {"timeout": 30.0, **options}
    return run([sys.executable, "-c", code], folder=folder, env=os.environ, **options)


def is_running(pid: int) -> bool:
    """Tell whether it still runs; a killed one may stay a zombie until its new parent looks."""
    try:
        os.kill(pid, 0)
        with open(f"/proc/{pid}/stat", encoding="utf-8") as stat:
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False


def wait_for(condition) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_status_and_output_of_both_streams_come_back(tmp_path):
    ended = python(
        "import sys; print('out', flush=True); print('err', file=sys.stderr); sys.exit(3)", tmp_path
    )
    assert (ended.status, ended.output) == (3, "out\nerr\n")


def test_standard_input_is_empty(tmp_path):
    assert python("import sys; print(repr(sys.stdin.read()))", tmp_path).output == "''\n"


def test_only_the_end_of_much_output_is_kept(tmp_path):
    ended = python(
        "import sys\nfor _ in range(300): sys.stdout.write('x' * 100_000)\nprint('end')", tmp_path, keep=1000
    )
    assert len(ended.output) == 1000
    assert ended.output.endswith("end\n")


def test_a_command_that_is_not_there_is_an_os_error(tmp_path):
    with pytest.raises(OSError, match="nowhere"):
        run(["/nowhere/python"], folder=tmp_path, env={}, timeout=1)


@pytest.mark.skipif(not os.path.isdir("/proc"), reason="looks there")
def test_all_descendants_of_one_that_is_stopped_are_killed(tmp_path):
    code = """
import os, subprocess, sys, time
sleep = [sys.executable, '-c', 'import time; time.sleep(60)']
print(subprocess.Popen(sleep).pid, subprocess.Popen(sleep, start_new_session=True).pid, flush=True)
open('started', 'w').close()
time.sleep(60)
"""
    stop = threading.Event()
    threading.Thread(target=lambda: (wait_for((tmp_path / "started").exists), stop.set())).start()
    ended = python(code, tmp_path, stop=stop)
    assert ended.status is None
    for pid in ended.output.split():
        wait_for(lambda pid=pid: not is_running(int(pid)))


@pytest.mark.skipif(not os.path.isdir("/proc"), reason="looks there")
def test_what_a_process_leaves_running_in_its_group_ends_with_it(tmp_path):
    code = "import subprocess, sys; print(subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']).pid)"
    ended = python(code, tmp_path)
    assert ended.status == 0
    wait_for(lambda: not is_running(int(ended.output)))


def test_a_process_that_is_stopped_may_say_where_it_stood(tmp_path):
    code = "import faulthandler, time\nfaulthandler.enable()\ndef here(): time.sleep(60)\nhere()"
    ended = python(code, tmp_path, timeout=2.0, last_words=True)
    assert ended.status is None
    assert "line 3 in here" in ended.output


def test_it_can_be_stopped_from_another_thread(tmp_path):
    stop = threading.Event()
    threading.Timer(0.3, stop.set).start()
    began = time.monotonic()
    assert python("import time; time.sleep(60)", tmp_path, stop=stop).status is None
    assert time.monotonic() - began < 30
