# SPDX-License-Identifier: Apache-2.0
"""Attack 34: symbolic links in the workspace that lead to places outside of it."""

from attacks import Attack, make_tests

CODE = """
for name, target in (("passwords", "/etc/passwd"), ("program", "/usr/bin/env"), ("secret", "SECRET"), ("root", "/proc/1/root/etc/x"),
                     ("up", "../" * 30 + "SECRET")):
    os.symlink(target, name)
attack("write passwords", lambda: open("passwords", "a").write(""))
attack("write a program", lambda: open("program", "a").write(""))
attack("read a secret", lambda: open("secret").read())
attack("write a secret", lambda: open("secret", "r+").write("x"))
attack("read from above", lambda: open("up").read())
attack("by PID 1", lambda: open("root").read())
"""


class Secret:
    def __init__(self, person):
        self.path = person.root / "secret"

    def __enter__(self):
        self.path.write_text("secret")
        return {"SECRET": self.path}

    def __exit__(self, *_):
        self.path.unlink()


ATTACKS = [Attack("follow", CODE, {"write passwords": {"EROFS", "EACCES"}, "write a program": {"EROFS", "EACCES"}, "read a secret": "ENOENT",
                                   "write a secret": "ENOENT", "read from above": "ENOENT", "by PID 1": "EACCES"},
                  outside=("read a secret", "write a secret", "read from above"), setup=Secret)]
somebody, test_outside, test_inside = make_tests(ATTACKS)
