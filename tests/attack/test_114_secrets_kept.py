# SPDX-License-Identifier: Apache-2.0
"""Attack 114: secrets in what is kept: the run-time directory, records, logs, what is listed, core files."""

import json
import os

from conftest import eventually

SECRET = "inner-test-secret-4711"


def files_with(secret, *roots):
    found = []
    for root in roots:
        for folder, _, names in os.walk(root):
            for name in names:
                path = os.path.join(folder, name)
                try:
                    with open(path, "rb") as file:
                        if secret.encode() in file.read(10_000_000):
                            found.append(path)
                except OSError:
                    pass
    return found


def test_nothing_is_kept_of_variables_and_input(inner):
    done = inner("run", "-d", "--name", "secret", "-p", "shell-oneshot", "-e", "GIVEN", "--arg", "sleep 30", env={"GIVEN": SECRET})
    assert done.returncode == 0, done.stderr
    assert not files_with(SECRET, inner.runtime, inner.home / ".local", inner.home / ".cache")
    for words in (["inspect", "--json", "secret"], ["ps", "--json"], ["run", "--dry-run", "-p", "shell-oneshot", "-e", "GIVEN"]):
        shown = inner(*words, env={"GIVEN": SECRET})
        assert SECRET.encode() not in shown.stdout + shown.stderr, words
    assert inner("stop", "secret").returncode == 0
    assert not files_with(SECRET, inner.runtime, inner.home, inner.log.parent / "log")
    assert not inner.log.exists() or SECRET not in inner.log.read_text()


def test_no_core_file(inner):
    """The limit is 0 and cannot be raised; nothing is left in the workspace."""
    done = inner.run("grep 'Max core' /proc/self/limits; ulimit -c unlimited && echo raised; sh -c 'kill -SEGV $$'; ls -A")
    assert done.stdout.split()[:6] == [b"Max", b"core", b"file", b"size", b"0", b"0"], done
    assert b"raised" not in done.stdout
    assert not [name for name in os.listdir(inner.work) if "core" in name]
    assert eventually(lambda: json.loads(inner("ps", "--json").stdout) == [])
