# SPDX-License-Identifier: Apache-2.0
"""Attacks 10 and 11: capabilities, setuid programs and root's own powers. Runs as an ordinary user and once
as root (suite root), where bubblewrap would otherwise keep a full bounding set."""


def test_no_capability_in_any_set(inner):
    done = inner.run("grep -E '^(Cap|NoNewPrivs)' /proc/self/status; id -u")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.decode().split("\n")
    sets = [line.split()[1] for line in lines if line.startswith("Cap")]
    assert len(sets) == 5
    assert all(int(value, 16) == 0 for value in sets), lines
    assert "NoNewPrivs:\t1" in lines
    assert lines[-2] != "0"


def test_nothing_can_be_mounted_or_made(inner):
    done = inner.run("mount -t tmpfs x /tmp; echo $?; mknod /tmp/n c 1 3; echo $?; chown 1:1 /tmp; echo $?; "
                     "hostname other; echo $?")
    assert done.returncode == 0, done.stderr
    codes = done.stdout.split()
    assert len(codes) == 4
    assert b"0" not in codes, done.stdout


def test_a_setuid_program_gains_nothing(inner):
    done = inner.run("su -c id root </dev/null; echo $?")
    assert b"uid=0" not in done.stdout
    assert not done.stdout.endswith(b"\n0\n")
