# SPDX-License-Identifier: Apache-2.0
"""Attacks 23, 49, 51, 52, 54, 66, 67, 76, 79 and 80: what of the machine must not be visible or reachable."""

import os
import socket
import subprocess
import uuid


def test_the_home_directory_is_empty(inner):
    for name in (".ssh", ".aws", ".gnupg"):
        (inner.home / name).mkdir()
        (inner.home / name / "secret").write_text("secret")
    (inner.home / ".bash_history").write_text("secret")
    done = inner.run("ls -A ~; cat ~/.ssh/secret; touch ~/mine && echo writable")
    assert done.stdout == b"writable\n", done
    assert not (inner.home / "mine").exists()


def test_temporary_files_are_private(inner):
    name = f"/tmp/inner-attack-{uuid.uuid4().hex}"
    with open(name, "w") as file:
        file.write("secret")
    try:
        done = inner.run(f"cat {name}; echo x > {name}.inside; ls -A /var/tmp /dev/shm /run | grep -v :; mount | grep -c ' /tmp '")
    finally:
        os.unlink(name)
    assert b"secret" not in done.stdout
    assert not os.path.exists(name + ".inside")


def test_no_bus_and_no_socket_of_the_user(inner):
    done = inner.run("ls /run/user /run/dbus /var/run/docker.sock 2>&1 | grep -vc 'No such'; echo ${DBUS_SESSION_BUS_ADDRESS:-none}")
    assert done.stdout.split()[0] == b"0", done.stdout
    assert done.stdout.split()[1] == b"none"


def test_devices(inner):
    done = inner.run("ls /dev")
    allowed = {"core", "fd", "full", "null", "ptmx", "pts", "random", "shm", "stderr", "stdin", "stdout", "tty", "urandom",
               "zero", "console"}
    assert set(done.stdout.decode().split()) <= allowed, done.stdout


def test_kernel_knobs(inner):
    done = inner.run("for f in /proc/sys/kernel/core_pattern /proc/sysrq-trigger /proc/sys/vm/drop_caches "
                     "/sys/kernel/uevent_helper; do (echo x > $f) 2>/dev/null && echo wrote $f; done; echo end")
    assert done.stdout == b"end\n", done.stdout


def test_masked_places(inner):
    """What /proc tells about the whole machine."""
    places = [f"/proc/{name}" for name in ("acpi", "asound", "kcore", "keys", "kmsg", "latency_stats", "sched_debug", "scsi",
                                            "timer_list", "timer_stats") if os.path.exists(f"/proc/{name}")]
    assert "/proc/keys" in places
    done = inner.run(f"for p in {' '.join(places)}; do cat $p; ls -A $p; done 2>/dev/null | sort -u; ls /sys 2>/dev/null; echo end")
    assert set(done.stdout.decode().split()) <= {*places, "end"}, done.stdout
    done = inner.run("for f in sys/kernel/hostname sys/net/ipv4/ip_forward irq/default_smp_affinity bus x; do (echo 1 > /proc/$f) 2>/dev/null && echo $f; done; "
                     "mkdir /dev/x 2>/dev/null; touch /dev/y 2>/dev/null; ls /dev | grep -c '^[xy]$'")
    assert done.stdout == b"0\n", done.stdout


def test_the_root_directory_is_sealed(inner):
    done = inner.run("touch /x /etc/x /usr/x /var/x /home/x 2>/dev/null; ls /x /etc/x /usr/x /var/x 2>/dev/null; echo end")
    assert done.stdout == b"end\n", done.stdout


CONNECT = """
import socket
for family, address in ((socket.AF_INET, ("127.0.0.1", {port})), (socket.AF_UNIX, "\\0{name}")):
    try:
        socket.socket(family).connect(address)
        print("reached")
    except OSError as error:
        print("refused", error)
for host in ("192.0.2.1", "8.8.8.8"):
    try:
        socket.create_connection((host, 53), 1)
        print("reached")
    except OSError as error:
        print("refused", error)
"""


def test_no_network_and_no_abstract_socket(inner):
    name = f"inner-attack-{uuid.uuid4().hex}"
    with socket.socket() as tcp, socket.socket(socket.AF_UNIX) as abstract:
        tcp.bind(("127.0.0.1", 0))
        tcp.listen()
        abstract.bind("\0" + name)
        abstract.listen()
        script = CONNECT.format(port=tcp.getsockname()[1], name=name)
        outside = subprocess.run(["python3", "-c", script.split("for host")[0]], capture_output=True, text=True)
        assert outside.stdout.count("reached") == 2, "the attack does not even work outside"
        done = inner("run", "-p", "shell-oneshot", "--entrypoint", "python3", "-a", "-c", "-a", script)
    assert done.returncode == 0, done.stderr
    assert [line.split()[0] for line in done.stdout.splitlines()] == [b"refused"] * 4, done.stdout


def test_shared_memory_is_private(inner):
    made = subprocess.run(["ipcmk", "-M", "64"], capture_output=True, text=True)
    assert made.returncode == 0
    try:
        done = inner.run("wc -l < /proc/sysvipc/shm")
    finally:
        subprocess.run(["ipcrm", "-m", made.stdout.split()[-1]], check=True)
    assert done.stdout.strip() == b"1"
