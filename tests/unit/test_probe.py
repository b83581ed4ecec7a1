# SPDX-License-Identifier: Apache-2.0
"""inner-probe outside of a sandbox: for each of its looks a world in which exactly that is broken, and the look says so;
and one in which it is not. In a real sandbox all of them pass: tests/bus/test_verify.py."""

import contextlib
import os
import re
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from pathlib import Path

import pytest

SOURCE = Path(os.environ["INNER_TEST_SOURCE"])
PROBE = Path(os.environ["INNER_TEST_PREFIX"]) / "libexec/inner/inner-probe"

# A process of its own pid and user namespace, whose PID 1 is an ordinary shell with an environment.
OWN_PIDS = ["unshare", "--user", "--map-root-user", "--pid", "--fork", "--mount-proc", "sh", "-c", '"$@"; exit $?', "sh"]
OWN_NET = ["unshare", "--user", "--map-root-user", "--net", "sh", "-c",
           'ip link set lo up && ip route add default dev lo && "$@"; exit $?', "sh"]
# What a sandbox has, and no more than the single tests need.
BOX = ["bwrap", "--unshare-all", "--ro-bind", "/", "/", "--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp", "--tmpfs", "/run",
       "--ro-bind", str(PROBE), str(PROBE), "--die-with-parent", "--"]


def probe(*checks, world=(), **options):
    """Gives what the probe says of each (kind, argument), as pairs of status and detail."""
    text = b"".join(f"{kind}\0{number}\0{argument}\0".encode() for number, (kind, argument) in enumerate(checks))
    done = subprocess.run([*world, str(PROBE)], input=text, capture_output=True, timeout=60, **options)
    assert done.returncode == 0, done
    words = done.stdout.decode().split("\0")[:-1]
    found = {int(words[i]): (words[i + 1], words[i + 2]) for i in range(0, len(words), 3)}
    assert sorted(found) == list(range(len(checks))), done
    return [found[i] for i in range(len(checks))]


def one(kind, argument="", **how):
    return probe((kind, argument), **how)[0]


@pytest.fixture
def place():
    path = Path(tempfile.mkdtemp(prefix="inner-"))
    yield path
    shutil.rmtree(path)


@contextlib.contextmanager
def listening(address, family=socket.AF_UNIX, answer=None):
    with socket.socket(family, socket.SOCK_STREAM) as server:
        server.bind(address)
        server.listen()
        stop = threading.Event()

        def serve():
            server.settimeout(0.1)
            kept = []
            while not stop.is_set():
                with contextlib.suppress(OSError):
                    client = server.accept()[0]
                    kept.append(client)
                    if answer is not None:
                        client.recv(1000)
                        client.sendall(answer)
                        client.close()

        thread = threading.Thread(target=serve)
        thread.start()
        yield server
        stop.set()
        thread.join()


def namespaces():
    names = ("pid", "mnt", "ipc", "uts", "user", "cgroup", "net")
    return "\n".join(f"{n} {os.stat(f'/proc/self/ns/{n}').st_ino}" for n in names)


def hidden(kind):
    def check(place):
        secret = place / "secret"
        if kind == "hidden-directory":
            secret.mkdir()
            assert one(kind, secret)[0] == "pass"
            (secret / "key").write_text("")
        else:
            secret.write_text("")
            assert one(kind, secret)[0] == "pass"
            secret.write_text("x")
        assert one(kind, place / "absent")[0] == "pass"
        return one(kind, secret)
    return check


def no_socket(place):
    path = place / "socket"
    with listening(str(path)):
        broken = one("no-socket", path)
    assert one("no-socket", path)[0] == "pass"
    return broken


def no_abstract_socket(place):
    name = f"inner-test-{os.getpid()}"
    with listening("\0" + name):
        broken = one("no-abstract-socket", name)
    assert one("no-abstract-socket", name)[0] == "pass"
    return broken


def engine(place):
    path = place / "engine"
    with listening(str(path), answer=b"HTTP/1.0 200 OK\r\n\r\nOK"):
        assert one("engine", path)[0] == "pass"
    os.unlink(path)
    with listening(str(path), answer=b"HTTP/1.0 403 Forbidden\r\n\r\n"):
        assert one("engine", path)[0] == "fail"
    assert one("engine", path)[0] == "fail"
    os.unlink(path)
    with listening(str(path), answer=b"SSH-2.0-x\r\n"):
        return one("engine", path)


