# SPDX-License-Identifier: Apache-2.0
"""Attack 49: the kernel's settings and helpers, by which code would run outside."""

from attacks import Attack, make_tests

CODE = """
PLACES = ["/proc/sys/kernel/core_pattern", "/proc/sys/kernel/modprobe", "/proc/sys/kernel/hotplug", "/proc/sys/vm/drop_caches",
          "/proc/sys/vm/overcommit_memory", "/proc/sys/fs/binfmt_misc/register", "/proc/sys/net/ipv4/ip_forward",
          "/proc/sysrq-trigger", "/proc/irq/0/smp_affinity", "/proc/1/oom_score_adj", "/sys/kernel/uevent_helper",
          "/sys/kernel/debug/x", "/sys/fs/cgroup/cgroup.procs", "/sys/power/state", "/sys/module/x"]
def write(place):
    fd = os.open(place, os.O_WRONLY)
    os.write(fd, b"1")
for place in PLACES:
    attack(place, lambda: write(place))
def read(place):
    must(open(place, "rb").read(1))
for place in ("/proc/kcore", "/proc/kmsg", "/proc/kpagecount", "/sys/kernel/security/lsm"):
    attack("read " + place, lambda: read(place))
attack("mount debugfs", lambda: must(os.listdir("/sys")))
"""
REFUSED = {"EROFS", "ENOENT", "EACCES", "EPERM", "nothing", "EINVAL"}
ATTACKS = [Attack("knobs", CODE, {"*": REFUSED})]
somebody, _, test_inside = make_tests(ATTACKS)
