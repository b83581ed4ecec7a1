# SPDX-License-Identifier: Apache-2.0
"""The gateway between its supervisor and a network namespace, and the supervisor between it and a service."""

import os
import signal
import socket
import subprocess
import sys
import time

import pytest
from supervisor_rig import BUILD, GLib, Sandbox, assert_no_process_left, receive, send, variant, wait_for

GATEWAY = str(BUILD / "service/egress/inner-egress")
SH = "/usr/bin/sh"


def rules(program=GATEWAY, **more):
    strings = lambda words: GLib.Variant("as", words)
    values = {"program": program, "serves": True, "open": False, "allow": strings([]), "deny": strings([]), "ask": False, "require-name": True,
              "proxy": "", "no-proxy": "", **more}
    return {key: variant(value) for key, value in values.items() if value is not None}


class Gateway:
    """One without a supervisor: we are it."""

    def __init__(self):
        self.line, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.pid = os.posix_spawn(GATEWAY, ["inner-egress"], {},
                                  file_actions=[(os.POSIX_SPAWN_DUP2, theirs.fileno(), 3)])
        theirs.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.line.close()
        os.waitpid(self.pid, 0)


def test_namespace_of_the_host_is_refused():
    with Gateway() as gateway:
        send(gateway.line, "configure", rules())
        own = os.open("/proc/self/ns/net", os.O_RDONLY)
        send(gateway.line, "join", fds=[own])
        name, values = receive(gateway.line)
        os.close(own)
        assert name == "failed"
        assert "it is no network namespace of a sandbox" in values["message"]
        assert receive(gateway.line) is None


@pytest.mark.parametrize("place", ["/dev/null", "/proc/self/ns/mnt", "/proc/self/ns/user"])
def test_what_is_no_namespace_is_refused(place):
    with Gateway() as gateway:
        send(gateway.line, "configure", rules())
        fd = os.open(place, os.O_RDONLY)
        send(gateway.line, "join", fds=[fd])
        os.close(fd)
        assert receive(gateway.line)[0] == "failed"


@pytest.mark.parametrize("bad", [
    {"allow": GLib.Variant("as", ["a b"])}, {"deny": GLib.Variant("as", ["*"])}, {"open": None}, {"serves": None}, {"serves": "yes"}, {"allow": None},
    {"deny": None}, {"require-name": None}, {"proxy": None}, {"open": "yes"}, {"proxy": "socks5://x:1"},
])
def test_rules_that_cannot_be_read(bad):
    """No sandbox is served by rules that were read halfway."""
    with Gateway() as gateway:
        send(gateway.line, "configure", rules(**bad))
        assert receive(gateway.line)[0] == "failed"
        assert receive(gateway.line) is None


def test_ends_with_its_line():
    with Gateway() as gateway:
        send(gateway.line, "configure", rules())
    assert_no_process_left()


def test_no_gateway_no_network():
    """A gateway that is not there, that ends at once or that says no: no command ever runs."""
    for program in ("/nonexistent/inner-egress", "/usr/bin/true", "/usr/bin/false"):
        with Sandbox([SH, "-c", "exit 7"], egress=rules(program)) as sandbox:
            assert sandbox.failed()["kind"] in ("egress", "internal")


def test_namespace_cannot_be_shared():
    """A sandbox with the host's network gets no gateway in it."""
    from supervisor_rig import BASE

    base = [*BASE, "--share-net"]
    with Sandbox([SH, "-c", "exit 7"], base=base, egress=rules()) as sandbox:
        values = sandbox.failed()
        assert values["kind"] == "egress"
        assert "network" in values["message"]


@pytest.mark.parametrize("value", ["text", {"program": variant("relative")}, {"program": GLib.Variant("u", 1)}, {}])
def test_record_with_bad_egress(value):
    with Sandbox(["true"], egress=value) as sandbox:
        assert "egress" in sandbox.expect("failed")["message"]


def listener():
    server = socket.create_server(("127.0.0.1", 0))
    return server, server.getsockname()[1]


def ports(*words):
    return GLib.Variant("a(sq)", [(word, 7777) for word in words])


def test_record_with_bad_ports():
    """Nothing runs that promises a port which nobody serves."""
    server, _ = listener()
    quiet = rules(serves=False)
    cases = [dict(egress=quiet, publish=ports("a")), dict(publish=ports("a"), fds={-200: server.fileno()}),
             dict(egress=quiet, publish=ports("a", "b"), fds={-200: server.fileno()}),
             dict(egress=quiet, publish=ports(*"a" * 33), fds={-200: server.fileno()}),
             dict(egress=quiet, publish="a", fds={-200: server.fileno()})]
    for case in cases:
        with Sandbox(["true"], **case) as sandbox:
            assert "port" in sandbox.expect("failed")["message"], case
    server.close()


