# SPDX-License-Identifier: Apache-2.0
"""The numbers of the list of attacks that have no file here. tests/lint/test_attacks.py holds this against the list: each
number is a file, or stands in exactly one of these tables."""

# number: what brings it
PENDING = {
    80: "issue 8: the network gateway", 81: "issue 8: the network gateway", 82: "issue 8: the network gateway", 83: "issue 8: the network gateway",
    85: "issue 8: the network gateway", 86: "issue 8: the network gateway", 87: "issue 8: the network gateway", 88: "issue 8: the network gateway",
    90: "issue 8: the network gateway", 91: "issue 8: the network gateway", 93: "issue 8: the network gateway", 94: "issue 8: the network gateway",
    95: "issue 8: the network gateway",
    99: "issue 7: limits", 101: "issue 7: limits", 102: "issue 7: limits",
}

# number: (why, what the person is told, and where)
NOT_STOPPED = {
    61: ("build files are what a sandbox is started to change", "“The workspace is given away” and “Not guarded” in SECURITY.md"),
}

# number: the file in which it is tested, where that one is about several
ELSEWHERE = {
    42: "attack/test_040_hidden_objects.py",
    69: "attack/test_068_confined_callers.py",
    97: "attack/test_096_gateway.py",
    111: "attack/test_068_confined_callers.py",
    109: "polkit/test_approval.py",
    110: "polkit/test_approval.py",
}
