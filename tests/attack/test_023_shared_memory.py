# SPDX-License-Identifier: Apache-2.0
"""Attack 23: shared memory, semaphores and queues of System V and POSIX."""

import os
import subprocess
import uuid

from attacks import NUMBERS, Attack, make_tests

CODE = f"""
def attach():
    identity = call({NUMBERS["shmget"]}, KEY, 0, 0)
    libc.shmat.restype = ctypes.c_void_p
    address = libc.shmat(int(identity), None, 0o10000)
    must(address != ctypes.c_void_p(-1).value)
attack("System V", attach)
attack("in /proc", lambda: must(len(open("/proc/sysvipc/shm").readlines()) > 1))
attack("/dev/shm", lambda: open("/dev/shm/NAME").read())
attack("POSIX queue", lambda: call({NUMBERS["mq_open"]}, b"NAME", 0, 0, 0))
"""


class Shared:
    def __init__(self, _person):
        self.name = f"inner-attack-{uuid.uuid4().hex}"
        self.key = int(uuid.uuid4().hex[:7], 16) | 1

    def __enter__(self):
        import ctypes
        libc = ctypes.CDLL(None, use_errno=True)
        self.identity = libc.shmget(self.key, 4096, 0o1600)
        assert self.identity >= 0
        with open(f"/dev/shm/{self.name}", "w") as file:
            file.write("secret")
        queue = libc.syscall(NUMBERS["mq_open"], self.name.encode(), 0o102, 0o600, 0)
        assert queue >= 0, ctypes.get_errno()
        os.close(queue)
        return {"KEY": self.key, "NAME": self.name}

    def __exit__(self, *_):
        import ctypes
        subprocess.run(["ipcrm", "-m", str(self.identity)], check=True)
        os.unlink(f"/dev/shm/{self.name}")
        ctypes.CDLL(None).syscall({"x86_64": 241, "aarch64": 181}[os.uname().machine], self.name.encode())


ATTACKS = [Attack("shared", CODE, {"*": "ENOENT", "in /proc": "nothing"}, outside=True, setup=Shared)]
somebody, test_outside, test_inside = make_tests(ATTACKS)
