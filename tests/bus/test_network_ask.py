# SPDX-License-Identifier: Apache-2.0
"""What people decide while a sandbox runs: AllowDestination, and the questions of a profile with network_ask."""

import json
import os
import signal
import subprocess
import tomllib

import pytest
from conftest import PATIENCE, SERVICE, Inner, descendants, eventually
from destinations import ALLOWLIST, FETCH, SHELL, Box, finish, give_profiles, refused
from gi.repository import GLib
from internet import OTHER, PUBLIC, PUBLIC_V6
from terminal import Terminal


@pytest.fixture
def person(internet, sandboxes_possible, request):
    """On the session bus, with a polkit that says yes; or what the parameter says."""
    person = Inner(*getattr(request, "param", ("bus", "allow")))
    give_profiles(person)
    yield person
    person.close()


# AllowDestination

def test_for_the_session(person, internet):
    with Box(person) as box:
        assert box.exec(FETCH.format("www.allowed.test"))[0] == 6
        assert "www.allowed.test" not in internet.names.asked[-5:]
        box.allow("www.allowed.test")
        for _ in range(2):
            assert box.exec(FETCH.format("www.allowed.test"))[1] == f"this is {PUBLIC} port 80\n"
        assert box.exec(FETCH.format("evil.test"))[0] == 6
        (allowed,) = box.get("Allowed")
        assert (allowed["destination"], allowed["answer"]) == ("www.allowed.test", "session")
        (event,) = box.events("destination")
        assert (event["destination"], event["answer"], event["granted"]) == ("www.allowed.test", "session", "rule")
        shown = json.loads(person("inspect", "--json", box.id).stdout)
        assert [a["destination"] for a in shown["Allowed"]] == ["www.allowed.test"]
    assert [a["action"] for a in person.asked_polkit()] == ["org.inner.sandbox.change-egress"]


def test_a_port_nobody_listened_at(person):
    ping = ("python3 -c 'import socket; s = socket.create_connection((\"www.allowed.test\", 7), 20);"
            " s.sendall(b\"ping\"); print(s.recv(4).decode())'")
    with Box(person) as box:
        box.allow("www.allowed.test:7")
        assert box.exec(ping)[1] == "ping\n"
        assert box.exec(FETCH.format("www.allowed.test"))[0] != 0


def test_once_is_one_connection(person):
    with Box(person) as box:
        box.allow("www.allowed.test:80", "once")
        assert box.exec(FETCH.format("www.allowed.test"))[1] == f"this is {PUBLIC} port 80\n"
        assert box.exec(FETCH.format("www.allowed.test"))[0] != 0


def test_an_address(person):
    with Box(person) as box:
        assert box.exec(FETCH.format(PUBLIC))[0] != 0
        box.allow(PUBLIC)
        assert box.exec(FETCH.format(PUBLIC))[1] == f"this is {PUBLIC} port 80\n"
        box.allow(f"[{PUBLIC_V6}]:80", "once")
        assert box.exec(FETCH.format(f"[{PUBLIC_V6}]"))[1] == f"this is {PUBLIC_V6} port 80\n"
        assert box.exec(FETCH.format(f"[{PUBLIC_V6}]"))[0] != 0


def test_a_domain(person):
    with Box(person) as box:
        box.allow("*.allowed.test")
        assert box.exec(FETCH.format("deep.er.allowed.test"))[1] == f"this is {PUBLIC} port 80\n"
        assert box.exec(FETCH.format("allowed.test"))[0] == 6


def test_what_is_denied_stays_denied(person):
    profile = ALLOWLIST + 'network_deny = ["api.allowed.test", "*.evil.test"]\n' + SHELL
    (person.home / ".config/inner/profiles/denying.toml").write_text(profile)
    with Box(person, "denying") as box:
        for destination in ("api.allowed.test", "x.evil.test:80", "*.evil.test", "*.more.evil.test"):
            with refused("InvalidOption", "denies it"):
                box.allow(destination)
        box.allow("*.allowed.test")
        assert box.exec(FETCH.format("api.allowed.test"))[0] == 6
        assert len(box.events("destination")) == 1


