# SPDX-License-Identifier: Apache-2.0
"""Attacks 79, 96, 97 and 107 on the ways in: a published port leads into its sandbox and to nothing else, for nobody but
programs of this machine; it is not flooded, and it ends with what serves it."""

import os
import signal
import socket
from pathlib import Path

import pytest
from caller import Caller, V
from conftest import PATIENCE, descendants, eventually
from published import LONG, curl, fetch, free_port, is_closed, own_address, start, web_server

ALLOWED = {"off": [], "allowlist": ["--allow-host", "127.0.0.1:{}"], "open": ["--network-mode", "open", "--allow-host", "127.0.0.1:{}"]}


class Bystander:
    """A service of the machine that no sandbox and no visitor of one is meant to reach."""

    def __init__(self):
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.socket.setblocking(False)
        self.port = self.socket.getsockname()[1]

    def reached(self):
        try:
            self.socket.accept()[0].close()
            return True
        except BlockingIOError:
            return False

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()


def processes(name):
    return [pid for pid, found in descendants().items() if found == name]


@pytest.mark.parametrize("mode", ["off", "allowlist", "open"])
def test_079_not_to_the_machine(bus, mode):
    """A visitor of a port where nobody listens inside does not end at the machine's own service with that number."""
    address = own_address()
    options = {"off": [], "allowlist": ["--allow-host", "a.example:99"], "open": ["--network-mode", "open"]}[mode]
    with Bystander() as bystander:
        start(bus, "sleep 600", "--name", "box", "--publish", f"{address}:8888:{bystander.port}", *options)
        for _ in range(3):
            assert curl(f"{address}:8888").stdout == b""
        assert not bystander.reached()
        assert bus("stop", "-t", "0", "box").returncode == 0


@pytest.mark.parametrize("mode", ["allowlist", "open"])
def test_079_not_to_the_gateway(bus, mode):
    """Where the profile lets the sandbox reach a service of the machine, a way in does not become a way through."""
    address = own_address()
    with Bystander() as bystander:
        options = [word.format(bystander.port) for word in ALLOWED[mode]]
        done = bus.run("true", "--publish", f"{address}:8888:{bystander.port}", *options)
        assert done.returncode == 125 and b"from 1024 on" in done.stderr
        identity = start(bus, "sleep 600", "--name", "box", *options)
        caller = Caller(bus)
        _, error = caller.call("Publish", V("(a{sv})", ({"address": V("s", address), "port": V("q", 8888),
                                                         "sandbox-port": V("q", bystander.port)},)),
                               path=f"/org/inner/Sandbox/instance/{identity}", interface="org.inner.Sandbox.Instance")
        assert error == "org.inner.Sandbox.Error.LaunchFailed", error
        assert "belongs to its gateway" in caller.message
        assert is_closed(address, 8888)
        assert not bystander.reached()
        # The service itself is reached from inside, as was allowed: what was refused was not refused for another reason.
        bus("exec", "box", "--", "python3", "-c",
            f"import socket; socket.create_connection(('127.0.0.1', {bystander.port}), 10)")
        assert eventually(bystander.reached, timeout=LONG)
        assert bus("stop", "-t", "0", "box").returncode == 0


def test_079_only_loopback(bus):
    """The kernel's own list of who listens: other machines have no address to connect to."""
    port = free_port()
    start(bus, web_server(7777), "--name", "box", "-P", f"{port}:7777")
    assert fetch(f"127.0.0.1:{port}") == b"inside\n"
    listening = [line.split()[1] for name in ("tcp", "tcp6") if Path("/proc/net", name).exists()
                 for line in Path("/proc/net", name).read_text().splitlines()[1:] if line.split()[3] == "0A"]
    assert [one for one in listening if one.endswith(f":{port:04X}")] == [f"0100007F:{port:04X}"]
    assert bus("stop", "-t", "0", "box").returncode == 0


def test_079_nobody_inside_publishes(bus):
    """What listens at every address inside is there for nobody, and nothing inside leads to who could change that."""
    port = free_port()
    address = own_address()
    (bus.work / "try.py").write_text(f"""
import os, socket
servers = [socket.create_server(("0.0.0.0", {port})), socket.create_server(("127.0.0.1", 7777))]
print(sum(os.path.exists(place) for place in ("/run/dbus/system_bus_socket", os.environ.get("XDG_RUNTIME_DIR", "/none") + "/bus")),
      "DBUS_SESSION_BUS_ADDRESS" in os.environ, flush=True)
for name in os.listdir("/proc/self/fd"):
    if int(name) > 2 and int(name) not in [s.fileno() for s in servers] and os.path.exists("/proc/self/fd/" + name):
        print("a descriptor", name, os.readlink("/proc/self/fd/" + name))
open("ready", "w").close()
connection, _ = servers[1].accept()
""")
    child = bus.popen("run", "-p", "shell-oneshot", "--publish", f"{address}:8888:7777", "--arg", "python3 try.py", stdout=-1)
    assert eventually((bus.work / "ready").exists, timeout=LONG)
    assert is_closed("127.0.0.1", port)
    with socket.create_connection((address, 8888), 20 * PATIENCE):
        output, _ = child.communicate(timeout=60 * PATIENCE)
    lines = output.decode().splitlines()
    assert lines[0] == "0 False"
    # The directory that was listed is one.
    assert all("/proc/" in line for line in lines[1:]), lines


