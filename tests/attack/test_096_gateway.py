# SPDX-License-Identifier: Apache-2.0
"""Attacks 96, 97, 106 and 107 on the gateway: exhausting it, killing it, outliving it, starting without it."""

import os
import shutil
import signal
import time
from pathlib import Path

import pytest
from conftest import PREFIX, descendants, eventually, one_sentence
from internet import PUBLIC, web

CURL = "curl -sS -m 15 http://"


@pytest.fixture
def online(internet, private):
    shutil.copytree(PREFIX / "share/inner/profiles", private.home / ".config/inner/profiles")
    return private


@pytest.fixture
def online_bus(internet, bus):
    shutil.copytree(PREFIX / "share/inner/profiles", bus.home / ".config/inner/profiles")
    return bus


def processes(name):
    return [pid for pid, found in descendants().items() if found == name]


def test_096_idle_connections(online, internet):
    """Thousands that say nothing, at a port where something has to be said: others are served meanwhile."""
    (online.work / "idle.py").write_text(f"""
import resource, socket
soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
idle = []
for i in range(min(10000, hard - 100)):
    s = socket.socket()
    s.setblocking(False)
    s.connect_ex((address, 443)) if i else None
    if i == 0:
        address = socket.gethostbyname("www.allowed.test")
    idle.append(s)
with socket.create_connection(("www.allowed.test", 7), 20) as s:
    s.settimeout(20)
    s.sendall(b"ping")
    print(len(idle), s.recv(10).decode())
""")
    done = online.run("python3 idle.py", "--allow-host", "www.allowed.test", "--allow-host", "www.allowed.test:7", "-q")
    assert done.stdout.split()[-1:] == [b"ping"], done.stderr


def test_096_thousand_at_once(online, internet):
    (online.work / "many.py").write_text("""
import asyncio
async def one(i):
    reader, writer = await asyncio.open_connection("www.allowed.test", 7)
    writer.write(b"%d" % i)
    writer.write_eof()
    data = await reader.read()
    writer.close()
    return data == b"%d" % i
async def main():
    import socket
    address = socket.gethostbyname("www.allowed.test")
    results = await asyncio.gather(*(one(i) for i in range(1000)))
    print(sum(results))
import resource
hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
asyncio.run(main())
""")
    done = online.run("python3 many.py", "--allow-host", "www.allowed.test:7", timeout=120)
    assert done.stdout == b"1000\n", done.stderr


def test_096_slow_receiver_holds_nobody_up(online, internet):
    """One that never reads holds up its own sender only, and not the gateway's memory."""
    internet.serve(PUBLIC, 8096, lambda c, s: [c.sendall(b"x" * 65536) for _ in range(4096)])
    (online.work / "slow.py").write_text("""
import socket, time
slow = [socket.create_connection(("www.allowed.test", 8096), 10) for _ in range(20)]
time.sleep(1)
with socket.create_connection(("www.allowed.test", 7), 10) as s:
    s.settimeout(10)
    s.sendall(b"ping")
    print(s.recv(10).decode(), flush=True)
time.sleep(3)
""")
    child = online.popen("run", "-p", "shell-oneshot", "--allow-host", "www.allowed.test:8096", "--allow-host",
                         "www.allowed.test:7", "--arg", "python3 slow.py", stdout=-1, stderr=-1)
    assert child.stdout.readline() == b"ping\n"
    gateway = processes("inner-egress")
    sizes = [int(line.split()[1]) for pid in gateway for line in Path(f"/proc/{pid}/status").read_text().splitlines()
             if line.startswith("VmRSS")]
    assert sizes and max(sizes) < 64 * 1024
    child.communicate(timeout=30)


def test_096_half_close(online, internet):
    """The end of one direction is not that of the other."""
    def reverse(connection, server):
        data = b""
        while chunk := connection.recv(65536):
            data += chunk
        connection.sendall(data[::-1])
    internet.serve(PUBLIC, 8098, reverse)
    (online.work / "half.py").write_text("""
import socket
s = socket.create_connection(("www.allowed.test", 8098), 10)
s.settimeout(20)
sent = bytes(range(256)) * 8192
s.sendall(sent)
s.shutdown(socket.SHUT_WR)
data = b""
while chunk := s.recv(65536):
    data += chunk
print(data == sent[::-1])
""")
    done = online.run("python3 half.py", "--allow-host", "www.allowed.test:8098")
    assert done.stdout == b"True\n", done.stderr


