# SPDX-License-Identifier: Apache-2.0
"""Attack 6: secrets of whoever started the sandbox, or of the machinery around it, in /proc."""

import json
import os

from attacks import Attack, make_tests

SECRET = "inner-test-secret-4711"
CODE = """
def search(names):
    found = 0
    for process in filter(str.isdigit, os.listdir("/proc")):
        if int(process) == os.getpid():
            continue
        for name in names:
            try:
                data = open(f"/proc/{process}/{name}", "rb").read()
            except OSError:
                continue
            found += b"inner-test-" + b"secret-4711" in data
    must(found)
attack("environ", lambda: search(["environ", "task/1/environ"]))
attack("cmdline", lambda: search(["cmdline", "comm"]))
attack("environment of PID 1", lambda: must(open("/proc/1/environ", "rb").read()))
must_be_hidden = [p for p in filter(str.isdigit, os.listdir("/proc")) if int(p) not in (1, os.getpid())]
attack("other processes", lambda: must(len(must_be_hidden) > 2))
"""
ATTACKS = [Attack("search", CODE, {"environ": "nothing", "cmdline": "nothing", "environment of PID 1": "EACCES",
                                   "other processes": "nothing"},
                  env={"MY_SECRET": SECRET}, options=("-e", f"GIVEN={SECRET}"))]
somebody, _, test_inside = make_tests(ATTACKS)


def test_no_secret_in_an_argument_of_the_host(inner):
    """Also outside nobody sees it: not in the arguments of what runs for the sandbox, nor in what is dumped."""
    from conftest import OURS, descendants

    process = inner.popen("run", "-p", "shell-oneshot", "-e", "GIVEN", "--arg", "echo ready; sleep 20",
                          env={"GIVEN": SECRET}, stdout=-1)
    assert process.stdout.readline() == b"ready\n"
    seen = 0
    for pid, name in descendants().items():
        if name not in OURS:
            continue
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            assert SECRET.encode() not in file.read(), name
        if name in ("bwrap", "inner-init", "inner-superviso", "inner-sandboxd"):
            seen += 1
            try:
                with open(f"/proc/{pid}/environ", "rb") as file:
                    assert SECRET.encode() not in file.read(), name
            except PermissionError:
                pass
            limits = open(f"/proc/{pid}/limits").read() if os.access(f"/proc/{pid}/limits", os.R_OK) else ""
            assert name != "inner-init" or "Max core file size        0" in limits or not limits
    assert seen >= 3
    inner("stop", json.loads(inner("ps", "--json").stdout)[0]["Id"])
    process.wait(20)
