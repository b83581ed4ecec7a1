# SPDX-License-Identifier: Apache-2.0
"""Approval of documents that are not the user's own, and what does not hold in them all the same: attacks
64, 65, 109 and 110. The polkit here is ours (test_polkitd.py has the real one)."""

import hashlib
import os

import pytest

from caller import ERROR, Caller, V
from conftest import Inner, eventually

TRUST = "org.inner.sandbox.trust-profile"
NETWORK = "org.inner.sandbox.host-network"
WISHES = """schema_version = "1"
extends = "shell-oneshot"
[sandbox]
network_mode = "host"
[env]
inherit = ["COLOUR", "MY_TOKEN"]
[env.set]
STOLEN = "x${MY_TOKEN}x"
"""
SHOW = "echo $COLOUR,$MY_TOKEN,$STOLEN; ls /sys/class/net 2>/dev/null; wc -l < /proc/net/dev"
VALUES = {"COLOUR": "blue", "MY_TOKEN": "s3cret"}


@pytest.fixture
def person_with(sandboxes_possible):
    persons = []

    def make(answer):
        persons.append(Inner("bus", polkit=answer))
        return persons[-1]

    yield make
    for person in persons:
        person.close()


def put(person, text=WISHES, place=".inner/profiles/mine.toml"):
    path = person.work / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def digest_of(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def approve(person, path, digest=None):
    """Gives the name of the D-Bus error, without our prefix, and its message."""
    caller = Caller(person)
    _, error = caller.call("TrustProfile", V("(ss)", (str(path), digest or digest_of(path))))
    caller.connection.close_sync(None)
    return (error or "").removeprefix(ERROR), caller.message


def run(person, *options, **how):
    return person("run", "-p", "mine", *options, "--arg", SHOW, env=VALUES, **how)


def actions(person):
    return [asked["action"] for asked in person.asked_polkit()]


def test_an_approved_profile_runs_and_is_hardened(person_with):
    person = person_with("allow")
    path = put(person)
    refused = run(person)
    assert refused.returncode == 126 and b"innerctl profile trust" in refused.stderr, refused
    assert approve(person, path) == ("", "")
    assert actions(person) == [TRUST]
    done = run(person)
    assert done.returncode == 0, done.stderr
    values, *network = done.stdout.decode().splitlines()
    # The variable that speaks of a secret is not passed, neither by its name nor inside another.
    assert values == "blue,,xx"
    # Two lines of heading and the loopback of its own: the network of the machine was left out too.
    assert network[-1] == "3"
    # Nobody was asked for host-network: it is not part of the plan any more.
    assert actions(person) == [TRUST]


def test_the_plan_says_what_does_not_hold(person_with):
    person = person_with("allow")
    put(person)
    plan = person("run", "-n", "-p", "mine").stdout.decode()
    for part in ("sandbox.network_mode", "MY_TOKEN", "${MY_TOKEN}", "--network-mode host"):
        assert part in plan, plan


def test_editing_ends_the_approval(person_with):
    person = person_with("allow")
    path = put(person)
    approve(person, path)
    assert run(person).returncode == 0
    path.write_text(WISHES + "# one byte more\n")
    assert run(person).returncode == 126
    path.write_text(WISHES)
    assert run(person).returncode == 0


def test_editing_from_inside_has_no_effect(person_with):
    """Attack 64: on this sandbox, on the next one, and on the record of what was approved. As long as the
    sandbox lives its profile is one that nobody approved; then it is put back."""
    person = person_with("allow")
    path = put(person)
    approve(person, path)
    script = "echo '# evil' >> .inner/profiles/mine.toml; wc -l < /proc/net/dev > seen; sleep 100"
    assert person("run", "-d", "--name", "editor", "-p", "mine", "--arg", script).returncode == 0
    assert eventually(lambda: (person.work / "seen").exists() and (person.work / "seen").read_text() == "3\n")
    assert path.read_text().endswith("# evil\n")
    assert run(person).returncode == 126
    assert person("stop", "editor").returncode == 0
    assert path.read_text() == WISHES
    assert run(person).returncode == 0
    store = person.home / ".local/share/inner/trust"
    assert len(list(store.iterdir())) == 1


@pytest.mark.parametrize("mount", ["~/.local/share/inner", "~/.local/share/inner/trust", "~/.local",
                                   "~/.config/inner"])
def test_the_store_is_never_writable_inside(person_with, mount):
    """Attack 64: an approval that the sandbox writes itself."""
    person = person_with("allow")
    (person.home / ".local/share/inner/trust").mkdir(parents=True)
    (person.home / ".config/inner").mkdir(parents=True)
    done = person.run("true", "-m", f"{mount}:/x:rw")
    assert done.returncode == 125, done
    assert b"cannot be mounted" in done.stderr


def test_the_store_elsewhere_is_never_writable_inside(person_with):
    person = person_with("allow")
    data = person.root / "elsewhere"
    (data / "inner/trust").mkdir(parents=True)
    person.env["XDG_DATA_HOME"] = str(data)
    done = person("--no-bus", "run", "-p", "shell-oneshot", "-m", f"{data}:/x:rw", "--arg", "true")
    assert done.returncode == 125 and b"cannot be mounted writable" in done.stderr, done


@pytest.mark.parametrize("answer,error", [("deny", "NotAuthorized"),
                                          ("challenge", "NotAuthorized.CanObtain"),
                                          ("dismiss", "NotAuthorized.Dismissed"),
                                          ("nonsense", "PolkitUnavailable")])
def test_polkit_refuses_the_approval(person_with, answer, error):
    person = person_with(answer)
    path = put(person)
    assert approve(person, path)[0] == error
    assert run(person).returncode == 126
    assert not (person.home / ".local").exists()


def test_no_polkit_no_approval(bus):
    path = put(bus)
    assert approve(bus, path)[0] == "PolkitUnavailable"
    assert run(bus).returncode == 126


def test_what_cannot_be_approved(person_with):
    person = person_with("allow")
    path = put(person)
    other = "0" * 64
    link = path.with_name("link.toml")
    link.symlink_to(path)
    fifo = path.with_name("fifo.toml")
    os.mkfifo(fifo)
    for what, digest, error, part in [
        (path, other, "ProfileInvalid", digest_of(path)),
        (path, "abc", "InvalidOption", "SHA-256"),
        (path, digest_of(path) + "0", "InvalidOption", "SHA-256"),
        ("mine", other, "InvalidOption", "absolute"),
        (f"{person.work}/../work/x.toml", other, "InvalidOption", "canonical"),
        (path.with_name("none.toml"), other, "ProfileInvalid", "none.toml"),
        (link, digest_of(path), "ProfileInvalid", "symbolic link"),
        (fifo, other, "ProfileInvalid", "named pipe"),
        (path.parent, other, "ProfileInvalid", "directory"),
    ]:
        name, message = approve(person, what, digest)
        assert name == error and part in message, (what, name, message)
    # None of these was a question for a person.
    assert person.asked_polkit() == []
    assert run(person).returncode == 126


def test_a_digest_in_capitals(person_with):
    person = person_with("allow")
    path = put(person)
    assert approve(person, path, digest_of(path).upper()) == ("", "")
    assert run(person).returncode == 0


def test_bases_are_approved_for_themselves(person_with):
    person = person_with("allow")
    base = put(person, place=".inner/profiles/base.toml")
    path = put(person, 'extends = "./base.toml"\n')
    assert approve(person, path) == ("", "")
    refused = run(person)
    assert refused.returncode == 126 and b"base.toml" in refused.stderr, refused
    assert approve(person, base) == ("", "")
    assert run(person).returncode == 0


def test_as_if_it_were_the_users_own(person_with):
    """The option “unhardened”: one more privilege, and those of the document are asked for too."""
    person = person_with("allow")
    path = put(person)
    caller = Caller(person)
    options = {"unhardened": V("s", digest_of(path)), "directory": V("s", str(person.work)),
               "detach": V("b", True), "arguments": V("as", ["true"])}
    value, error = caller.start(options, "mine")
    assert error is None, caller.message
    assert actions(person) == [NETWORK, TRUST]
    caller.call("Wait", None, path=value[0], interface="org.inner.Sandbox.Instance")
    # It is no approval.
    assert caller.start({"directory": V("s", str(person.work))}, "mine")[1] == ERROR + "ProfileUntrusted"
    # For a profile of the user's own it changes nothing.
    own = person.home / ".config/inner/profiles/mine.toml"
    own.parent.mkdir(parents=True)
    path.rename(own)
    value, error = caller.start(options, "mine")
    assert error is None, caller.message
    assert actions(person) == [NETWORK, TRUST, NETWORK]
    caller.call("Wait", None, path=value[0], interface="org.inner.Sandbox.Instance")
    caller.connection.close_sync(None)


def test_as_if_it_were_the_users_own_for_these_bytes_only(person_with):
    """Attack 109: of the profile's own document, and of nothing that it extends."""
    person = person_with("allow")
    base = put(person, place=".inner/profiles/base.toml")
    path = put(person, 'extends = "./base.toml"\n')
    caller = Caller(person)
    options = {"unhardened": V("s", digest_of(path)), "directory": V("s", str(person.work)),
               "network": V("s", "off"), "arguments": V("as", ["true"])}
    assert caller.start(options, "mine")[1] == ERROR + "ProfileUntrusted"
    assert str(base) in caller.message
    path.write_text(WISHES)
    assert caller.start(options, "mine")[1] == ERROR + "ProfileUntrusted"
    assert str(path) in caller.message
    assert person.asked_polkit() == []
    caller.connection.close_sync(None)


def test_as_if_it_were_the_users_own_refused(person_with):
    person = person_with("deny")
    path = put(person)
    caller = Caller(person)
    options = {"unhardened": V("s", digest_of(path)), "directory": V("s", str(person.work)),
               "network": V("s", "off"), "arguments": V("as", ["true"])}
    assert caller.start(options, "mine")[1] == ERROR + "NotAuthorized"
    assert actions(person) == [TRUST]
    caller.connection.close_sync(None)


def test_what_a_person_is_shown(person_with):
    person = person_with("allow")
    base = put(person, place=".inner/profiles/base.toml")
    path = put(person, 'extends = "./base.toml"\n[entrypoint]\ncmd = "evil"\nargs = ["-x"]\n')
    caller = Caller(person)
    (described,), error = caller.call(
        "DescribeProfile", V("(sa{sv})", ("mine", {"directory": V("s", str(person.work))})))
    caller.connection.close_sync(None)
    assert error is None
    parts = described["documents"]
    assert [(p["path"], p["trusted"]) for p in parts[:2]] == [(str(path), False), (str(base), False)]
    assert [p["digest"] for p in parts[:2]] == [digest_of(path), digest_of(base)]
    assert all(p["trusted"] and p["scope"] == "builtin" for p in parts[2:]) and len(parts) > 2
    assert "It runs “evil -x”." in described["asks"]
    assert any("COLOUR" in ask for ask in described["asks"])
    assert not any("MY_TOKEN" in ask for ask in described["asks"])
    assert len(described["hardened"]) == 3
