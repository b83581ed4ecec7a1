# SPDX-License-Identifier: Apache-2.0
"""Attack 19: io_uring, whose operations no filter sees."""

from attacks import Attack, calls, make_tests

CALLS = {"io_uring_setup": ("io_uring_setup", (1, b"\0" * 120)), "io_uring_enter": ("io_uring_enter", (0, 0, 0, 0, 0)),
         "io_uring_register": ("io_uring_register", (0, 0, 0, 0))}
ATTACKS = [Attack("io_uring", calls(CALLS), {"*": "EPERM"},
                  outside=("io_uring_setup",) if open("/proc/sys/kernel/io_uring_disabled").read() == "0\n" else ())]
somebody, test_outside, test_inside = make_tests(ATTACKS)
