# SPDX-License-Identifier: Apache-2.0
"""Attacks 13, 14 and 16: another user namespace, and through it another view of the files."""

import subprocess


def test_no_user_namespace_inside(inner):
    outside = subprocess.run(["unshare", "-U", "true"], capture_output=True)
    assert outside.returncode == 0, "the attack does not even work outside"
    done = inner.run("unshare -U true; echo $?; unshare -Ur mount -t tmpfs x /tmp; echo $?")
    assert done.returncode == 0, done.stderr
    assert done.stdout.split()[0] != b"0" and done.stdout.split()[1] != b"0"


MOUNTS = """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
calls = {"open_tree": (428, -100, b"/", 1), "fsopen": (430, b"tmpfs", 0), "mount_setattr": (442, -100, b"/", 0, 0, 0),
         "pivot_root": (155, b".", b"."), "mount": (165, b"x", b"/tmp", b"tmpfs", 0, 0), "umount": (166, b"/tmp", 2),
         "setns": (308, os.open("/proc/self/ns/mnt", os.O_RDONLY), 0x20000), "chroot": (161, b"/tmp")}
for name, arguments in calls.items():
    print(name, "refused" if libc.syscall(*arguments) < 0 else "done")
"""


def test_the_mount_calls_are_refused(inner):
    done = inner("run", "-p", "shell-oneshot", "--entrypoint", "python3", "-a", "-c", "-a", MOUNTS)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count(b"refused") == 8, done.stdout
