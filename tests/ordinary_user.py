# SPDX-License-Identifier: Apache-2.0
"""For tests that root must run, because they change the machine (in a namespace), and in which the
callers must be an ordinary user all the same."""

import os
import pwd
import subprocess

from conftest import PREFIX, Inner


def find_user():
    names = [os.environ.get("INNER_TEST_USER"), "inner-test"]
    users = {entry.pw_name: entry for entry in pwd.getpwall() if 1000 <= entry.pw_uid < 60000}
    return next((users[name] for name in [*names, *users] if name in users), None)


USER = find_user()
AS_USER = ["setpriv", f"--reuid={USER.pw_uid}", f"--regid={USER.pw_gid}", "--clear-groups"] if USER else []


def works(*command):
    return subprocess.run(command, capture_output=True).returncode == 0


def why_not():
    if os.getuid() != 0:
        return "only root can run these tests"
    if USER is None:
        return "there is no ordinary user to make the calls"
    if not works("unshare", "--mount", "true"):
        return "mount namespaces cannot be made here"
    if not works(*AS_USER, PREFIX / "bin/innerctl", "version"):
        return f"{USER.pw_name} cannot run {PREFIX}/bin/innerctl"
    if not works(*AS_USER, "bwrap", "--unshare-all", "--ro-bind", "/", "/", "true"):
        return f"{USER.pw_name} cannot make user namespaces"
    return ""


WHY_NOT = why_not()


class OrdinaryUser(Inner):
    """A person who is not root, without a session bus; the daemons of the system are root's."""

    def __init__(self):
        super().__init__("private")
        self.root.chmod(0o755)
        self.env["USER"] = USER.pw_name
        self.give_to(USER.pw_uid, USER.pw_gid)

    def give_to(self, uid, gid):
        for path in (self.home, self.runtime, self.work):
            os.chown(path, uid, gid)

    def command(self, *args):
        return [*AS_USER, *super().command(*args)]
