# SPDX-License-Identifier: Apache-2.0
"""Attack 25: socket families that hardly anybody uses, and in which holes were found."""

import contextlib

from attacks import NUMBERS, Attack, calls, make_tests

FAMILIES = {"AX25": 3, "X25": 9, "KEY": 15, "PACKET": 17, "RDS": 21, "CAN": 29, "TIPC": 30, "BLUETOOTH": 31, "ALG": 38, "NFC": 39,
            "VSOCK": 40, "KCM": 41, "QIPCRTR": 42, "SMC": 43, "XDP": 44, "MCTP": 45}
CALLS = {
    **{f"AF_{name}": ("socket", (number, 5 if name in ("ALG", "KCM") else 2, 0)) for name, number in FAMILIES.items()},
    "a family of the future": ("socket", (63, 2, 0)),
    "AF_VSOCK with more bits": ("socket", (0x1_0000_0028, 1, 0)),
    "netlink audit": ("socket", (16, 3, 9)),
    "netlink netfilter": ("socket", (16, 3, 12)),
    "netlink of the kernel's objects": ("socket", (16, 2, 15)),
    "netlink routes with more bits": ("socket", (16, 3, 0x1_0000_000C)),
}
# A pair is the shorter way to the same code.
PAIR = {name: FAMILIES[name] for name in ("TIPC", "RDS", "KCM", "VSOCK", "QIPCRTR")}
PAIR_CODE = f"""
pair = (ctypes.c_int * 2)()
for name, family in {PAIR!r}.items():
    in_child("pair of " + name, lambda: call(SOCKETPAIR, family, 5, 0, pair))
    in_child(name + " with more bits", lambda: call(SOCKETPAIR, 1 << 32 | family, 5, 0, pair))
"""
# Line disciplines are another kind of driver that the kernel loads for whoever names one.
LINE_CODE = """
import pty
master, slave = pty.openpty()
tty = ctypes.c_int(0)
in_child("line discipline", lambda: call(IOCTL, slave, 0x5423, ctypes.byref(tty)))
in_child("with more bits", lambda: call(IOCTL, slave, 0x1_0000_5423, ctypes.byref(tty)))
"""


def numbers(_person):
    return contextlib.nullcontext({"SOCKETPAIR": NUMBERS["socketpair"], "IOCTL": NUMBERS["ioctl"]})


ATTACKS = [Attack("families", calls(CALLS), {"*": "EPERM"}, outside=("netlink netfilter", "netlink routes with more bits")),
           Attack("pairs", PAIR_CODE, {"*": "EPERM"}, setup=numbers),
           Attack("line disciplines", LINE_CODE, {"*": "EPERM"}, outside=True, setup=numbers)]
somebody, test_outside, test_inside = make_tests(ATTACKS)
