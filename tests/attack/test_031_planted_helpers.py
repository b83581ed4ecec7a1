# SPDX-License-Identifier: Apache-2.0
"""Attacks 30, 31 and 32: programs and variables planted in the caller's environment, and words that look like
options."""

import os


def plant(directory, marker, *names):
    directory.mkdir()
    for name in names:
        program = directory / name
        program.write_text(f"#!/bin/sh\ntouch {marker}\nexit 1\n")
        os.chmod(program, 0o755)


def test_nothing_on_path_runs_on_the_host(inner):
    marker = inner.root / "ran"
    plant(inner.work / "bin", marker, "bwrap", "git", "inner-sandboxd", "inner-supervisor", "inner-init", "sh")
    done = inner.run("echo inside", env={"PATH": f"{inner.work}/bin:/usr/bin:/bin"})
    assert done.stdout == b"inside\n", done.stderr
    assert not marker.exists()


def test_loader_variables_do_not_reach_the_service(inner):
    marker = inner.root / "preloaded"
    done = inner.run("echo inside", env={"BASH_ENV": str(marker), "GIT_SSH_COMMAND": f"touch {marker}",
                                         "GIO_EXTRA_MODULES": str(inner.work), "LD_BIND_NOW": "1"})
    assert done.stdout == b"inside\n", done.stderr
    assert not marker.exists()


def test_words_that_look_like_options_are_words(inner):
    for word in ("--bind", "--", "-v", "--help", "--ro-bind / /"):
        done = inner("run", "-p", "shell-oneshot", "--entrypoint", "echo", "-a", "x", "--", word)
        assert done.returncode == 0, done.stderr
        assert done.stdout.decode() == f"x {word}\n"
        refused = inner("run", "-p", "shell-oneshot", f"--entrypoint={word}")
        assert refused.returncode in (126, 127), refused


def test_no_bus_is_launched(inner):
    """GIO would run the first dbus-launch on PATH for such an address."""
    marker = inner.root / "launched"
    plant(inner.work / "bin", marker, "dbus-launch", "dbus-daemon")
    for address in ("autolaunch:", "unixexec:path=dbus-launch"):
        done = inner.run("exit 3", env={"PATH": f"{inner.work}/bin:/usr/bin:/bin", "DISPLAY": ":9",
                                        "DBUS_SESSION_BUS_ADDRESS": address})
        assert done.returncode == 3, done
        assert not marker.exists()
