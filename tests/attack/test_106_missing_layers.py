# SPDX-License-Identifier: Apache-2.0
"""Attack 106: a machine that lacks something. Nothing runs with fewer walls than a profile requires, and nothing ever runs
without those that make a sandbox. (Programs that are missing: tests/bus/test_broken_machine.py.)"""

import json

import pytest

from guards import write_profile

LAYERS = ("namespaces", "landlock", "seccomp")


def names_of_error(done):
    lines = done.stderr.decode().splitlines()
    assert done.returncode == 125 and done.stdout == b"", done
    assert len(lines) >= 1 and lines[0].startswith("innerctl: "), lines
    return lines[0]


# What makes the sandbox: without it there is none.
@pytest.mark.parametrize("feature", ["seccomp", "user-namespaces", "network-namespaces", "mounts", "pivot-root", "close-range",
                                     "no-new-privs", "broken-keyrings"])
@pytest.mark.parametrize("require", [True, False], ids=["required", "not-named"])
def test_no_sandbox_without(private, without, feature, require):
    profile = write_profile(private, "p", f"require = {list(LAYERS) if require else []}")
    done = without(private, feature, "run", "-p", profile, "--arg", "echo ran")
    assert done.returncode not in (0, 99, 98, 97), done
    assert b"ran" not in done.stdout
    names_of_error(done)


@pytest.mark.parametrize("layer", LAYERS)
def test_each_layer_that_is_there_can_be_required(private, layer):
    profile = write_profile(private, "p", f'require = ["{layer}"]')
    done = private("run", "-p", profile, "--arg", "echo ran")
    assert done.stdout == b"ran\n", done


def test_landlock_is_missing(private, without):
    assert b"ran" in without(private, "landlock", "run", "-p", write_profile(private, "p", ""), "--arg", "echo ran").stdout
    plan = without(private, "landlock", "run", "--dry-run", "-p", "p", "--arg", "true")
    assert b"landlock" in plan.stdout.lower() + plan.stderr.lower()
    done = without(private, "landlock", "run", "-p", write_profile(private, "q", 'require = ["landlock"]'), "--arg", "echo ran")
    assert "landlock" in names_of_error(done) and "doctor" in names_of_error(done)
    doctor = json.loads(without(private, "landlock", "doctor", "--json").stdout)
    rows = doctor if isinstance(doctor, list) else doctor.get("checks", doctor)
    assert [row["status"] for row in rows if row["id"] == "landlock"] == ["degraded"] or \
        [row["status"] for row in rows if row["id"] == "landlock"] == ["missing"]


def test_what_is_no_layer_may_be_missing(private, without):
    """A kernel without keyrings holds no keys; one without openat2 makes no promise about guards, so nothing runs."""
    assert without(private, "keyrings", "run", "-p", "shell-oneshot", "--arg", "echo ran").stdout == b"ran\n"
    done = without(private, "openat2", "run", "-p", "shell-oneshot", "-w", private.work, "--arg", "echo ran")
    assert b"ran" not in done.stdout and done.returncode == 125, done


def test_a_layer_that_nobody_knows(private):
    done = private("run", "-p", write_profile(private, "p", 'require = ["selinux"]'), "--arg", "echo ran")
    assert "selinux" in names_of_error(done)


def test_the_wrapper_itself_does_no_harm(private, without):
    assert without(private, "nothing", "run", "-p", "shell-oneshot", "--arg", "echo ran").stdout == b"ran\n"
