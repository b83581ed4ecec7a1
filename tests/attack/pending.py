# SPDX-License-Identifier: Apache-2.0
"""The numbers of the list of attacks that have no file here. tests/lint/test_attacks.py holds this against the list: each
number is a file, or stands in exactly one of these tables."""

# number: what brings it
PENDING = {
    101: "issue 7: what lies in memory has a size (test_100_full_memory.py), but neither the bytes nor the files that are "
         "written to the workspace and to a kept home are limited",
}

# number: (why, what the person is told, and where)
NOT_STOPPED = {
    61: ("build files are what a sandbox is started to change", "“The workspace is given away” and “Not guarded” in SECURITY.md"),
}

# number: the file in which it is tested, where that one is about several
ELSEWHERE = {
    102: "system/inside/test_limits.py",
    42: "attack/test_040_hidden_objects.py",
    69: "attack/test_068_confined_callers.py",
    111: "attack/test_068_confined_callers.py",
    80: "attack/test_079_network.py",
    81: "attack/test_079_network.py",
    82: "attack/test_079_network.py",
    83: "attack/test_079_network.py",
    85: "attack/test_079_network.py",
    86: "attack/test_079_network.py",
    87: "attack/test_079_network.py",
    88: "attack/test_079_network.py",
    91: "attack/test_079_network.py",
    93: "attack/test_090_requests.py",
    95: "attack/test_090_requests.py",
    97: "attack/test_096_gateway.py",
    109: "polkit/test_approval.py",
    110: "polkit/test_approval.py",
}
