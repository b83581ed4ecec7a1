# SPDX-License-Identifier: Apache-2.0
"""Attack 79: services on the machine's loopback address, and on its other addresses."""

import contextlib
import socket

from attacks import Attack, make_tests

CODE = """
def connect(address, kind=socket.SOCK_STREAM):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, kind) as attempt:
        attempt.settimeout(3)
        attempt.connect((address, PORT))
        if kind == socket.SOCK_DGRAM:
            attempt.send(b"x")
            must(attempt.recv(1) == b"y")
attack("127.0.0.1", lambda: connect("127.0.0.1"))
attack("127.1.2.3", lambda: connect("127.1.2.3"))
attack("::1", lambda: connect("::1"))
attack("0.0.0.0", lambda: connect("0.0.0.0"))
attack("UDP", lambda: connect("127.0.0.1", socket.SOCK_DGRAM))
attack("listeners in /proc", lambda: must(len(open("/proc/net/tcp").readlines()) > 1))
"""


@contextlib.contextmanager
def services(_person):
    with contextlib.ExitStack() as stack:
        six = stack.enter_context(socket.socket(socket.AF_INET6))
        six.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        six.bind(("::", 0))
        six.listen()
        yield {"PORT": six.getsockname()[1]}


ATTACKS = [Attack("connect", CODE, {"*": "ECONNREFUSED", "listeners in /proc": "nothing", "::1": {"ECONNREFUSED", "EADDRNOTAVAIL"}},
                  outside=("127.0.0.1", "127.1.2.3", "0.0.0.0", "::1", "listeners in /proc"), setup=services)]
somebody, test_outside, test_inside = make_tests(ATTACKS)
