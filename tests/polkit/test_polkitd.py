# SPDX-License-Identifier: Apache-2.0
"""The installed policy and the real polkitd, on a system bus of its own. Needs root: polkitd does. The
callers are an ordinary user, because polkitd never refuses root (P15)."""

import contextlib
import json
import subprocess
import termios

import pytest

from conftest import PREFIX, Inner
from ordinary_user import USER
from terminal import Terminal
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


PASSWORD = "correct horse"


class OnATerminal(WithPolkitd):
    """polkit's helper asks for the real system bus and reads /etc/shadow: both are ours here, in a mount namespace in
    which innerctl and its service stand."""

    def __init__(self):
        super().__init__()
        hashed = subprocess.run(["openssl", "passwd", "-6", PASSWORD], capture_output=True, text=True, check=True).stdout
        self.shadow = self.root / "shadow"
        self.shadow.write_text(f"root:*:19000:0:99999:7:::\n{USER.pw_name}:{hashed.strip()}:19000:0:99999:7:::\n")
        self.shadow.chmod(0o640)
        self.bus_directory = self.root / "dbus"
        self.bus_directory.mkdir(mode=0o755)

    def start_polkitd(self, *arguments, **how):
        super().start_polkitd(*arguments, **how)
        (self.bus_directory / "system_bus_socket").symlink_to(self.root / "system-bus")

    def command(self, *args):
        return ["unshare", "--mount", "sh", "-euc",
                'mkdir -p /run/dbus; mount --bind "$1" /run/dbus; mount --bind "$2" /etc/shadow; shift 2; exec "$@"',
                "sh", str(self.bus_directory), str(self.shadow), *super().command(*args)]


@pytest.fixture
def on_a_terminal():
    person = OnATerminal()
    person.start_polkitd(RULE % (USER.pw_name, "AUTH_SELF"))
    yield person
    person.close()


def run_on(person, *options):
    return Terminal(person, *options, "run", "-p", "shell-oneshot", "--no-interactive", "--network-mode", "host", "--arg",
                    "echo it; echo runs")


@pytest.mark.parametrize("password,code,says", [(PASSWORD, 0, b"it\r\nruns"), ("wrong", 126, b"innerctl: ")])
def test_text_agent(on_a_terminal, password, code, says):
    """Nobody asks in this session, so innerctl does, once: what is opened first, then for the password."""
    with run_on(on_a_terminal) as terminal:
        terminal.expect("host-network")
        terminal.expect("the internet, the local network")
        terminal.expect("Password: ")
        terminal.type(password + "\n")
        assert terminal.end(40) == code, terminal.seen
        assert says in terminal.seen and password.encode() not in terminal.seen
        assert terminal.seen.count(b"Password: ") == 0


def test_text_agent_broken_off(on_a_terminal):
    """The terminal has its echo back, and nothing runs."""
    with run_on(on_a_terminal) as terminal:
        terminal.expect("Password: ")
        assert not termios.tcgetattr(terminal.master)[3] & termios.ECHO
        terminal.type(b"\x03")
        assert terminal.end(40) in (126, 130), terminal.seen
        assert b"runs" not in terminal.seen
        assert termios.tcgetattr(terminal.master)[3] & termios.ECHO


def test_no_ask(on_a_terminal):
    with run_on(on_a_terminal, "--no-ask") as terminal:
        assert terminal.end() == 126
        assert b"Password" not in terminal.seen and b"takes a password" in terminal.seen


def test_no_terminal_no_question(on_a_terminal):
    assert "password" in refusal(on_a_terminal)


def test_the_agent_is_for_its_parent_only(on_a_terminal):
    """Pitfall P19: it registers for innerctl, and nobody else can have it ask for another process."""
    done = subprocess.run([PREFIX / "libexec/inner/inner-ask", "1"], env=on_a_terminal.env, capture_output=True)
    assert done.returncode == 1 and b"No password can be asked for" in done.stderr


# Destinations of a running sandbox (change-egress)

EGRESS = RULE.replace("host-network", "change-egress")


@contextlib.contextmanager
def box_of(person, *options):
    done = person("run", "-d", "--json", "-p", "shell-oneshot", "--allow-host", "a.test", *options, "--arg", "sleep 600")
    assert done.returncode == 0, done.stderr
    box = json.loads(done.stdout)["id"]
    try:
        yield box
    finally:
        person("stop", "-t", "0", box)


def allowed(person, box):
    return [a["destination"] for a in json.loads(person("inspect", "--json", box).stdout)["Allowed"]]


def test_destination_by_a_rule(person):
    person.start_polkitd(EGRESS % (USER.pw_name, "YES"))
    with box_of(person) as box:
        done = person("network", "allow", "--profile", box, "b.test")
        assert done.returncode == 0, done.stderr
        assert person("network", "allow", "--once", box, "c.test").returncode == 0
        assert allowed(person, box) == ["b.test", "c.test"]
    assert '"b.test"' in (person.home / ".config/inner/profiles/shell-oneshot.toml").read_text()


@pytest.mark.parametrize("user,result,says", [
    ("nobody", "YES", "takes a password"),
    (USER and USER.pw_name, "NO", "rules of this machine"),
    (USER and USER.pw_name, "AUTH_ADMIN", "takes a password"),
])
def test_destination_without_a_rule(person, user, result, says):
    person.start_polkitd(EGRESS % (user, result))
    with box_of(person) as box:
        for how in ("--once", "--session", "--profile"):
            done = person("network", "allow", how, box, "b.test")
            assert done.returncode == 126 and says in done.stderr.decode(), done.stderr
        assert allowed(person, box) == []
        # What only refuses needs no consent.
        assert person("network", "deny", box, "b.test").returncode == 0
    assert not (person.home / ".config/inner/profiles/shell-oneshot.toml").exists()


def test_destination_without_polkitd(person):
    person.env["DBUS_SYSTEM_BUS_ADDRESS"] = person.start_bus("system", person.root / "system-bus")
    with box_of(person) as box:
        done = person("network", "allow", box, "b.test")
        assert done.returncode == 126 and b"polkit does not answer" in done.stderr
        assert allowed(person, box) == []


def test_destination_granted_at_start(person):
    """The rule holds for the start only; polkitd is not asked again for what is not written down."""
    person.start_polkitd(EGRESS % (USER.pw_name, "YES"))
    with box_of(person, "--allow", "change-egress") as box:
        person.env["DBUS_SYSTEM_BUS_ADDRESS"] = f"unix:path={person.root}/nowhere"
        assert person("network", "allow", box, "b.test").returncode == 0
        done = person("network", "allow", "--profile", box, "c.test")
        assert done.returncode == 126, done.stderr
        assert allowed(person, box) == ["b.test"]


@pytest.mark.parametrize("password,code,opened", [(PASSWORD, 0, ["b.test"]), ("wrong", 126, [])])
def test_destination_with_a_password(password, code, opened):
    person = OnATerminal()
    try:
        person.start_polkitd(EGRESS % (USER.pw_name, "AUTH_SELF"))
        with box_of(person) as box:
            with Terminal(person, "network", "allow", box, "b.test") as terminal:
                terminal.expect("Password: ")
                terminal.type(password + "\n")
                assert terminal.end(40) == code, terminal.seen
            assert allowed(person, box) == opened
    finally:
        person.close()