def test_survives_the_service(person):
    with Box(person) as box:
        box.allow("www.allowed.test")
        (service,) = [pid for pid, name in descendants().items() if name == SERVICE]
        os.kill(service, signal.SIGKILL)
        assert eventually(lambda: service not in descendants())
        assert box.exec(FETCH.format("www.allowed.test"))[1] == f"this is {PUBLIC} port 80\n"
        assert [a["destination"] for a in box.get("Allowed")] == ["www.allowed.test"]


def test_bad_options(person):
    with Box(person) as box:
        with refused("InvalidOption", "“once”, “session” or “profile”"):
            box.allow("www.allowed.test", "always")
        with refused("InvalidOption", "“once” or “session”"):
            box.deny("www.allowed.test", "profile")
        with refused("InvalidOption"):
            box.call("AllowDestination", GLib.Variant("(sa{sv})", ("a.test", {"fro": GLib.Variant("s", "once")})))
        with refused("InvalidOption", "asks nobody"):
            box.watch()
    with pytest.raises(GLib.Error, match="NotFound"):
        box.connect()
        box.allow("www.allowed.test")
    assert person.asked_polkit() == []


@pytest.mark.parametrize("mode", ["off", "open"])
def test_only_an_allowlist_is_opened(person, mode):
    with Box(person, "narrow", "--network-mode", mode) as box:
        with refused("InvalidOption", "has no allowlist"):
            box.allow("www.allowed.test")


def test_many_are_enough(person):
    with Box(person) as box:
        with refused("LimitExceeded"):
            for i in range(100):
                box.allow(f"h{i}.allowed.test")
        assert len(box.get("Allowed")) == 64


def own(person, name):
    return (person.home / ".config/inner/profiles" / name).read_text()


def test_for_the_profile(person):
    with Box(person) as box:
        box.allow("www.allowed.test", "profile")
        box.allow("www.allowed.test", "profile")
        assert box.exec(FETCH.format("www.allowed.test"))[1] == f"this is {PUBLIC} port 80\n"
    assert tomllib.loads(own(person, "narrow.toml"))["sandbox"]["network_allow"] == ["six.test", "www.allowed.test"]
    done = person("run", "-p", "narrow", "--arg", FETCH.format("www.allowed.test"))
    assert done.stdout.decode() == f"this is {PUBLIC} port 80\n"


# Questions

def test_nobody_listens(person, internet):
    with Box(person, "asking") as box:
        code, _, _ = box.exec(FETCH.format("evil.test"))
        assert code == 6
        code, _, _ = box.exec(FETCH.format(OTHER))
        assert code != 0
        told = box.events("network")
        assert told[-1]["reason"] == "it is not on the allowlist, and nobody is there who could be asked"


@pytest.mark.parametrize("answer", ["once", "session"])
def test_listener_allows(person, internet, answer):
    with Box(person, "asking") as box:
        box.watch()
        before = internet.names.asked.count("www.allowed.test")
        child = box.start(FETCH.format("www.allowed.test"))
        box.wait_asked(("www.allowed.test", 80))
        assert [(a["name"], a["port"]) for a in box.get("Asked")] == [("www.allowed.test", 80)]
        assert internet.names.asked.count("www.allowed.test") == before
        box.allow("www.allowed.test:80", answer)
        assert finish(child)[1] == f"this is {PUBLIC} port 80\n"
        assert eventually(lambda: box.get("Asked") == [])
        if answer == "session":
            assert box.exec(FETCH.format("www.allowed.test"))[1] == f"this is {PUBLIC} port 80\n"
        told = [e["decision"] for e in box.events("network")]
        assert told[:3] == ["asked", "answered", "allowed"]


