# SPDX-License-Identifier: Apache-2.0
"""Attack 5: the memory and the descriptors of PID 1, which would be a way to its line to the supervisor."""

import contextlib

from attacks import NUMBERS, Attack, make_tests

CODE = """
target = VICTIM
if target == 0:
    child = subprocess.Popen(["sleep", "20"])
    target = child.pid
    time.sleep(0.3)
def open_memory():
    os.close(os.open(f"/proc/{target}/mem", os.O_RDWR))
def vm(number):
    # A page that is mapped in every program that is not randomised, and else EFAULT: permission is checked first.
    buffer = ctypes.create_string_buffer(8)
    maps = open(f"/proc/{target}/maps").read().split("-")[0] or "400000"
    local = struct.pack("NN", ctypes.addressof(buffer), 8)
    remote = struct.pack("NN", int(maps, 16), 8)
    call(number, target, local, 1, remote, 1, 0)
def fd():
    pidfd = call(PIDFD_OPEN, target, 0)
    call(PIDFD_GETFD, pidfd, 0, 0)
attack("mem", open_memory)
attack("process_vm_readv", lambda: vm(READV))
attack("maps", lambda: must(open(f"/proc/{target}/maps").read()))
attack("pidfd_getfd", fd)
attack("kcmp", lambda: call(KCMP, target, os.getpid(), 2, 0, 0))
if VICTIM == 0:
    child.kill()
"""


def numbers(victim):
    words = {"VICTIM": victim, "READV": NUMBERS["process_vm_readv"], "PIDFD_OPEN": NUMBERS["pidfd_open"],
             "PIDFD_GETFD": NUMBERS["pidfd_getfd"], "KCMP": NUMBERS["kcmp"]}
    return lambda _person: contextlib.nullcontext(words)


ATTACKS = [
    Attack("of PID 1", CODE, {"mem": "EACCES", "process_vm_readv": "EACCES", "maps": "EACCES", "pidfd_getfd": "EPERM",
                              "kcmp": "EPERM"}, setup=numbers(1)),
]
CONTROL = Attack("of a child", CODE, {"*": "through"}, outside=("mem", "process_vm_readv", "maps", "pidfd_getfd"),
                 setup=numbers(0))
# The same works on a process that nothing protects, outside and inside.
somebody, test_outside, test_inside = make_tests([*ATTACKS, CONTROL])
