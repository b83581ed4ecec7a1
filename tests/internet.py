# SPDX-License-Identifier: Apache-2.0
"""The internet, played by addresses on the loopback interface of a network namespace of our own: name server, web and
TLS servers, hosts in private and metadata ranges. The process of the tests itself moves in there, so that nothing that
it starts can reach anything else."""

import ctypes
import os
import socket
import ssl
import struct
import subprocess
import tempfile
import threading
from pathlib import Path

from https_server import make_authority, make_certificate

PR_SET_DUMPABLE = 4
CAPABILITY_VERSION_3 = 0x20080522
CLONE_NEWNS, CLONE_NEWUSER, CLONE_NEWNET = 0x00020000, 0x10000000, 0x40000000
PUBLIC = "93.184.216.34"
OTHER = "93.184.216.35"
CODE = "93.184.216.36"
API = "93.184.216.37"
PUBLIC_V6 = "2606:2800:220:1::34"
PRIVATE = "10.1.2.3"
METADATA = "169.254.169.254"
NAME_SERVER = "127.0.0.53"
ADDRESSES = [PUBLIC, OTHER, CODE, API, PRIVATE, METADATA, "100.64.0.1", "192.168.7.7"]
ADDRESSES_V6 = [PUBLIC_V6, "fd00:ec2::254"]

libc = ctypes.CDLL(None, use_errno=True)


def _unshare(flags):
    if libc.unshare(flags) < 0:
        raise OSError(ctypes.get_errno(), "unshare")


def _map(uid, gid, outer_uid, outer_gid):
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{uid} {outer_uid} 1")
    Path("/proc/self/gid_map").write_text(f"{gid} {outer_gid} 1")


def _run(*command):
    subprocess.run(command, check=True, capture_output=True)


def _cover(path, text, directory):
    file = directory / Path(path).name
    file.write_text(text)
    file.chmod(0o644)
    _run("mount", "--bind", file, path)


def move_in(directory):
    """Takes this process, which has one thread, into namespaces of its own. An ordinary user stays who they are:
    root of the outer of two user namespaces sets up, nobody in the inner one may."""
    uid, gid = os.getuid(), os.getgid()
    if uid != 0:
        _unshare(CLONE_NEWUSER)
        _map(0, 0, uid, gid)
    _unshare(CLONE_NEWNET | CLONE_NEWNS)
    _run("mount", "--make-rprivate", "/")
    _run("ip", "link", "set", "lo", "up")
    for address in ADDRESSES:
        _run("ip", "address", "add", f"{address}/32", "dev", "lo")
    for address in ADDRESSES_V6:
        _run("ip", "address", "add", f"{address}/128", "dev", "lo", "nodad")
    Path("/proc/sys/net/ipv4/ip_unprivileged_port_start").write_text("0")
    _cover("/etc/resolv.conf", f"nameserver {NAME_SERVER}\noptions timeout:2 attempts:1\n", directory)
    _cover("/etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files dns\n", directory)
    _cover("/etc/hosts", f"127.0.0.1 localhost\n{OTHER} in-hosts-file.test\n", directory)
    # For a server of ssh: this user by another name.
    (directory / "git").mkdir(mode=0o755)
    _cover("/etc/passwd", Path("/etc/passwd").read_text() + f"git:x:{uid}:{gid}::{directory}/git:/bin/sh\n", directory)
    if uid != 0:
        _unshare(CLONE_NEWUSER)
        _map(uid, gid, 0, 0)
        # A service looks where its callers stand: it may not look at a process that changed its credentials, or has
        # capabilities that it does not have itself.
        libc.capset((ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0), (ctypes.c_uint32 * 6)())
        libc.prctl(PR_SET_DUMPABLE, 1, 0, 0, 0)


def why_not():
    """Why there can be no such namespaces here; None if there can."""
    flags = "-mn" if os.getuid() == 0 else "-rUmn"
    done = subprocess.run(["unshare", flags, "sh", "-c", "ip link set lo up && mount --make-rprivate /"],
                          capture_output=True, text=True)
    return None if done.returncode == 0 else f"no network namespace can be made: {done.stderr.strip()}"


