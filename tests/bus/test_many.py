# SPDX-License-Identifier: Apache-2.0
"""Many sandboxes and many clients at once, and clients that behave badly."""

import json
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

from conftest import OURS, descendants, eventually, one_sentence

CLIENTS, EACH, MOST = 20, 10, 256

# Asks much and never reads an answer: it stops itself when all is sent.
FLOOD = """
import os, signal, sys
from gi.repository import Gio, GLib
bus = Gio.DBusConnection.new_for_address_sync(sys.argv[1], Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT |
    Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION, None, None)
bus.signal_subscribe(None, None, None, None, None, 0, lambda *_: None)
def call(path, interface, method, parameters=None):
    bus.call("org.inner.Sandbox", path, interface, method, parameters, None, Gio.DBusCallFlags.NONE, -1, None, None)
for _ in range(3000):
    call(sys.argv[2], "org.inner.Sandbox.Instance", "Wait")
    call("/org/inner/Sandbox", "org.inner.Sandbox", "CheckHost", GLib.Variant("(a{sv})", ({},)))
bus.flush_sync(None)
print("sent", flush=True)
os.kill(os.getpid(), signal.SIGSTOP)
"""


def living(person):
    return {one["Id"]: one for one in json.loads(person("ps", "--json", timeout=120).stdout)}


def start_some(person, count):
    """Starts so many detached, one after the other; gives what innerctl said of each."""
    return [person("run", "-d", "-p", "shell-oneshot", "--timeout", "600", "--no-workspace", "--arg", "sleep 600", timeout=300)
            for _ in range(count)]


def test_many_clients(bus):
    begin = time.monotonic()
    with ThreadPoolExecutor(CLIENTS) as clients:
        results = [r for some in clients.map(lambda _: start_some(bus, EACH), range(CLIENTS)) for r in some]
    took = time.monotonic() - begin
    assert [r.stderr for r in results if r.returncode != 0] == []
    ids = {r.stdout.decode().strip() for r in results}
    alive = living(bus)
    assert len(ids) == CLIENTS * EACH and set(alive) == ids
    assert all(one["State"] == "running" for one in alive.values())
    print(f"{CLIENTS * EACH} sandboxes by {CLIENTS} clients in {took:.1f} s")

    # And up to the limit, in a sentence of its own.
    with ThreadPoolExecutor(4) as clients:
        more = [r for some in clients.map(lambda _: start_some(bus, (MOST - len(ids)) // 4 + 1), range(4)) for r in some]
    refused = [r for r in more if r.returncode != 0]
    assert len(living(bus)) == MOST
    assert len(refused) == len(more) - (MOST - len(ids))
    assert all("256 sandboxes" in one_sentence(r) for r in refused)

    everybody = sorted(living(bus))
    assert bus("kill", *everybody, timeout=120).returncode == 0
    waited = bus("wait", *everybody, timeout=120)
    assert waited.stdout.split() == [b"137"] * MOST, waited.stderr
    assert eventually(lambda: not {"inner-superviso", "inner-init", "bwrap"} & set(descendants().values()), 30)


def threads(pid):
    with open(f"/proc/{pid}/status") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("Threads:"))


def test_many_ends(bus):
    """They are told without a thread for each: GLib has ten, and what waits for one of them would wait for a minute."""
    bus("ps")
    (service,) = (pid for pid, name in descendants().items() if name == "inner-sandboxd")
    clients = [bus.popen("run", "-p", "shell-oneshot", "--no-workspace", "--arg", "true", stdin=-3, stdout=-3, stderr=-1)
               for _ in range(60)]
    most = 0
    while any(client.poll() is None for client in clients):
        most = max(most, threads(service))
        time.sleep(0.01)
    assert [client.communicate()[1] for client in clients if client.returncode != 0] == []
    assert most < 10


def test_flood_and_silence(bus):
    """A client that floods the service and never reads harms nobody."""
    box = bus("run", "-d", "-p", "shell-oneshot", "--arg", "sleep 50").stdout.decode().strip()
    flood = subprocess.Popen([sys.executable, "-c", FLOOD, bus.env["DBUS_SESSION_BUS_ADDRESS"],
                              f"/org/inner/Sandbox/instance/{box}"], env=bus.env, stdout=subprocess.PIPE)
    try:
        assert flood.stdout.readline() == b"sent\n"
        for number in range(5):
            done = bus.run(f"exit {number}")
            assert done.returncode == number, done.stderr
        assert bus("kill", box).returncode == 0
        assert bus("wait", box).stdout == b"137\n"
    finally:
        flood.kill()
        flood.wait()
    assert bus.run("exit 5").returncode == 5


def test_clients_die_in_mid_call(inner):
    for number in range(30):
        client = inner.popen("run", "-p", "shell-oneshot", "--arg", "sleep 100", stdin=-3, stdout=-3, stderr=-3)
        time.sleep(number / 300)
        client.kill()
        client.wait()
    assert inner.run("exit 6").returncode == 6
    assert eventually(lambda: not (OURS - {"inner-sandboxd"}) & set(descendants().values()), 30)
