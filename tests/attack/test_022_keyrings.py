# SPDX-License-Identifier: Apache-2.0
"""Attack 22: keys that the person's session holds for the kernel: file system keys, Kerberos tickets, logins."""

import ctypes
import os

from attacks import NUMBERS, Attack, calls, make_tests

CALLS = {
    "add_key": ("add_key", (b"user", b"k", b"v", 1, -3)),
    "request_key": ("request_key", (b"user", b"inner-attack-22", 0, -3)),
    "keyctl read": ("keyctl", (11, -3, b"\0" * 64, 64)),
    "keyctl join": ("keyctl", (1, 0)),
    "keyctl search": ("keyctl", (10, -3, b"user", b"inner-attack-22", 0)),
}
SEARCH = f"""
def search(ring):
    found = call({NUMBERS["keyctl"]}, 10, ring, b"user", b"inner-attack-22", 0)
    buffer = ctypes.create_string_buffer(64)
    size = call({NUMBERS["keyctl"]}, 11, found, buffer, 64)
    must(b"inner-test" in buffer.raw[:size])
attack("session keyring", lambda: search(-3))
"""


class Keys:
    """The test's own session keyring with a secret in it, as a login makes it."""

    def __init__(self, _person):
        self.libc = ctypes.CDLL(None, use_errno=True)

    def __enter__(self):
        self.libc.syscall(NUMBERS["keyctl"], 1, 0)
        key = self.libc.syscall(NUMBERS["add_key"], b"user", b"inner-attack-22", b"inner-test", 10, -3)
        assert key > 0, os.strerror(ctypes.get_errno())
        self.libc.syscall(NUMBERS["keyctl"], 5, key, 0x3F3F0000)
        return {}

    def __exit__(self, *_):
        found = self.libc.syscall(NUMBERS["keyctl"], 10, -3, b"user", b"inner-attack-22", 0)
        self.libc.syscall(NUMBERS["keyctl"], 9, found, -3)


ATTACKS = [Attack("search", SEARCH, {"*": "EPERM"}, outside=True, setup=Keys),
           Attack("calls", calls(CALLS), {"*": "EPERM"}, outside=("keyctl search", "request_key"), setup=Keys)]
somebody, test_outside, test_inside = make_tests(ATTACKS)