class NameServer:
    """Answers from a table: name -> addresses, or a list of such lists that are given one after the other."""

    def __init__(self):
        self.names = {}
        self.asked = []
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((NAME_SERVER, 53))
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            query, peer = self.socket.recvfrom(4096)
            labels, at = [], 12
            while query[at]:
                labels.append(query[at + 1:at + 1 + query[at]].decode("latin-1"))
                at += query[at] + 1
            name = ".".join(labels).lower()
            kind = struct.unpack(">H", query[at + 1:at + 3])[0]
            self.asked.append(name)
            self.socket.sendto(self.answer(query[:2], query[12:at + 5], name, kind), peer)

    def answer(self, number, question, name, kind):
        known = self.names.get(name)
        if known and isinstance(known[0], list) and kind == 1:
            known = known.pop(0) if len(known) > 1 else known[0]
        elif known and isinstance(known[0], list):
            known = []
        code = 3 if known is None else 0
        records = b""
        count = 0
        for address in known or []:
            family = socket.AF_INET6 if ":" in address else socket.AF_INET
            if kind != (28 if ":" in address else 1):
                continue
            data = socket.inet_pton(family, address)
            records += b"\xc0\x0c" + struct.pack(">HHIH", kind, 1, 0, len(data)) + data
            count += 1
        return number + struct.pack(">HHHHH", 0x8180 | code, 1, count, 0, 0) + question + records


class Server:
    """Accepts on one address; each connection gets serve(connection, server) in a thread of its own."""

    def __init__(self, address, port, serve, context=None):
        self.address, self.serve, self.context = address, serve, context
        self.accepted = 0
        self.socket = socket.create_server((address, port), backlog=4096,
                                           family=socket.AF_INET6 if ":" in address else socket.AF_INET)
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            self.accepted += 1
            threading.Thread(target=self.handle, args=[connection], daemon=True).start()

    def handle(self, connection):
        try:
            if self.context:
                connection = self.context.wrap_socket(connection, server_side=True)
            self.serve(connection, self)
        except OSError:
            pass
        finally:
            try:
                connection.close()
            except OSError:
                pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        # Whoever accepts wakes up, or the port would stay taken.
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()


def web(connection, server):
    """One page, which says where it comes from."""
    head = b""
    while b"\r\n\r\n" not in head:
        chunk = connection.recv(4096)
        if not chunk:
            return
        head += chunk
    body = f"this is {server.address} port {server.port}\n".encode()
    connection.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
    connection.shutdown(socket.SHUT_WR)


def echo(connection, server):
    while chunk := connection.recv(65536):
        connection.sendall(chunk)


def load_certificate(path):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path, path.with_suffix(".key"))
    return context


class Internet:
    """Moves in, and serves. hosts: names with certificates of the authority ca.pem."""

    TLS_NAMES = ["www.allowed.test", "api.allowed.test", "evil.test", "deep.er.allowed.test", "six.test", "git.test",
                 "db.test"]

    def __init__(self):
        self.directory = Path(tempfile.mkdtemp(prefix="internet-"))
        self.directory.chmod(0o755)
        make_authority(self.directory, "ca")
        make_certificate(self.directory, "tls", "ca", hosts=",".join(f"DNS:{n}" for n in self.TLS_NAMES))
        move_in(self.directory)
        self.names = NameServer()
        self.names.names.update({
            "www.allowed.test": [PUBLIC], "api.allowed.test": [OTHER], "deep.er.allowed.test": [PUBLIC],
            "allowed.test": [PUBLIC], "evil.test": [OTHER], "both.test": [PUBLIC, PUBLIC_V6],
            "six.test": [PUBLIC_V6], "git.test": [CODE], "db.test": [CODE], "private.test": [PRIVATE], "metadata.test": [METADATA],
            "mixed.test": [PUBLIC, PRIVATE], "loop.test": ["127.0.0.1"], "mapped.test": ["::ffff:10.1.2.3"],
            "ula.test": ["fd00:ec2::254"], "cgnat.test": ["100.64.0.1"], "zero.test": ["0.0.0.0"],
        })
        self.tls = context = load_certificate(self.directory / "tls.pem")
        self.servers = [Server(a, 80, web) for a in [*ADDRESSES, *ADDRESSES_V6, "127.0.0.1"]]
        self.servers += [Server(a, 443, web, context) for a in (PUBLIC, OTHER, PUBLIC_V6)]
        self.echo = Server(PUBLIC, 7, echo)

    def tls_for(self, name):
        """What a server of that name needs."""
        make_certificate(self.directory, name, "ca", hosts=f"DNS:{name}")
        return load_certificate(self.directory / f"{name}.pem")

    def serve(self, address, port, handler, context=None):
        self.servers.append(Server(address, port, handler, context))
        return self.servers[-1]

    def contacted(self, *addresses):
        """How many connections the servers of these addresses have seen."""
        return sum(s.accepted for s in self.servers if s.address in addresses)


_internet = None


def the_internet():
    """Once a process: it cannot move out again."""
    global _internet
    if _internet is None:
        _internet = Internet()
    return _internet
