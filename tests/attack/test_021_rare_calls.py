# SPDX-License-Identifier: Apache-2.0
"""Attack 21: the calls that most ways into the kernel were found in, and those of administrators."""

from attacks import Attack, calls, make_tests

CALLS = {
    "bpf": ("bpf", (0, b"\0" * 64, 64)),
    "perf_event_open": ("perf_event_open", (b"\0" * 128, 0, -1, -1, 0)),
    "userfaultfd": ("userfaultfd", (1,)),
    "fanotify_init": ("fanotify_init", (0x200, 0)),
    "name_to_handle_at": ("name_to_handle_at", (-100, b"/", (128).to_bytes(4, "little") + b"\0" * 160, b"\0" * 8, 0)),
    "open_by_handle_at": ("open_by_handle_at", (-100, b"\0" * 64, 0)),
    "lookup_dcookie": ("lookup_dcookie", (0, 0, 0)),
    "init_module": ("init_module", (b"", 0, b"")),
    "finit_module": ("finit_module", (0, b"", 0)),
    "delete_module": ("delete_module", (b"x", 0)),
    "kexec_load": ("kexec_load", (0, 0, 0, 0)),
    "kexec_file_load": ("kexec_file_load", (0, 0, 0, b"", 0)),
    "syslog": ("syslog", (10, 0, 0)),
    "reboot": ("reboot", (0, 0, 0, 0)),
    "swapon": ("swapon", (b"/x", 0)),
    "acct": ("acct", (0,)),
    "quotactl": ("quotactl", (0, 0, 0, 0)),
    "quotactl_fd": ("quotactl_fd", (0, 0, 0, 0)),
    "iopl": ("iopl", (3,)),
    "ioperm": ("ioperm", (0, 1, 1)),
    "modify_ldt": ("modify_ldt", (0, 0, 0)),
    "uselib": ("uselib", (b"/x",)),
    "move_pages": ("move_pages", (0, 0, 0, 0, 0, 0)),
    "sethostname": ("sethostname", (b"x", 1)),
    "setdomainname": ("setdomainname", (b"x", 1)),
    "settimeofday": ("settimeofday", (0, 0)),
    "clock_settime": ("clock_settime", (0, b"\0" * 16)),
}
ATTACKS = [Attack("calls", calls(CALLS), {"*": "EPERM"}, outside=("userfaultfd", "name_to_handle_at", "fanotify_init"))]
somebody, test_outside, test_inside = make_tests(ATTACKS)