def not_writable(place):
    rules = place / "rules"
    assert one("not-writable", rules)[0] == "pass"
    rules.write_text("")
    return one("not-writable", rules)


def sockets(place):
    deep = place / "a/b"
    deep.mkdir(parents=True)
    with listening(str(deep / "s")):
        broken = one("sockets", place)
    assert one("sockets", place)[0] == "pass"
    return broken


def git(place):
    assert one("git", place)[0] == "pass"
    (place / ".git/hooks").mkdir(parents=True)
    (place / ".git/config").write_text("")
    broken = one("git", place)
    (place / ".git/config").chmod(0o400)
    if os.getuid() != 0:
        assert one("git", place)[1].endswith("hooks can be written")
    return broken


def shim(place):
    (place / "shim").write_text("shim")
    os.link(place / "shim", place / "blocked")
    (place / "apt").write_text("the real one")
    assert one("shim", f"{place / 'blocked'}\n{place / 'shim'}")[0] == "pass"
    assert one("shim", f"{place / 'absent'}\n{place / 'shim'}")[0] == "pass"
    return one("shim", f"{place / 'apt'}\n{place / 'shim'}")


def environment(place):
    good = {"PATH": "/usr/bin", "HOME": "/", "KEYBOARD": "us"}
    assert one("environment", env=good)[0] == "pass"
    for name, value in (("API_TOKEN", "x"), ("MY_KEY", "x"), ("HARMLESS", "ghp_0123456789abcdefgh")):
        status, detail = one("environment", env={**good, name: value})
        assert status == "fail" and name in detail and value not in detail.split(), detail
    return one("environment", env={**good, "DB_PASSWORD": "x"})


def command(place):
    assert one("command", "test 1 = 1")[0] == "pass"
    assert one("command", "/no/such/command")[0] == "error"
    status, detail = one("command", "sleep 60")
    assert (status, detail) == ("error", "the check did not end in time")
    return one("command", "exit 3")


def unreachable(place):
    with listening(("127.0.0.1", 0), socket.AF_INET) as server:
        port = server.getsockname()[1]
        broken = one("unreachable", f"127.0.0.1 {port}")
    assert one("unreachable", f"127.0.0.1 {port}")[0] == "pass"
    return broken


def no_route(place):
    assert one("no-route", "192.0.2.1 9", world=[*OWN_NET[:4], "sh", "-c", '"$@"', "sh"])[0] == "pass"
    return one("no-route", "192.0.2.1 9", world=OWN_NET)


def no_name(place):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        port = server.getsockname()[1]

        def answer(code, answers):
            question, client = server.recvfrom(512)
            server.sendto(question[:2] + bytes([0x81, 0x80 | code, 0, 1, 0, answers, 0, 0, 0, 0]) + question[12:], client)

        results = []
        for code, answers in ((3, 0), (5, 0), (0, 0), (0, 1)):
            thread = threading.Thread(target=answer, args=(code, answers))
            thread.start()
            results.append(one("no-name", f"secret.evil.test 127.0.0.1 {port}"))
            thread.join()
    assert [status for status, _ in results[:3]] == ["pass"] * 3
    assert one("no-name", f"secret.evil.test 127.0.0.1 {port}")[0] == "pass"
    assert one("no-name", f"a..b 127.0.0.1 {port}")[0] == "error"
    return results[3]


def not_root(place):
    if os.getuid() != 0:
        assert one("not-root")[0] == "pass"
    return one("not-root", world=["unshare", "--user", "--map-root-user"])


def capabilities(place):
    assert one("capabilities", world=[*BOX[:-1], "--cap-drop", "ALL", "--"])[0] == "pass"
    return one("capabilities", world=["unshare", "--user", "--map-root-user"])


def no_new_privileges(place):
    assert one("no-new-privileges", world=["setpriv", "--no-new-privs"])[0] == "pass"
    return one("no-new-privileges")


