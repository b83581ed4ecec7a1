# SPDX-License-Identifier: Apache-2.0
"""An ordinary user on a machine with the real polkitd, on a system bus of its own. Needs root: polkitd
does."""

import re
import subprocess
from pathlib import Path

import ordinary_user
from conftest import PREFIX, eventually
from ordinary_user import OrdinaryUser

SERVICE = Path("/usr/share/dbus-1/system-services/org.freedesktop.PolicyKit1.service")
ACTIONS = PREFIX / "share/polkit-1/actions"

RULE = """polkit.addRule(function (action, subject) {
  if (action.id == "org.inner.sandbox.host-network" && subject.user == "%s")
    return polkit.Result.%s;
});
"""

WHY_NOT = ordinary_user.WHY_NOT or ("" if SERVICE.exists() else "polkitd is not installed")


class WithPolkitd(OrdinaryUser):
    def start_polkitd(self, rule, actions=ACTIONS):
        """Starts polkitd with our policy and rule, and no other, in a mount namespace: what is in
        /usr and /etc stays as it is."""
        rules = self.root / "rules"
        rules.mkdir(mode=0o755)
        if rule is not None:
            (rules / "50-test.rules").write_text(rule)
        self.env["DBUS_SYSTEM_BUS_ADDRESS"] = self.start_bus("system", self.root / "system-bus")
        program = re.search(r"^Exec=(.*)$", SERVICE.read_text(), flags=re.MULTILINE)[1]
        self.start_daemon(
            ["unshare", "--mount", "sh", "-euc",
             'mount --bind "$1" /usr/share/polkit-1/actions; mount --bind "$2" /etc/polkit-1/rules.d; '
             'mount -t tmpfs -o mode=755 none /usr/share/polkit-1/rules.d; exec $3',
             "sh", actions, rules, program]
        )
        assert eventually(self.polkitd_is_up), self.log.read_text()

    def polkitd_is_up(self):
        asked = subprocess.run(
            ["gdbus", "call", f"--address={self.env['DBUS_SYSTEM_BUS_ADDRESS']}", "--dest",
             "org.freedesktop.DBus", "--object-path", "/", "--method",
             "org.freedesktop.DBus.NameHasOwner", "org.freedesktop.PolicyKit1"],
            capture_output=True, text=True,
        )
        return "true" in asked.stdout
