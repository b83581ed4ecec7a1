# SPDX-License-Identifier: Apache-2.0
"""The count of CI: what is run again, what may replace a failure, and what may not."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = Path(os.environ["INNER_TEST_SOURCE"], "tests")


def entry(name, stdout, result, command):
    return {"name": name, "stdout": stdout, "result": result, "env": {"PATH": os.environ["PATH"]},
            "command": ["/bin/sh", "-c", command]}


def count(tmp_path, *entries):
    """Lines of the count after the second chance."""
    log = tmp_path / "testlog.json"
    log.write_text("".join(json.dumps(one) + "\n" for one in entries))
    subprocess.run([sys.executable, TESTS / "again.py", log], check=True, stdout=subprocess.PIPE)
    counted = subprocess.run([sys.executable, TESTS / "count.py", log], stdout=subprocess.PIPE, text=True, check=False)
    lines = counted.stdout.splitlines()
    assert counted.returncode == (0 if ", 0 failed," in lines[-1] else 1)
    return lines


GOOD = entry("good", "1..2\nok 1 - a\nok 2 - b # SKIP no way\n", "OK", "exit 9")


def test_what_passed_is_not_run_again(tmp_path):
    assert count(tmp_path, GOOD) == ["skipped: good b: no way", "1 passed, 0 failed, 1 skipped"]


def test_an_accident_is_told(tmp_path):
    shaky = entry("shaky", "1..2\nok 1 - a\nnot ok 2 - b\n", "FAIL", "printf '1..2\\nok 1 - a\\nok 2 - b\\n'")
    assert count(tmp_path, shaky) == ["unsteady: shaky b: passed when it was run again alone",
                                      "2 passed, 0 failed, 0 skipped"]


@pytest.mark.parametrize("command", [
    "printf '1..1\\nnot ok 1 - b\\n'; exit 1", "printf '1..1\\nnot ok 1 - b\\n'", "exit 1", "kill -ABRT $$"])
def test_what_fails_twice_has_failed(tmp_path, command):
    broken = entry("broken", "1..1\nnot ok 1 - b\n", "FAIL", command)
    assert count(tmp_path, GOOD, broken)[-1] == "1 passed, 1 failed, 1 skipped"


def test_a_test_that_cannot_be_run_again_has_failed(tmp_path):
    gone = entry("gone", "", "TIMEOUT", "") | {"command": ["/no/such/program"]}
    assert count(tmp_path, gone) == ["failed: gone : ended with TIMEOUT", "0 passed, 1 failed, 0 skipped"]


def test_many_failures_are_no_accident(tmp_path):
    many = [entry(f"test-{i}", "1..1\nnot ok 1 - case\n", "FAIL", "printf '1..1\\nok 1 - case\\n'") for i in range(4)]
    assert count(tmp_path, *many)[-1] == "0 passed, 4 failed, 0 skipped"
