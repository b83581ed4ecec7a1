# SPDX-License-Identifier: Apache-2.0
"""Attack 25: socket families that hardly anybody uses, and in which holes were found."""

from attacks import Attack, calls, make_tests

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
ATTACKS = [Attack("families", calls(CALLS), {"*": "EPERM"}, outside=("netlink netfilter", "netlink routes with more bits"))]
somebody, test_outside, test_inside = make_tests(ATTACKS)
