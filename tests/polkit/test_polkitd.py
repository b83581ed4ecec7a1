# SPDX-License-Identifier: Apache-2.0
"""The installed policy and the real polkitd, on a system bus of its own. Needs root: polkitd does. The
callers are an ordinary user, because polkitd never refuses root (P15)."""

import re
import subprocess
from pathlib import Path

import ordinary_user
import pytest

from conftest import PREFIX, Inner, eventually
from ordinary_user import USER, OrdinaryUser

SERVICE = Path("/usr/share/dbus-1/system-services/org.freedesktop.PolicyKit1.service")
ACTIONS = PREFIX / "share/polkit-1/actions"
USES_NETWORK = ["true", "--network-mode", "host"]

RULE = """polkit.addRule(function (action, subject) {
  if (action.id == "org.inner.sandbox.host-network" && subject.user == "%s")
    return polkit.Result.%s;
});
"""


pytestmark = [
    pytest.mark.skipif(bool(ordinary_user.WHY_NOT), reason=ordinary_user.WHY_NOT),
    pytest.mark.skipif(not SERVICE.exists(), reason="polkitd is not installed"),
]


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


@pytest.fixture
def person():
    person = WithPolkitd()
    yield person
    person.close()


def refusal(person):
    result = person.run(*USES_NETWORK)
    assert result.returncode == 126, result.stderr
    return result.stderr.decode()


def test_rule_grants(person):
    person.start_polkitd(RULE % (USER.pw_name, "YES"))
    result = person.run(*USES_NETWORK)
    assert result.returncode == 0, result.stderr


def test_rule_for_somebody_else(person):
    person.start_polkitd(RULE % ("nobody", "YES"))
    assert "password" in refusal(person)


def test_rule_refuses(person):
    person.start_polkitd(RULE % (USER.pw_name, "NO"))
    assert "rules of this machine" in refusal(person)


def test_no_rule_and_nobody_to_ask(person):
    """The default outside of a local session is a password of an administrator (P14, P18)."""
    person.start_polkitd(None)
    assert "password" in refusal(person)


def test_policy_is_not_installed(person):
    """Pitfall P12: the sentence names the file."""
    empty = person.root / "empty"
    empty.mkdir()
    person.start_polkitd(RULE % (USER.pw_name, "YES"), actions=empty)
    assert "org.inner.sandbox.policy" in refusal(person)


def test_system_bus_without_polkitd(person):
    person.env["DBUS_SYSTEM_BUS_ADDRESS"] = person.start_bus("system", person.root / "system-bus")
    assert "polkit does not answer" in refusal(person)


def test_plain_sandbox_needs_no_polkit(person):
    assert person.run("exit 3").returncode == 3


class Root(WithPolkitd):
    def command(self, *args):
        return Inner.command(self, *args)


def test_root_is_always_granted(sandboxes_possible):
    """Pitfall P15: polkit never refuses root, not even by a rule."""
    person = Root()
    try:
        person.give_to(0, 0)
        person.start_polkitd(RULE % ("root", "NO"))
        result = person.run(*USES_NETWORK)
        assert result.returncode == 0, result.stderr
    finally:
        person.close()
