# SPDX-License-Identifier: Apache-2.0
"""Attacks 90, 93 and 95: what other tools lose because they read, answer or fill in requests of HTTP. The gateway does
none of that: it decides about connections, listens in the sandbox only, and passes on bytes as they are."""

import os
import shutil
import socket
import subprocess
from pathlib import Path

import pytest
from conftest import PREFIX
from internet import OTHER, PUBLIC

# Two requests in one, by two lengths; then one for another host, by its header and by its line.
SMUGGLED = (
    b"POST / HTTP/1.1\r\nHost: www.allowed.test\r\nContent-Length: 44\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"0\r\n\r\nGET / HTTP/1.1\r\nHost: evil.test\r\nX: y\r\n\r\n"
    b"GET http://evil.test/ HTTP/1.1\r\nHost: www.allowed.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
    b"CONNECT evil.test:80 HTTP/1.1\r\nHost: evil.test:80\r\n\r\n"
    b"TRACE / HTTP/1.1\r\nHost: evil.test\r\nMax-Forwards: 1\r\n\r\n"
)


@pytest.fixture
def online(internet, inner):
    shutil.copytree(PREFIX / "share/inner/profiles", inner.home / ".config/inner/profiles")
    return inner


@pytest.fixture
def taker(internet):
    """A server that keeps what it gets and says nothing until the client has said all."""
    taken = Taken()

    def take(connection, server):
        data = b""
        while chunk := connection.recv(65536):
            data += chunk
        taken.append(data)
        connection.sendall(b"%d" % len(data))

    taken.port = internet.serve(PUBLIC, 0, take).port
    return taken


class Taken(list):
    """What it got, and where."""

    port = 0


def send(online, taker, *options, env=None):
    (online.work / "request").write_bytes(SMUGGLED)
    (online.work / "send.py").write_text(f"""
import socket
s = socket.create_connection(("www.allowed.test", {taker.port}), 30)
s.settimeout(30)
s.sendall(open("request", "rb").read())
s.shutdown(socket.SHUT_WR)
print(s.recv(100).decode())
""")
    return online.run("python3 send.py; env; cat /proc/self/environ", "--allow-host", f"www.allowed.test:{taker.port}",
                      "--allow-host", "www.allowed.test", *options, env=env)


def test_090_second_request(online, internet, taker):
    """All of it goes where the connection was allowed to go, and nowhere else."""
    before = internet.contacted(OTHER)
    done = send(online, taker)
    assert done.stdout.decode().splitlines()[0] == str(len(SMUGGLED)), done.stderr
    assert taker == [SMUGGLED]
    assert internet.contacted(OTHER) == before
    assert "evil.test" not in internet.names.asked[-4:]


def listeners():
    """Where somebody listens in this network namespace, with TCP, UDP and abstract sockets."""
    found = set()
    for kind in ("tcp", "tcp6"):
        rows = [line.split() for line in Path(f"/proc/net/{kind}").read_text().splitlines()[1:]]
        found |= {(kind, row[1]) for row in rows if row[3] == "0A"}
    for kind in ("udp", "udp6"):
        found |= {(kind, line.split()[1]) for line in Path(f"/proc/net/{kind}").read_text().splitlines()[1:]}
    return found


def test_093_no_proxy_on_the_host(internet, private):
    """Nothing listens that another user of the machine could use: the only socket is in a directory of the person's."""
    shutil.copytree(PREFIX / "share/inner/profiles", private.home / ".config/inner/profiles")
    internet.names.asked.clear()
    before = listeners()
    child = private.popen("run", "-p", "shell-oneshot", "--allow-host", "www.allowed.test", "--arg",
                          "curl -sS -m 30 http://www.allowed.test/; echo ready; sleep 600", stdout=subprocess.PIPE)
    try:
        assert child.stdout.readline() == f"this is {PUBLIC} port 80\n".encode()
        assert child.stdout.readline() == b"ready\n"
        assert {where for where in listeners() - before if not where[0].startswith("udp")} == set()
        sockets = [p for p in private.path().rglob("*") if p.is_socket()]
        assert [p.name for p in sockets] == ["control"]
        for directory in (private.path(), sockets[0].parent):
            assert directory.stat().st_mode & 0o077 == 0 and directory.stat().st_uid == os.getuid()
        ours = {line.split()[-1] for line in Path("/proc/net/unix").read_text().splitlines() if " @" in line}
        assert not any("inner" in name for name in ours)
    finally:
        child.terminate()
        child.communicate(timeout=60)


def test_095_no_credentials_are_put_in(online, internet, taker):
    """What the person has for proxies and servers is in no request, not for one who asks for its echo."""
    secret = "dXNlcjp3b3Jk"
    (online.home / ".netrc").write_text("machine www.allowed.test login user password word\n")
    heads = []

    def proxy(connection, server):
        head = b""
        while b"\r\n\r\n" not in head:
            head += connection.recv(1)
        heads.append(head)
        with socket.create_connection((PUBLIC, taker.port), 30) as target:
            connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            while chunk := connection.recv(65536):
                target.sendall(chunk)
            target.shutdown(socket.SHUT_WR)
            connection.sendall(target.recv(100))

    server = internet.serve("127.0.0.1", 0, proxy)
    done = send(online, taker, env={"https_proxy": f"http://user:word@127.0.0.1:{server.port}"})
    assert done.stdout.decode(errors="replace").splitlines()[0] == str(len(SMUGGLED)), done.stderr
    # The proxy gets what is for it, before the tunnel; the server gets what the sandbox said.
    assert len(heads) == 1 and secret.encode() in heads[0]
    assert taker == [SMUGGLED]
    assert secret.encode() not in done.stdout and b"user:word" not in done.stdout
