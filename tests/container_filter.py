# SPDX-License-Identifier: Apache-2.0
"""Runs a command under the filter of system calls that a container engine puts around its containers:

    container_filter.py podman|docker COMMAND...

podman's is the file that its package installs, for a container without special capabilities, made by libseccomp in the order
in which its run time does. Of Docker's there is no such file; what it refuses of interest here is a list, from its
documentation (docs.docker.com/engine/security/seccomp: calls that need CAP_SYS_ADMIN, clone with new namespaces, keyrings)."""

import ctypes
import errno
import json
import os
import sys

PODMAN = "/usr/share/containers/seccomp.json"
CAPABILITIES = {f"CAP_{name}" for name in ("CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "NET_BIND_SERVICE", "SETFCAP",
                                           "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT")}
ALLOW, ERRNO = 0x7FFF0000, 0x00050000
COMPARE = {"SCMP_CMP_NE": 1, "SCMP_CMP_LT": 2, "SCMP_CMP_LE": 3, "SCMP_CMP_EQ": 4, "SCMP_CMP_GE": 5, "SCMP_CMP_GT": 6,
           "SCMP_CMP_MASKED_EQ": 7}
NAMESPACES = 0x7E020000
DOCKER_REFUSES = ["unshare", "setns", "mount", "umount2", "pivot_root", "fsopen", "fsmount", "fsconfig", "fspick", "move_mount",
                  "open_tree", "mount_setattr", "bpf", "perf_event_open", "sethostname", "setdomainname", "keyctl", "add_key",
                  "request_key", "userfaultfd", "open_by_handle_at", "kexec_load", "init_module", "finit_module", "reboot"]


class Comparison(ctypes.Structure):
    _fields_ = [("index", ctypes.c_uint), ("operation", ctypes.c_int), ("a", ctypes.c_uint64), ("b", ctypes.c_uint64)]


class Filter:
    def __init__(self, default):
        self.library = ctypes.CDLL("libseccomp.so.2")
        self.library.seccomp_init.restype = ctypes.c_void_p
        self.context = ctypes.c_void_p(self.library.seccomp_init(ctypes.c_uint32(default)))

    def add(self, action, name, comparisons=()):
        number = self.library.seccomp_syscall_resolve_name(name.encode())
        if number < 0:
            return
        array = (Comparison * max(len(comparisons), 1))(*comparisons)
        result = self.library.seccomp_rule_add_array(self.context, ctypes.c_uint32(action), number, len(comparisons), array)
        # What is the default anyway is no rule; the first rule for a call wins over later ones that are as wide.
        assert result in (0, -errno.EACCES, -errno.EEXIST), (name, result)

    def load(self):
        assert self.library.seccomp_load(self.context) == 0


def applies(rule, capabilities=CAPABILITIES):
    includes, excludes = rule.get("includes") or {}, rule.get("excludes") or {}
    return (all(c in capabilities for c in includes.get("caps", [])) and "amd64" in includes.get("arches", ["amd64"]) and
            not any(c in capabilities for c in excludes.get("caps", [])) and "amd64" not in excludes.get("arches", []))


def action_of(rule):
    return ALLOW if rule["action"] == "SCMP_ACT_ALLOW" else ERRNO | rule.get("errnoRet", errno.EPERM)


def podman():
    with open(PODMAN) as file:
        profile = json.load(file)
    made = Filter(ERRNO | profile.get("defaultErrnoRet", errno.EPERM))
    for rule in filter(applies, profile["syscalls"]):
        comparisons = [Comparison(c["index"], COMPARE[c["op"]], c["value"], c.get("valueTwo", 0)) for c in rule.get("args") or []]
        for name in rule["names"]:
            made.add(action_of(rule), name, comparisons)
    return made


def docker():
    made = Filter(ALLOW)
    for name in DOCKER_REFUSES:
        made.add(ERRNO | errno.EPERM, name)
    made.add(ERRNO | errno.ENOSYS, "clone3")
    for bit in (1 << n for n in range(32) if NAMESPACES >> n & 1):
        made.add(ERRNO | errno.EPERM, "clone", [Comparison(0, COMPARE["SCMP_CMP_MASKED_EQ"], bit, bit)])
    return made


if __name__ == "__main__":
    {"podman": podman, "docker": docker}[sys.argv[1]]().load()
    os.execvp(sys.argv[2], sys.argv[2:])
