# SPDX-License-Identifier: Apache-2.0
"""Attack 16: the old and the new system calls that make, move and change mounts."""

from attacks import Attack, calls, make_tests

OLD = {
    "mount": ("mount", (b"x", b"/tmp", b"tmpfs", 0, 0)),
    "bind": ("mount", (b"/usr", b"/tmp", 0, 4096, 0)),
    "remount": ("mount", (0, b"/", 0, 32 | 4096, 0)),
    "umount2": ("umount2", (b"/tmp", 2)),
    "pivot_root": ("pivot_root", (b".", b".")),
    "chroot": ("chroot", (b"/",)),
}
NEW = {
    "open_tree": ("open_tree", (-100, b"/", 1)),
    "open_tree without clone": ("open_tree", (-100, b"/", 0)),
    "move_mount": ("move_mount", (-100, b"/", -100, b"/", 0)),
    "fsopen": ("fsopen", (b"tmpfs", 0)),
    "fsconfig": ("fsconfig", (0, 0, 0, 0, 0)),
    "fsmount": ("fsmount", (0, 0, 0)),
    "fspick": ("fspick", (-100, b"/", 0)),
    "mount_setattr": ("mount_setattr", (-100, b"/", 0, b"\0" * 32, 32)),
    "open_tree_attr": ("open_tree_attr", (-100, b"/", 1, b"\0" * 32, 32)),
    "a call of the future": (999, ()),
}
CALLS = {**OLD, **NEW}
ATTACKS = [Attack("old calls", calls(OLD), {"*": "EPERM"}),
           Attack("new calls", calls(NEW), {"*": "ENOSYS"}, outside=("open_tree without clone",))]
somebody, test_outside, test_inside = make_tests(ATTACKS)
