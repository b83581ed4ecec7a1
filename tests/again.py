#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Runs again, alone and once, what failed beside everything else: again.py LOG.

A test that passes then takes the place of the first run in meson's log, with the names of the cases that had
failed under "unsteady"; count.py prints them. It is a defect to look for, not one of the change at hand. More than
MOST failed tests are no accident: nothing is run again."""

import json
import os
import subprocess
import sys

from count import cases

MOST = 3
PATIENCE_S = 600


def failed(test):
    """Names of failed cases; an empty one if the test failed with none."""
    names = [name for outcome, name, _ in cases(test) if outcome == "failed"]
    return [name for name in names if name] or names


def run(test):
    """The test as the log has it, with what it says now."""
    try:
        ended = subprocess.run(test["command"], env=test["env"], stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, text=True, errors="replace", timeout=PATIENCE_S, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return test | {"stdout": "", "result": str(error)}
    return test | {"stdout": ended.stdout, "result": "OK" if ended.returncode == 0 else "FAIL"}


def main(log):
    with open(log, encoding="utf-8") as file:
        tests = [json.loads(line) for line in file]
    broken = [i for i, test in enumerate(tests) if failed(test)]
    if not broken or len(broken) > MOST:
        return
    for i in broken:
        print(f"again, alone: {tests[i]['name']}", flush=True)
        second = run(tests[i])
        if not failed(second):
            tests[i] = second | {"unsteady": failed(tests[i])}
    with open(log + ".new", "w", encoding="utf-8") as file:
        file.writelines(json.dumps(test) + "\n" for test in tests)
    os.replace(log + ".new", log)


if __name__ == "__main__":
    main(sys.argv[1])
