# SPDX-License-Identifier: Apache-2.0
"""The installed policy and the real polkitd, on a system bus of its own. Needs root: polkitd does. The
callers are an ordinary user, because polkitd never refuses root (P15)."""

import pytest

from conftest import Inner
from ordinary_user import USER
from with_polkitd import RULE, WHY_NOT, WithPolkitd

USES_NETWORK = ["true", "--network-mode", "host"]


pytestmark = pytest.mark.skipif(bool(WHY_NOT), reason=WHY_NOT)


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
