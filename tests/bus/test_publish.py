# SPDX-License-Identifier: Apache-2.0
"""Ports of a sandbox that programs of this machine reach: in each network mode, from the start and later, told and taken back."""

import contextlib
import hashlib
import json
import os
import signal
import socket

import pytest
from caller import ERROR, Caller, V
from conftest import PATIENCE, Inner, descendants, eventually, one_sentence
from published import LONG, curl, fetch, free_port, is_closed, own_address, start, web_server

INSTANCE = "org.inner.Sandbox.Instance"
MODES = {"off": [], "allowlist": ["--allow-host", "a.example:99"], "open": ["--network-mode", "open"]}


def published(person):
    return {row["Name"]: row["Published"] for row in json.loads(person("ps", "--json").stdout)}


@pytest.mark.parametrize("mode", MODES)
def test_in_each_mode(inner, mode):
    address = own_address()
    start(inner, web_server(7777), "--name", "box", "--publish", f"{address}:8888:7777", *MODES[mode])
    assert fetch(f"{address}:8888") == b"inside\n"
    assert published(inner) == {"box": [f"{address}:8888:7777"]}
    table = inner("ps").stdout.decode().splitlines()
    assert "PORTS" in table[0] and f"{address}:8888:7777" in table[1]
    assert f"{address}:8888:7777" in inner("inspect", "box").stdout.decode()
    assert inner("stop", "-t", "0", "box").returncode == 0
    assert is_closed(address, 8888)


def test_default_address_and_port(inner):
    port = free_port()
    start(inner, web_server(port), "--name", "box", "-P", str(port))
    assert fetch(f"127.0.0.1:{port}") == b"inside\n"
    assert published(inner) == {"box": [f"127.0.0.1:{port}:{port}"]}
    assert inner("stop", "-t", "0", "box").returncode == 0


def test_ipv6_outside(inner):
    if is_closed_family():
        pytest.skip("this machine has no ::1")
    port = free_port()
    start(inner, web_server(7777), "--name", "box", "--publish", f"[::1]:{port}:7777")
    assert fetch(f"[::1]:{port}") == b"inside\n"
    assert is_closed("127.0.0.1", port)
    assert inner("stop", "-t", "0", "box").returncode == 0


def is_closed_family():
    try:
        with socket.socket(socket.AF_INET6) as attempt:
            attempt.bind(("::1", 0))
        return False
    except OSError:
        return True


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("bound", ["127.0.0.1", "::1", "0.0.0.0", "::"])
def test_wherever_the_server_listens(bus, bound, mode):
    if ":" in bound and is_closed_family():
        pytest.skip("this machine has no IPv6")
    address = own_address()
    start(bus, web_server(7777, bound), "--name", "box", "--publish", f"{address}:8888:7777", *MODES[mode])
    assert fetch(f"{address}:8888") == b"inside\n"
    assert bus("stop", "-t", "0", "box").returncode == 0


@pytest.mark.parametrize("mode", MODES)
def test_ports_below_1024_inside(bus, mode):
    """Programs inside may listen there where such a port is published, and not otherwise."""
    address = own_address()
    start(bus, web_server(80), "--name", "box", "--publish", f"{address}:8080:80", *MODES[mode])
    if not eventually(lambda: curl(f"{address}:8080").stdout == b"inside\n", timeout=LONG):
        pytest.fail(str(curl(f"{address}:8080")))
    assert bus("stop", "-t", "0", "box").returncode == 0
    done = bus.run("python3 -c 'import socket; socket.socket().bind((\"127.0.0.1\", 80))' 2>&1 | grep -c Permission",
                   "--publish", f"{address}:8080:81", *MODES[mode])
    assert done.stdout == b"1\n", done.stderr


def test_two_sandboxes(inner):
    """The same port inside of both; outside the second is told before anything of it runs."""
    address = own_address()
    start(inner, web_server(7777, text="one"), "--name", "one", "--publish", f"{address}:8881:7777")
    start(inner, web_server(7777, text="two"), "--name", "two", "--publish", f"{address}:8882:7777")
    assert fetch(f"{address}:8881") == b"one\n"
    assert fetch(f"{address}:8882") == b"two\n"
    done = inner.run("touch ran", "--publish", f"{address}:8883:1", "--publish", f"{address}:8882:7777")
    assert done.returncode == 125
    assert "port 8882 of this machine already" in one_sentence(done)
    assert not (inner.work / "ran").exists()
    # What was taken before the one that failed is free again.
    assert is_closed(address, 8883)
    assert fetch(f"{address}:8882") == b"two\n"
    assert inner("stop", "-t", "0", "one", "two").returncode == 0