def test_listener_refuses(person, internet):
    with Box(person, "asking") as box:
        box.watch()
        before = internet.contacted(OTHER)
        child = box.start(FETCH.format("evil.test"))
        box.wait_asked(("evil.test", 80))
        box.deny("evil.test:80")
        assert finish(child)[0] != 0
        # Not asked about again at once.
        assert box.exec(FETCH.format("evil.test"))[0] != 0
        assert box.asked == [("evil.test", 80)]
        assert internet.contacted(OTHER) == before
        assert "evil.test" not in internet.names.asked[-3:]
        reasons = [e["reason"] for e in box.events("network") if e["decision"] == "denied"]
        assert reasons[0] == "a person refused it"


def test_any_port_can_be_asked_about(person):
    ping = ("python3 -c 'import socket; s = socket.create_connection((\"www.allowed.test\", 7), 50);"
            " s.settimeout(50); s.sendall(b\"ping\"); print(s.recv(4).decode())'")
    with Box(person, "asking") as box:
        box.watch()
        child = box.start(ping)
        box.wait_asked(("www.allowed.test", 7))
        box.allow("www.allowed.test:7", "once")
        assert finish(child)[1] == "ping\n"


def test_tls_is_looked_at_after_the_answer(person, internet):
    """The name that was allowed is the one that the server name must be."""
    with Box(person, "asking") as box:
        box.watch()
        child = box.start("curl -sS -m 50 -k --connect-to evil.test:443:www.allowed.test:443 https://evil.test/")
        box.wait_asked(("www.allowed.test", 443))
        box.allow("www.allowed.test")
        assert finish(child)[0] != 0
        assert any("another server" in e["reason"] for e in box.events("network"))


def test_same_name_is_asked_once(person):
    with Box(person, "asking") as box:
        box.watch()
        child = box.start(" ".join(f"{FETCH.format('www.allowed.test')} &" for _ in range(10)) + " wait")
        box.wait_asked(("www.allowed.test", 80))
        # All of them have come, or come in time.
        box.allow("www.allowed.test")
        assert finish(child)[1] == f"this is {PUBLIC} port 80\n" * 10
        assert box.asked == [("www.allowed.test", 80)]


def test_an_address_is_asked_about(person):
    with Box(person, "asking") as box:
        box.watch()
        child = box.start(FETCH.format(PUBLIC))
        box.wait_asked((PUBLIC, 80))
        box.allow(f"{PUBLIC}:80", "once")
        assert finish(child)[1] == f"this is {PUBLIC} port 80\n"


def test_plan_says_that_it_asks(person):
    plan = json.loads(person("run", "-n", "--json", "-p", "asking", "--arg", "true").stdout)
    assert plan["network-ask"] is True
    assert not any("network_ask" in w for w in plan["warnings"])


# innerctl

def test_network_verbs(person):
    with Box(person) as box:
        done = person("network", "allow", box.id, "www.allowed.test:80", "api.allowed.test")
        assert done.returncode == 0, done.stderr
        assert done.stdout.decode() == ("the sandbox may reach www.allowed.test:80 as long as it lives\n"
                                        "the sandbox may reach api.allowed.test as long as it lives\n")
        assert box.exec(FETCH.format("www.allowed.test"))[1] == f"this is {PUBLIC} port 80\n"
        done = person("network", "allow", "--json", "--once", box.id, "10.1.2.3", "x.test")
        assert done.returncode == 125 and b"local network" in done.stderr
        assert json.loads(done.stdout) == [{"destination": "x.test", "for": "once"}]
        done = person("network", "deny", "--session", box.id, "evil.test")
        assert done.stdout.decode() == "nobody is asked about evil.test as long as the sandbox lives\n"
        assert person("network", "allow", "--once", "--session", box.id, "x.test").returncode == 125
        assert person("network", "allow", box.id).returncode == 125
        done = person("network", "ask", box.id)
        assert done.returncode == 125 and b"no terminal" in done.stderr