SERVER = """
import asyncio, resource
hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
async def echo(reader, writer):
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except OSError:
        pass
    writer.close()
async def main():
    server = await asyncio.start_server(echo, "127.0.0.1", 7777, backlog=4096)
    await server.serve_forever()
asyncio.run(main())
"""


def ask(address, port):
    try:
        with socket.create_connection((address, port), 20 * PATIENCE) as visitor:
            visitor.settimeout(20 * PATIENCE)
            visitor.sendall(b"ping")
            return visitor.recv(4) == b"ping"
    except OSError:
        return False


def test_096_flood_of_visits(bus):
    """Those that were silent longest make room for the next ones, and the gateway stays small."""
    address = own_address()
    (bus.work / "server.py").write_text(SERVER)
    start(bus, "exec python3 server.py", "--name", "box", "--publish", f"{address}:8888:7777")
    assert eventually(lambda: ask(address, 8888), timeout=LONG)
    flood = []
    try:
        for _ in range(1500):
            visitor = socket.socket()
            flood.append(visitor)
            visitor.settimeout(20 * PATIENCE)
            visitor.connect((address, 8888))
    except OSError as error:
        # This user may have no more descriptors: the flood is as large as one of them can make it.
        assert len(flood) > 400, error
    flood.pop().close()
    assert eventually(lambda: ask(address, 8888), timeout=LONG)
    sizes = [int(line.split()[1]) for pid in processes("inner-egress")
             for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmRSS")]
    assert sizes and max(sizes) < 64 * 1024
    for visitor in flood:
        visitor.close()
    assert eventually(lambda: ask(address, 8888), timeout=LONG)
    assert bus("stop", "-t", "0", "box").returncode == 0


def test_096_server_that_takes_nobody(bus):
    """It holds up its own visitors and no others."""
    address = own_address()
    (bus.work / "server.py").write_text(SERVER)
    (bus.work / "deaf.py").write_text('import socket, time\ns = socket.create_server(("127.0.0.1", 7778), backlog=0)\n'
                                      'open("deaf", "w").close()\ntime.sleep(600)\n')
    start(bus, "python3 deaf.py & exec python3 server.py", "--name", "box", "--publish", f"{address}:8888:7777",
          "--publish", f"{address}:8889:7778")
    assert eventually((bus.work / "deaf").exists, timeout=LONG)
    visitors = []
    for _ in range(50):
        visitors.append(socket.create_connection((address, 8889), 20 * PATIENCE))
    assert eventually(lambda: ask(address, 8888), timeout=LONG)
    # Those that it never took are sent away.
    visitors[-1].settimeout(LONG * PATIENCE)
    with pytest.raises(ConnectionError):
        assert visitors[-1].recv(1) != b""
        raise AssertionError("something was said")
    for visitor in visitors:
        visitor.close()
    assert bus("stop", "-t", "0", "box").returncode == 0


@pytest.mark.parametrize("mode", ["off", "open"])
def test_097_killed_gateway_closes_ports(bus, mode):
    address = own_address()
    start(bus, web_server(7777), "--name", "box", "--publish", f"{address}:8888:7777", "--network-mode", mode)
    assert fetch(f"{address}:8888") == b"inside\n"
    gateways = processes("inner-egress")
    assert len(gateways) == 1
    os.kill(gateways[0], signal.SIGKILL)
    assert eventually(lambda: is_closed(address, 8888), timeout=LONG)
    assert eventually(lambda: f"{address}:8888" not in bus("ps").stdout.decode(), timeout=LONG)
    # The command lives, and its network is not opened by asking for a port.
    identity = bus("inspect", "box", "--json").stdout.decode()
    assert '"running"' in identity
    assert bus("stop", "-t", "0", "box").returncode == 0


def test_107_ports_end_with_the_supervisor(bus):
    address = own_address()
    start(bus, web_server(7777), "--name", "box", "--publish", f"{address}:8888:7777")
    assert fetch(f"{address}:8888") == b"inside\n"
    for pid in processes("inner-superviso"):
        os.kill(pid, signal.SIGKILL)
    assert eventually(lambda: is_closed(address, 8888), timeout=LONG)
    assert eventually(lambda: not processes("inner-egress"), timeout=LONG)
