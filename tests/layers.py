# SPDX-License-Identifier: Apache-2.0
"""The layers of a sandbox that a build with -Ddisable-layers=true can leave out (introspection/inner-layers.h): their
names, and what each is. The namespaces of users, processes and mounts are not among them: without these there is no
sandbox to leave anything out of."""

from conftest import PREFIX

LAYERS = {
    "landlock": "Landlock",
    "seccomp": "the filter of system calls",
    "no-new-privs": "no_new_privs by inner-init (bubblewrap sets it too)",
    "dumpable": "PID 1 that nobody may read or trace",
    "descriptors": "the supervisor closes every descriptor",
    "descriptors-inside": "inner-init closes every descriptor",
    "environment": "an empty environment for bubblewrap",
    "keyring": "a session keyring of its own",
    "session": "a terminal session of its own for each command",
    "capabilities": "--cap-drop ALL",
    "no-user-namespaces": "--disable-userns",
    "ipc-namespace": "--unshare-ipc",
    "uts-namespace": "--unshare-uts",
    "cgroup-namespace": "--unshare-cgroup",
    "net-namespace": "--unshare-net",
    "die-with-parent": "--die-with-parent",
    "private-tmp": "an own /tmp and /var/tmp",
    "private-home": "an own home directory",
    "private-run": "an own /run",
    "private-proc": "an own /proc",
    "read-only-system": "read-only mounts of the system",
    "seal": "a read-only root directory",
    "hide": "refusing mounts of sensitive things",
    "guard-mounts": "read-only mounts over git's settings",
    "guard-compare": "comparing what is guarded, and putting it back",
}
# An older kernel; the one here has a later ABI.
OLDER_LANDLOCK = [f"landlock-abi-{n}" for n in range(1, 6)]


def is_test_build():
    return b"INNER_DISABLE_LAYER" in (PREFIX / "libexec/inner/inner-init").read_bytes()