def test_network_ask_on_a_terminal(person):
    with Box(person, "asking") as box:
        with Terminal(person, "network", "ask", box.id) as terminal:
            child = None

            def listening():
                nonlocal child
                child = box.start(FETCH.format("www.allowed.test"))
                return eventually(lambda: (terminal.look(), b"www.allowed.test:80" in terminal.seen)[1]
                                  or child.poll() is not None, 30) and child.poll() is None

            # It is refused at once as long as nobody listens.
            assert eventually(listening, 60), terminal.seen
            terminal.expect("or never (d)?")
            terminal.type("maybe\n")
            terminal.expect("or never (d)?")
            terminal.type("s\n")
            assert finish(child)[1] == f"this is {PUBLIC} port 80\n"
            child = box.start(FETCH.format("evil.test"))
            terminal.expect("evil.test:80")
            terminal.expect("or never (d)?")
            terminal.type("n\n")
            assert finish(child)[0] != 0
            person("stop", "-t", "0", box.id)
            assert terminal.end(30) == 0


def test_network_ask_as_json(person):
    with Box(person, "asking") as box:
        listener = person.popen("network", "ask", "--json", box.id, stdout=subprocess.PIPE)
        child = None

        def asked():
            nonlocal child
            child = box.start(FETCH.format("www.allowed.test"))
            return eventually(lambda: box.get("Asked") or child.poll() is not None, 30) and child.poll() is None

        assert eventually(asked, 60)
        assert json.loads(listener.stdout.readline()) == {"id": box.id, "destination": "www.allowed.test:80"}
        assert person("network", "allow", "--once", box.id, "www.allowed.test:80").returncode == 0
        assert finish(child)[1] == f"this is {PUBLIC} port 80\n"
        person("stop", "-t", "0", box.id)
        assert listener.wait(30 * PATIENCE) == 0
        listener.stdout.close()


@pytest.mark.parametrize("person", [("private", "allow")], indirect=True)
def test_without_a_session_bus(person):
    """Each innerctl has a service of its own, and all speak with the same supervisor."""
    done = person("run", "-d", "--name", "box", "-p", "narrow", "--arg", "sleep 600")
    assert done.returncode == 0, done.stderr
    try:
        assert person("network", "allow", "box", "www.allowed.test").returncode == 0
        done = person("exec", "box", "--", "sh", "-c", FETCH.format("www.allowed.test"))
        assert done.stdout.decode() == f"this is {PUBLIC} port 80\n"
        shown = json.loads(person("inspect", "--json", "box").stdout)
        assert [a["destination"] for a in shown["Allowed"]] == ["www.allowed.test"]
    finally:
        person("stop", "-t", "0", "box")


@pytest.mark.parametrize("person", [("bus", "deny"), ("bus", "challenge"), ("bus", None)], indirect=True)
def test_without_the_privilege(person):
    with Box(person, "asking") as box:
        box.watch()
        for how in ("once", "session", "profile"):
            with pytest.raises(GLib.Error, match="NotAuthorized|PolkitUnavailable"):
                box.allow("www.allowed.test", how)
        assert box.get("Allowed") == []
        child = box.start(FETCH.format("www.allowed.test"))
        box.wait_asked(("www.allowed.test", 80))
        box.deny("www.allowed.test")
        assert finish(child)[0] != 0
    assert "www.allowed.test" not in own(person, "asking.toml")


def test_granted_at_the_start(person):
    """One question at the start, none for each destination; what is written down is asked about again."""
    with Box(person, "narrow", "--allow", "change-egress") as box:
        asked = len(person.asked_polkit())
        box.allow("www.allowed.test")
        box.allow("evil.test", "once")
        assert len(person.asked_polkit()) == asked
        assert [e["granted"] for e in box.events("destination")] == ["start", "start"]
        box.allow("x.test", "profile")
        assert len(person.asked_polkit()) == asked + 1
