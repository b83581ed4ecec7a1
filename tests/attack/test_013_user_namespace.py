# SPDX-License-Identifier: Apache-2.0
"""Attack 13: another user namespace, in which one is root again."""

from attacks import Attack, calls, make_tests

NEWUSER = 0x10000000
CALLS = {
    "unshare user": ("unshare", (NEWUSER,)),
    "unshare user and mount": ("unshare", (NEWUSER | 0x20000,)),
    "unshare nothing": ("unshare", (0,)),
    "clone user": ("clone", (NEWUSER | 17, 0, 0, 0, 0)),
    "clone mount": ("clone", (0x20000 | 17, 0, 0, 0, 0)),
    "clone net": ("clone", (0x40000000 | 17, 0, 0, 0, 0)),
    "clone user with more bits": ("clone", (1 << 32 | NEWUSER | 17, 0, 0, 0, 0)),
    "setns": ("setns", (0, 0)),
}
PROGRAMS = """
def program(*words):
    done = subprocess.run(words, capture_output=True)
    must(done.returncode == 0, "refused")
attack("unshare(1)", lambda: program("unshare", "-U", "true"))
attack("unshare(1) and mount", lambda: program("unshare", "-Urm", "mount", "-t", "tmpfs", "x", "/tmp"))
attack("bwrap", lambda: program("bwrap", "--unshare-user", "--ro-bind", "/", "/", "true"))
"""
ATTACKS = [
    Attack("calls", calls(CALLS), {"*": "EPERM"}, outside=("unshare user", "unshare nothing", "clone user")),
    Attack("programs", PROGRAMS, {"*": "refused"}, outside=True),
]
somebody, test_outside, test_inside = make_tests(ATTACKS)
