# SPDX-License-Identifier: Apache-2.0
"""Attack 7: the root directory, the working directory and the descriptors of other processes, seen through /proc."""

from attacks import Attack, make_tests

CODE = """
me = os.stat("/")
def look(name):
    # A way out is a directory that is not the own one.
    last = None
    for process in filter(str.isdigit, os.listdir("/proc")):
        try:
            there = os.stat(f"/proc/{process}/{name}")
            if (there.st_dev, there.st_ino) != (me.st_dev, me.st_ino) or name != "root":
                if int(process) != os.getpid():
                    return
        except OSError as error:
            last = error
    if last:
        raise last
    raise Stopped("nothing")
attack("root", lambda: look("root"))
attack("cwd of PID 1", lambda: os.listdir("/proc/1/cwd"))
attack("fd of PID 1", lambda: os.listdir("/proc/1/fd"))
attack("root of PID 1", lambda: os.listdir("/proc/1/root/home"))
attack("map_files of PID 1", lambda: os.listdir("/proc/1/map_files"))
attack("ns of PID 1", lambda: os.readlink("/proc/1/ns/mnt"))
"""
ATTACKS = [Attack("look", CODE, {"*": "EACCES", "cwd of PID 1": "EACCES", "ns of PID 1": "EACCES"},
                  outside=())]
somebody, _, test_inside = make_tests(ATTACKS)