def test_096_flood_of_denials(online):
    """The person hears of it, once, with a number."""
    (online.work / "flood.py").write_text("""
import socket, os
for i in range(3000):
    s = socket.socket()
    s.settimeout(1)
    try:
        s.connect(("93.184.216.35", 80))
        s.recv(1)
    except OSError:
        pass
    s.close()
""")
    done = online.run("python3 flood.py", "--allow-host", "www.allowed.test", timeout=100)
    lines = [line for line in done.stderr.decode().splitlines() if "93.184.216.35" in line]
    assert len(lines) == 1, done.stderr


def test_097_killed_gateway_is_no_network(online_bus, internet):
    online = online_bus
    assert online("run", "-d", "--name", "box", "-p", "shell-oneshot", "--allow-host", "www.allowed.test", "--arg",
                  "sleep 100").returncode == 0
    fetch = ["exec", "box", "--", "curl", "-sS", "-m", "5", "http://www.allowed.test/"]
    assert online(*fetch).returncode == 0
    gateways = processes("inner-egress")
    assert len(gateways) == 1
    os.kill(gateways[0], signal.SIGKILL)
    assert eventually(lambda: not processes("inner-egress"))
    before = internet.contacted(PUBLIC)
    assert online(*fetch).returncode != 0
    assert online("exec", "box", "--", "curl", "-sS", "-m", "5", f"http://{PUBLIC}/").returncode != 0
    assert internet.contacted(PUBLIC) == before
    online("stop", "box")


def test_097_rules_survive_the_service(online_bus, internet):
    online = online_bus
    assert online("run", "-d", "--name", "box", "-p", "shell-oneshot", "--allow-host", "www.allowed.test", "--arg",
                  "sleep 100").returncode == 0
    for pid in processes("inner-sandboxd"):
        os.kill(pid, signal.SIGKILL)
    curl = ["exec", "box", "--", "curl", "-sS", "-m", "5"]
    assert online(*curl, "http://www.allowed.test/").returncode == 0
    assert online(*curl, "http://evil.test/").returncode == 6
    assert online(*curl, "http://10.1.2.3/").returncode != 0
    online("stop", "box")


def test_107_gateway_ends_with_supervisor(online_bus):
    online = online_bus
    assert online("run", "-d", "--name", "box", "-p", "shell-oneshot", "--network-mode", "open", "--arg",
                  "sleep 100").returncode == 0
    assert processes("inner-egress")
    for pid in processes("inner-superviso"):
        os.kill(pid, signal.SIGKILL)
    assert eventually(lambda: not processes("inner-egress") and not processes("inner-init"))


def test_106_kernel_that_cannot_redirect(online, internet, without):
    """It costs the allowlist no host, but programs inside the ports that it names; the open mode needs it."""
    with internet.serve(PUBLIC, 8080, web):
        done = without(online, "nftables", "run", "-p", "shell-oneshot", "--allow-host", "www.allowed.test:8080", "--arg",
                       CURL + "www.allowed.test:8080/" + "; cd /tmp; python3 -m http.server -b 127.0.0.1 8080")
    assert done.stdout.decode() == f"this is {PUBLIC} port 8080\n", done.stderr
    assert b"Address already in use" in done.stderr
    done = without(online, "nftables", "run", "-p", "shell-oneshot", "--network-mode", "open", "--arg", "echo ran")
    assert done.returncode == 125 and b"ran" not in done.stdout
    assert "the kernel cannot redirect in it (nftables with nat)" in one_sentence(done)


def test_nothing_inside_sees_the_gateway(online):
    done = online.run("cat /proc/[0-9]*/comm; ls /proc/self/fd | wc -l; cat /proc/net/unix | wc -l; env | grep -ic proxy",
                      "--network-mode", "open")
    assert b"inner-egress" not in done.stdout
    assert done.stdout.split()[-1] == b"0"
