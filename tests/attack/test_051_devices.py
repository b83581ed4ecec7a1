# SPDX-License-Identifier: Apache-2.0
"""Attack 51: devices beyond those that every program needs."""

from attacks import Attack, make_tests

CODE = """
KNOWN = {"core", "fd", "full", "null", "ptmx", "pts", "random", "shm", "stderr", "stdin", "stdout", "tty", "urandom", "zero",
         "console"}
attack("others in /dev", lambda: must(set(os.listdir("/dev")) - KNOWN))
def any_device():
    for folder, folders, names in os.walk("/dev"):
        for name in names:
            st = os.lstat(os.path.join(folder, name))
            if stat.S_ISBLK(st.st_mode) or stat.S_ISCHR(st.st_mode) and os.major(st.st_rdev) not in (1, 5, 136):
                return
    raise Stopped("nothing")
attack("kinds", any_device)
for name in ("kvm", "dri", "fuse", "mem", "kmsg", "vhost-net", "net/tun", "snd", "input", "sda", "vda", "loop-control"):
    attack(name, lambda: os.close(os.open("/dev/" + name, os.O_RDONLY)))
attack("a terminal of others", lambda: must(len(os.listdir("/dev/pts")) > 1))
def made():
    os.mknod("/tmp/null", stat.S_IFCHR | 0o600, os.makedev(1, 3))
attack("made by itself", made)
"""
ATTACKS = [Attack("devices", CODE, {"*": "ENOENT", "others in /dev": "nothing", "kinds": "nothing", "a terminal of others": "nothing",
                                    "made by itself": "EACCES"}, outside=("others in /dev",))]
somebody, test_outside, test_inside = make_tests(ATTACKS)