def namespaces_are_the_hosts(place):
    assert one("namespaces", namespaces(), world=BOX)[0] == "pass"
    for name in ("pid", "ipc", "uts", "net", "cgroup"):
        world = [word for word in BOX if word != "--unshare-all"]
        world[1:1] = ["--unshare-user"] + [f"--unshare-{n}" for n in ("pid", "ipc", "uts", "net", "cgroup") if n != name]
        status, detail = one("namespaces", namespaces(), world=world)
        assert status == "fail" and f"the {name} namespace" in detail, detail
    return one("namespaces", namespaces())


def descriptors(place):
    assert one("descriptors")[0] == "pass"
    with open("/etc/hostname") as file:
        return one("descriptors", pass_fds=[file.fileno()])


def limits(place):
    assert one("limits", world=["prlimit", "--core=0"])[0] == "pass"
    return one("limits", world=["prlimit", "--core=0:unlimited", "sh", "-c", 'ulimit -c 100; exec "$@"', "sh"])


def writable(place):
    places = "\n".join(line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines())
    assert one("writable", places + "\n/")[0] == "pass"
    return one("writable", "", world=[*BOX[:-1], "--bind", str(place), str(place), "--"])


# A look: what breaks the thing it looks for, and asserts that it passes where that is whole.
BREAK = {
    "hidden-directory": hidden("hidden-directory"),
    "hidden-file": hidden("hidden-file"),
    "no-socket": no_socket,
    "no-abstract-socket": no_abstract_socket,
    "engine": engine,
    "not-writable": not_writable,
    "writable": writable,
    "setuid": lambda place: one("setuid"),
    "read-only": lambda place: one("read-only", place),
    # A kernel that shows something there, which this one may not, or not to everybody.
    "masked": lambda place: one("masked", world=["bwrap", "--dev-bind", "/", "/", "--ro-bind", "/etc/passwd", "/proc/timer_list"]),
    "sockets": sockets,
    "git": git,
    "shim": shim,
    "not-root": not_root,
    "capabilities": capabilities,
    "no-new-privileges": no_new_privileges,
    "system-calls": lambda place: one("system-calls"),
    "terminal": lambda place: one("terminal"),
    "landlock": lambda place: one("landlock", world=OWN_PIDS),
    "pid1": lambda place: one("pid1", world=OWN_PIDS),
    "namespaces": namespaces_are_the_hosts,
    "processes": lambda place: one("processes"),
    "descriptors": descriptors,
    "keyring": lambda place: one("keyring"),
    "environment": environment,
    "other-environments": lambda place: one("other-environments", world=OWN_PIDS),
    "limits": limits,
    "command": command,
    "no-name": no_name,
    "no-route": no_route,
    "unreachable": unreachable,
}


def test_every_look_is_broken_here():
    kinds = []
    for file in (SOURCE / "service/verify/probe").glob("*.c"):
        kinds += re.findall(r'^  \{ "([a-z0-9-]+)", look_', file.read_text(), flags=re.MULTILINE)
    assert sorted(kinds) == sorted(BREAK)


@pytest.mark.parametrize("kind", BREAK)
def test_what_is_broken_is_caught(kind, place):
    status, detail = BREAK[kind](place)
    assert status == "fail" and detail, (status, detail)


def test_several_at_once_and_in_time(place):
    start = time.monotonic()
    found = probe(*[("command", "sleep 1")] * 12, ("command", "exit 1"), ("not-root", ""))
    assert [status for status, _ in found[:12]] == ["pass"] * 12 and found[12][0] == "fail"
    assert time.monotonic() - start < 10


@pytest.mark.parametrize("text", [b"x", b"a\0b\0", b"a\0b\0c", b"a\0b\0c\0d\0"])
def test_a_damaged_list(text):
    done = subprocess.run([PROBE], input=text, capture_output=True, timeout=60)
    assert done.returncode == 1 and done.stdout == b""


def test_an_unknown_check_is_an_error():
    assert one("no-such-check")[0] == "error"


def test_names_cannot_end_a_field(place):
    secret = place / "dir"
    secret.mkdir()
    (secret / "a\nb\x1b[31m").write_text("")
    status, detail = one("hidden-directory", secret)
    assert status == "fail" and "a?b?[31m" in detail


def test_a_fifo_does_not_keep_it(place):
    os.mkfifo(place / "fifo")
    assert one("hidden-file", place / "fifo")[0] == "pass"