def test_port_of_another_program(inner):
    address = own_address()
    with socket.socket() as other:
        other.bind((address, 8888))
        other.listen()
        done = inner.run("touch ran", "--publish", f"{address}:8888:7777")
    assert done.returncode == 125
    assert "choose another one" in one_sentence(done)
    assert not (inner.work / "ran").exists()


def test_free_at_once(inner):
    """The end of the sandbox is the end of its ports, also of those that are in use."""
    address = own_address()
    for _ in range(3):
        child = inner.popen("run", "-p", "shell-oneshot", "--publish", f"{address}:8888:7777", "--arg", f"python3 -c '{ONCE}'")
        with contextlib.ExitStack() as stack:
            def visit():
                visitor = stack.enter_context(socket.socket())
                visitor.settimeout(20 * PATIENCE)
                with contextlib.suppress(OSError):
                    visitor.connect((address, 8888))
                    visitor.sendall(b"x")
                return child.poll() is not None
            assert eventually(visit, timeout=LONG)
            assert child.returncode == 0
            assert is_closed(address, 8888)


ONCE = "import socket; connection = socket.create_server((\"127.0.0.1\", 7777)).accept()[0]; connection.recv(1)"


BAD = {
    "8888/udp": "only TCP can be",
    "127.0.0.1:8888:7777/udp": "only TCP can be",
    "0.0.0.0:8888:7777": "other machines could reach",
    "192.168.1.1:8888:7777": "other machines could reach",
    "[::]:8888:7777": "other machines could reach",
    "0": "ports from 1 to 65535",
    "8888:0": "ports from 1 to 65535",
    "65536": "ports from 1 to 65535",
    "http": "ports from 1 to 65535",
    "8000-8010": "ports from 1 to 65535",
    "localhost:8888:7777": "ports from 1 to 65535",
    "": "ports from 1 to 65535",
}


@pytest.mark.parametrize("word", BAD)
def test_bad_words(private, word):
    done = private.run("true", "--publish", word)
    assert done.returncode == 125
    assert BAD[word] in one_sentence(done)


@pytest.mark.parametrize("options, said", [
    (["-P", "8888:1", "-P", "127.0.0.1:8888:2"], "leave one out"),
    (["-P", "8888", "--network-mode", "host"], "in the network mode “host”"),
    (["-P", "8888:53", "--network-mode", "open"], "from 1024 on"),
    (["-P", "8888:443", "--allow-host", "a.example"], "from 1024 on"),
    (["-P", "8888:7777", "--allow-host", "127.0.0.1:7777"], "from 1024 on"),
    ([word for port in range(33) for word in ("-P", str(40000 + port))], "33 ports"),
])
def test_bad_combinations(private, options, said):
    done = private.run("true", *options)
    assert done.returncode == 125
    assert said in one_sentence(done)


@pytest.mark.skipif(os.getuid() == 0, reason="root may listen everywhere")
def test_port_that_is_not_for_this_user(private):
    done = private.run("true", "--publish", f"{own_address()}:80:8080")
    assert done.returncode == 125
    assert "choose one from 1024 on" in one_sentence(done)


def test_plan_and_record(inner):
    address = own_address()
    done = inner("run", "-n", "--json", "-p", "shell-oneshot", "--publish", f"{address}:8888:7777", "--arg", "true")
    assert json.loads(done.stdout)["publish"] == [f"{address}:8888:7777"]
    assert is_closed(address, 8888)

    identity = start(inner, web_server(7777), "--publish", f"{address}:8888:7777")
    assert fetch(f"{address}:8888") == b"inside\n"
    assert inner("stop", "-t", "0", identity).returncode == 0
    events = [json.loads(line) for line in inner("log", "show", "--events", identity).stdout.splitlines()]
    assert next(e for e in events if e["event"] == "planned")["publish"] == [f"{address}:8888:7777"]
    told = {e["decision"]: e for e in events if e["event"] == "network"}
    assert told["reached"]["rule"] == told["closed"]["rule"] == f"{address}:8888:7777"
    assert told["reached"]["port"] == 7777
    assert told["closed"]["sent"] > 7 and told["closed"]["received"] > 10


