# SPDX-License-Identifier: Apache-2.0
"""Attack 78: ways to what runs beside or below this kernel: the host of a virtual machine, Windows, other interpreters."""

from attacks import NUMBERS, Attack, make_tests

CODE = f"""
attack("AF_VSOCK", lambda: call({NUMBERS["socket"]}, 40, 1, 0))
attack("AF_VSOCK with more bits", lambda: call({NUMBERS["socket"]}, 1 << 32 | 40, 1, 0))
attack("/dev/vsock", lambda: os.open("/dev/vsock", os.O_RDWR))
attack("/dev/hvc0", lambda: os.open("/dev/hvc0", os.O_RDWR))
attack("binfmt_misc", lambda: os.open("/proc/sys/fs/binfmt_misc/register", os.O_WRONLY))
attack("WSL", lambda: os.stat("/run/WSL"))
attack("/init", lambda: os.stat("/init"))
attack("/mnt", lambda: must(os.listdir("/mnt")))
"""
ATTACKS = [Attack("worlds", CODE, {"AF_VSOCK": "EPERM", "AF_VSOCK with more bits": "EPERM", "*": "ENOENT",
                                   "binfmt_misc": {"EROFS", "ENOENT", "EACCES"}})]
somebody, _, test_inside = make_tests(ATTACKS)