@pytest.mark.parametrize("program", ["/nonexistent/inner-egress", "/usr/bin/true"])
def test_no_command_without_its_ports(program):
    server, _ = listener()
    with Sandbox([SH, "-c", "exit 7"], egress=rules(program, serves=False), publish=ports("a"),
                 fds={-200: server.fileno()}) as sandbox:
        assert sandbox.failed()["kind"] in ("egress", "internal")
    server.close()


@pytest.mark.parametrize("program", ["/nonexistent/inner-egress", "/usr/bin/true"])
def test_a_later_port_costs_only_itself(program):
    server, _ = listener()
    with Sandbox(["sleep", "60"], egress=rules(program, serves=False)) as sandbox:
        sandbox.started()
        for _ in range(2):
            sandbox.send("publish", {"tag": GLib.Variant("u", 5), "word": "a", "inside": GLib.Variant("q", 7777)}, [server.fileno()])
            answer = sandbox.expect("published")
            assert (answer["tag"], answer["message"] != "") == (5, True)
        sandbox.stop(0)
        assert sandbox.exited()["reason"] == "stopped"
    server.close()


@pytest.mark.parametrize("values, n_fds", [
    ({}, 1), ({"word": "a"}, 1), ({"word": "a", "inside": GLib.Variant("q", 0)}, 1), ({"word": "a", "inside": "7"}, 1),
    ({"word": "a", "inside": GLib.Variant("q", 7)}, 0), ({"word": "a", "inside": GLib.Variant("q", 7)}, 2),
])
def test_what_is_no_port_ends_the_conversation(values, n_fds):
    server, _ = listener()
    with Sandbox(["sleep", "60"], egress=rules(serves=False)) as sandbox:
        sandbox.started()
        sandbox.send("publish", {"tag": GLib.Variant("u", 5), **values}, [server.fileno()] * n_fds)
        assert sandbox.receive() is None
    server.close()


def test_only_ways_in():
    """Without a network the gateway adds no route and no resolver."""
    server, port = listener()
    script = "cat /proc/net/fib_trie | grep -c 198.18; cat /proc/net/udp | wc -l; cat /proc/net/tcp | wc -l; sleep 60"
    read, write = os.pipe()
    with Sandbox([SH, "-c", script], egress=rules(serves=False), publish=ports("a"),
                 fds={-200: server.fileno(), -2: write}) as sandbox:
        os.close(write)
        sandbox.started()
        with os.fdopen(read) as output:
            assert [output.readline() for _ in range(3)] == ["0\n", "1\n", "1\n"]
        server.close()
        with pytest.raises(ConnectionError), socket.create_connection(("127.0.0.1", port), 20) as visitor:
            visitor.settimeout(20)
            visitor.recv(1)
        assert sandbox.expect("network")["decision"] == "failed"
        sandbox.stop(0)
        assert sandbox.exited()["reason"] == "stopped"


PING = """
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
s.settimeout(5)
try:
    s.connect(("{}", {}))
    s.sendall(b"x")
    print(s.recv(1))
except OSError as error:
    print(error)
"""


def test_command_waits_for_the_gateway():
    read, write = os.pipe()
    null = os.open("/dev/null", os.O_RDWR)
    with Sandbox([SH, "-c", "getent hosts a.test; echo $?; cat /proc/net/route | wc -l"], fds={-2: write, -3: null},
                 egress=rules(allow=GLib.Variant("as", ["b.test"]))) as sandbox:
        os.close(write)
        # On a busy machine the command may have asked before it is told that it runs.
        names = []
        while (message := sandbox.receive())[0] in ("started", "network"):
            names.append(message[0])
        assert message[0] == "exited"
        assert names.count("started") == 1
        sandbox.send("forget")
        sandbox.gone()
    os.close(null)
    os.close(read)


def test_denials_are_told_and_kept():
    with Sandbox(["/usr/bin/python3", "-c", PING.format("93.184.216.34", 443)],
                 egress=rules(allow=GLib.Variant("as", ["b.test"]))) as sandbox:
        sandbox.started()
        name, event = sandbox.receive()
        assert name == "network"
        assert (event["decision"], event["address"], event["port"]) == ("denied", "93.184.216.34", 443)
        assert event["reason"] == "it is not on the allowlist"
        assert event["count"] == 1
        values = sandbox.exited()
        assert [(d["name"], d["port"], d["count"]) for d in values["denied"]] == [("93.184.216.34", 443, 1)]


def test_end_of_the_gateway_is_told():
    with Sandbox(["sleep", "60"], egress=rules()) as sandbox:
        sandbox.started()
        children = subprocess.run(["ps", "-o", "pid=,comm=", "--ppid", str(sandbox.pid)], capture_output=True, text=True)
        gateway = [int(line.split()[0]) for line in children.stdout.splitlines() if "inner-egress" in line]
        assert len(gateway) == 1
        os.kill(gateway[0], signal.SIGKILL)
        name, event = sandbox.receive()
        assert (name, event["decision"]) == ("network", "ended")
        sandbox.stop()
        sandbox.exited()