PROFILE = """
[publish]
"{0}:8888" = "7777"
"{0}:8889" = "7777"
[entrypoint]
cmd = "sh"
args = ["-c"]
"""


def test_profile(inner):
    """What the person says of the same port of this machine counts."""
    address = own_address()
    profiles = inner.home / ".config/inner/profiles"
    profiles.mkdir(parents=True)
    (profiles / "web.toml").write_text(PROFILE.format(address))
    done = inner("run", "-d", "-p", "web", "--name", "box", "--publish", f"{address}:8889:9999", "--arg", web_server(7777))
    assert done.returncode == 0, done.stderr
    assert fetch(f"{address}:8888") == b"inside\n"
    assert curl(f"{address}:8889").stdout == b""
    assert published(inner) == {"box": [f"{address}:8888:7777", f"{address}:8889:9999"]}
    assert inner("stop", "-t", "0", "box").returncode == 0


@pytest.mark.parametrize("lines, said", [
    ('"0.0.0.0:8888" = "80"', "other machines could reach"),
    ('"8888/udp" = "80"', "only TCP"),
    ('"8888" = "0"', "no port"),
    ('8888 = 80\n"127.0.0.1:8888" = "81"', "remove one"),
])
def test_bad_profile(private, lines, said):
    (private.work / "web.toml").write_text(f"[publish]\n{lines}\n")
    done = private("profile", "validate", "web.toml")
    assert done.returncode != 0
    assert said in (done.stdout + done.stderr).decode()


@pytest.fixture
def approver(sandboxes_possible):
    person = Inner("bus", polkit="allow")
    yield person
    person.close()


def test_project_profile_is_approved_first(approver):
    """The text that a person approves names the ports."""
    bus = approver
    address = own_address()
    project = bus.work / ".inner/profiles"
    project.mkdir(parents=True)
    (project / "web.toml").write_text(PROFILE.format(address))
    run = ["run", "-d", "-p", "web", "--name", "box", "--arg", web_server(7777)]
    done = bus(*run)
    assert done.returncode == 126
    assert is_closed(address, 8888)
    digest = hashlib.sha256((project / "web.toml").read_bytes()).hexdigest()
    asked = bus("profile", "trust", project / "web.toml", "--sha256", digest)
    assert asked.returncode == 0, asked.stderr
    assert f"{address}:8888" in (asked.stdout + asked.stderr).decode()
    assert bus(*run).returncode == 0
    assert fetch(f"{address}:8888") == b"inside\n"
    assert bus("stop", "-t", "0", "box").returncode == 0


class Instance:
    def __init__(self, person, identity):
        self.caller = Caller(person)
        self.path = f"/org/inner/Sandbox/instance/{identity}"

    def publish(self, **options):
        types = {"port": "q", "sandbox_port": "q", "address": "s"}
        values = {key.replace("_", "-"): V(types.get(key, "s"), value) for key, value in options.items()}
        return self.caller.call("Publish", V("(a{sv})", (values,)), path=self.path, interface=INSTANCE)[1]

    def get(self, name):
        value, error = self.caller.call("Get", V("(ss)", (INSTANCE, name)), path=self.path, interface="org.freedesktop.DBus.Properties")
        assert error is None, self.caller.message
        return value[0]


