# SPDX-License-Identifier: Apache-2.0
"""Every privilege that a sandbox can start with, against the real polkitd: with a rule for it, without one, with one
against it, without polkitd, and as root. What stands behind each is in tests/bus/test_engines.py; here most of it is a
socket that nobody answers, because it is about who may. Needs root, as test_polkitd.py does."""

import os
import shutil
import socket

import pytest

from conftest import Inner
from ordinary_user import USER
from with_polkitd import WHY_NOT, WithPolkitd

pytestmark = pytest.mark.skipif(bool(WHY_NOT), reason=WHY_NOT)

RULE = """polkit.addRule(function (action, subject) {
  if (action.id.indexOf("org.inner.sandbox.") === 0 && subject.user == "%s")
    return polkit.Result.%s;
});
"""

# Options of "run" that take the privilege.
WAYS = {
    "podman-socket": ["--allow", "podman-socket"],
    "docker-socket": ["--allow", "docker-socket"],
    "nested-user-ns": ["--allow", "nested-user-ns"],
    "host-network": ["--network-mode", "host"],
    "expose-credentials": ["--allow", "ssh-keys"],
    "agent-sockets": ["--allow", "ssh-agent"],
    "session-bus": ["--allow", "session-bus:org.example.App"],
    "display": ["--allow", "display"],
    "writable-system": ["--allow", "writable-system"],
    "inherit-environment": ["-p", "all"],
    "unguarded-workspace": ["--allow", "unguarded-workspace"],
    "change-egress": ["--allow", "change-egress"],
}


def equip(person, uid, gid):
    """What each privilege opens, as far as it must be there for the plan."""
    person.sockets = []
    places = ["run/podman/podman.sock", "run/docker.sock", "run/wayland-0", "run/bus", "agent"]
    for place in places:
        path = person.root / place
        path.parent.mkdir(exist_ok=True)
        server = socket.socket(socket.AF_UNIX)
        server.bind(str(path))
        server.listen()
        person.sockets.append(server)
        os.chown(path, uid, gid)
        os.chown(path.parent, uid, gid) if path.parent != person.root else None
    profile = person.home / ".config/inner/profiles/all.toml"
    profile.parent.mkdir(parents=True)
    profile.write_text('extends = "shell-oneshot"\n[env]\ninherit_all = true\n')
    (person.home / ".ssh").mkdir()
    for path in [person.home, *person.home.rglob("*")]:
        os.chown(path, uid, gid)
    person.env |= {"WAYLAND_DISPLAY": "wayland-0", "SSH_AUTH_SOCK": str(person.root / "agent")}


def tries(person, skip=()):
    """Runs each; gives key -> (exit code, what was said)."""
    found = {}
    for key, options in WAYS.items():
        if key in skip or (key == "session-bus" and shutil.which("xdg-dbus-proxy") is None):
            continue
        profile = [] if "-p" in options else ["-p", "shell-oneshot"]
        done = person("--no-bus", "run", *profile, *options, "--arg", "true")
        found[key] = (done.returncode, done.stderr.decode())
    return found


@pytest.fixture
def person():
    person = WithPolkitd()
    equip(person, USER.pw_uid, USER.pw_gid)
    yield person
    for server in person.sockets:
        server.close()
    person.close()


def test_with_a_rule(person):
    person.start_polkitd(RULE % (USER.pw_name, "YES"))
    assert {key: code for key, (code, _) in tries(person).items()} == dict.fromkeys(WAYS, 0)


@pytest.mark.parametrize("user,result,says", [
    ("nobody", "YES", "takes a password"),       # no rule for this user, and no agent that could ask
    (USER and USER.pw_name, "NO", "rules of this machine"),
    (USER and USER.pw_name, "AUTH_ADMIN", "takes a password"),
])
def test_without_a_rule(person, user, result, says):
    person.start_polkitd(RULE % (user, result))
    for key, (code, text) in tries(person).items():
        assert code == 126 and says in text and key in text, (key, code, text)


def test_without_polkitd(person):
    person.env["DBUS_SYSTEM_BUS_ADDRESS"] = person.start_bus("system", person.root / "system-bus")
    for key, (code, text) in tries(person).items():
        assert code == 126 and "polkit does not answer" in text, (key, code, text)


def test_without_a_system_bus(person):
    for key, (code, text) in tries(person).items():
        assert code == 126 and "polkit does not answer" in text, (key, code, text)


class Root(WithPolkitd):
    def command(self, *args):
        return Inner.command(self, *args)


def test_as_root(sandboxes_possible):
    """Pitfall P15: granted whatever the rules say, but not without polkitd."""
    person = Root()
    person.give_to(0, 0)
    equip(person, 0, 0)
    # Root has no subordinate ids on most machines.
    skip = () if any(line.startswith("root:") for line in open("/etc/subuid")) else ("nested-user-ns",)
    try:
        for key, (code, text) in tries(person, skip).items():
            assert code == 126 and "polkit does not answer" in text, (key, code, text)
        person.start_polkitd(RULE % ("root", "NO"))
        for key, (code, text) in tries(person, skip).items():
            assert code == 0, (key, code, text)
    finally:
        for server in person.sockets:
            server.close()
        person.close()
