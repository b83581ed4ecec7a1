# SPDX-License-Identifier: Apache-2.0
"""Attack 76: abstract sockets of the host, which have no place in any file system. (With the machine's own network only
Landlock stands before them: test_abstract_socket_of_the_host.)"""

import contextlib
import socket
import uuid

from attacks import Attack, make_tests

CODE = """
def connect(kind):
    with socket.socket(socket.AF_UNIX, kind) as attempt:
        attempt.connect("\\0NAME" + str(int(kind)))
attack("stream", lambda: connect(socket.SOCK_STREAM))
attack("datagram", lambda: connect(socket.SOCK_DGRAM))
attack("packets", lambda: connect(socket.SOCK_SEQPACKET))
attack("in /proc", lambda: must("NAME" in open("/proc/net/unix").read()))
"""


@contextlib.contextmanager
def listeners(_person):
    name = f"inner-attack-{uuid.uuid4().hex}"
    with contextlib.ExitStack() as stack:
        for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_SEQPACKET):
            server = stack.enter_context(socket.socket(socket.AF_UNIX, kind))
            server.bind(f"\0{name}{int(kind)}")
            if kind != socket.SOCK_DGRAM:
                server.listen()
        yield {"NAME": name}


ATTACKS = [Attack("abstract", CODE, {"*": "ECONNREFUSED", "in /proc": "nothing"}, outside=True, setup=listeners)]
somebody, test_outside, test_inside = make_tests(ATTACKS)
