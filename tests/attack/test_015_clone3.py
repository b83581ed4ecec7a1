# SPDX-License-Identifier: Apache-2.0
"""Attack 15: clone3, whose flags stand in memory where no filter can look."""

from attacks import Attack, calls, make_tests

CALLS = {"clone3 user": ("clone3", ((0x10000000).to_bytes(8, "little") + b"\0" * 24 + (17).to_bytes(8, "little") + b"\0" * 48, 88)),
         "clone3 nothing": ("clone3", (b"\0" * 32 + (17).to_bytes(8, "little") + b"\0" * 48, 88))}
ATTACKS = [Attack("clone3", calls(CALLS), {"*": "ENOSYS"}, outside=True)]
somebody, test_outside, test_inside = make_tests(ATTACKS)