@pytest.mark.parametrize("mode", MODES)
def test_later(bus, mode):
    address = own_address()
    identity = start(bus, web_server(7777), "--name", "box", *MODES[mode])
    box = Instance(bus, identity)
    assert box.get("Published") == []
    assert box.publish(address=address, port=8888, sandbox_port=7777) is None, box.caller.message
    assert box.get("Published") == [f"{address}:8888:7777"]
    assert fetch(f"{address}:8888") == b"inside\n"
    assert box.publish(address=address, sandbox_port=7777) is None, box.caller.message
    assert fetch(f"{address}:7777") == b"inside\n"
    assert published(bus) == {"box": [f"{address}:8888:7777", f"{address}:7777:7777"]}

    assert box.publish(address=address, port=8888, sandbox_port=1) == ERROR + "Busy"
    for options in ({}, {"port": 8888}, {"sandbox_port": 0}, {"sandbox_port": 1, "port": 0}, {"sandbox_port": 1, "address": "0.0.0.0"},
                    {"sandbox_port": 1, "address": "localhost"}, {"sandbox_port": 1, "protocol": "udp"}):
        assert box.publish(**options) == ERROR + "InvalidOption", options
    if mode != "off":
        assert box.publish(address=address, port=8889, sandbox_port=53) == ERROR + "LaunchFailed"
        assert "belongs to its gateway" in box.caller.message
        assert is_closed(address, 8889)
    for port in range(9000, 9030):
        assert box.publish(address=address, port=port, sandbox_port=7777) is None, box.caller.message
    assert box.publish(address=address, port=9030, sandbox_port=7777) == ERROR + "LimitExceeded"
    assert len(published(bus)["box"]) == 32

    assert bus("stop", "-t", "0", "box").returncode == 0
    assert is_closed(address, 8888) and is_closed(address, 9029)
    assert box.get("Published") == []
    assert box.publish(address=address, port=8888, sandbox_port=7777) == ERROR + "NotFound"
    events = [json.loads(line) for line in bus("log", "show", "--events", identity).stdout.splitlines()]
    assert [e["port"] for e in events if e["event"] == "published"][:2] == [f"{address}:8888:7777", f"{address}:7777:7777"]


def test_survives_the_service(bus):
    """A killed service ends no port, and the next one knows them all."""
    address = own_address()
    identity = start(bus, web_server(7777), "--name", "box", "--publish", f"{address}:8881:7777")
    assert Instance(bus, identity).publish(address=address, port=8882, sandbox_port=7777) is None
    assert fetch(f"{address}:8881") == b"inside\n"
    for pid, name in descendants().items():
        if name == "inner-sandboxd":
            os.kill(pid, signal.SIGKILL)
    assert curl(f"{address}:8881").stdout == curl(f"{address}:8882").stdout == b"inside\n"
    assert published(bus) == {"box": [f"{address}:8881:7777", f"{address}:8882:7777"]}
    assert Instance(bus, identity).publish(address=address, port=8883, sandbox_port=7777) is None
    assert fetch(f"{address}:8883") == b"inside\n"
    assert bus("stop", "-t", "0", "box").returncode == 0
    assert all(is_closed(address, port) for port in (8881, 8882, 8883))


REVERSE = """
import socket
with socket.create_server(("127.0.0.1", 7777)) as server:
    while True:
        connection, _ = server.accept()
        data = b""
        while chunk := connection.recv(65536):
            data += chunk
        connection.sendall(data[::-1])
        connection.close()
"""


def test_half_close_and_many_bytes(bus):
    """The end of one direction is not that of the other, and nothing is lost on the way."""
    address = own_address()
    (bus.work / "reverse.py").write_text(REVERSE)
    start(bus, "exec python3 reverse.py", "--name", "box", "--publish", f"{address}:8888:7777")
    sent = os.urandom(16 * 1024 * 1024)

    def ask(data):
        try:
            with socket.create_connection((address, 8888), 60 * PATIENCE) as visitor:
                visitor.sendall(data)
                visitor.shutdown(socket.SHUT_WR)
                answer = b""
                while chunk := visitor.recv(1 << 20):
                    answer += chunk
                return answer
        except OSError:
            return b""
    assert eventually(lambda: ask(b"abc") == b"cba", timeout=LONG)
    assert hashlib.sha256(ask(sent)[::-1]).digest() == hashlib.sha256(sent).digest()
    assert bus("stop", "-t", "0", "box").returncode == 0


def test_verify_takes_no_port(bus):
    """A profile can be verified while its sandbox runs."""
    address = own_address()
    profiles = bus.home / ".config/inner/profiles"
    profiles.mkdir(parents=True)
    (profiles / "web.toml").write_text(PROFILE.format(address))
    with socket.socket() as other:
        other.bind((address, 8888))
        other.listen()
        done = bus("verify", "-p", "web", "--json", timeout=180)
    assert "checks" in json.loads(done.stdout), done.stderr
