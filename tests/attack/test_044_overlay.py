# SPDX-License-Identifier: Apache-2.0
"""Attack 44: what overlayfs takes for "deleted", "opaque" or "renamed", made from inside, so that a later commit of an
overlay would delete or reveal something outside."""

import os

from attacks import NUMBERS, Attack, make_tests

CODE = f"""
os.makedirs("d", exist_ok=True)
attack("whiteout in the workspace", lambda: call({NUMBERS["mknodat"]}, -100, b"w1", stat.S_IFCHR, 0))
def elsewhere():
    name = "/tmp/inner-whiteout-%d" % os.getpid()
    call({NUMBERS["mknodat"]}, -100, name.encode(), stat.S_IFCHR, 0)
    os.unlink(name)
attack("whiteout in /tmp", elsewhere)
attack("block device", lambda: call({NUMBERS["mknodat"]}, -100, b"w3", stat.S_IFBLK, 0x801))
attack("character device", lambda: call({NUMBERS["mknodat"]}, -100, b"w4", stat.S_IFCHR, 0x101))
attack("trusted attribute", lambda: os.setxattr("d", "trusted.overlay.opaque", b"y"))
"""


def left(person):
    names = [n for n in os.listdir(person.work) if n.startswith("w")]
    for name in names:
        os.unlink(person.work / name)
    return {"a device is there": "through" if names else "nothing"}


ATTACKS = [Attack("devices", CODE, {"whiteout in the workspace": "EACCES", "whiteout in /tmp": "EACCES", "block device": "EACCES",
                                    "character device": "EACCES", "trusted attribute": "EPERM",
                                    "a device is there": "nothing"},
                  outside=("whiteout in the workspace", "a device is there"), held=left)]
somebody, test_outside, test_inside = make_tests(ATTACKS)
