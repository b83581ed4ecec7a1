# SPDX-License-Identifier: Apache-2.0
"""Attacks 4, 5, 6 and 7: the sandbox's PID 1, what started it, and what they know."""

ATTACK = r"""
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)

def says(name, value):
    print(name, "done" if value else "refused", flush=True)

ctypes.set_errno(0)
says("ptrace", libc.ptrace(16, 1, 0, 0) == 0)
for name in ("mem", "environ", "maps"):
    try:
        data = open(f"/proc/1/{name}", "rb").read(1) if name != "mem" else open("/proc/1/mem", "r+b") and b"x"
        says(name, data != b"")
    except OSError:
        says(name, False)
fd = libc.syscall(434, 1, 0)
says("pidfd_getfd", fd >= 0 and libc.syscall(438, fd, 3, 0) >= 0)
for name in ("root", "cwd", "fd"):
    try:
        os.listdir(f"/proc/1/{name}")
        says(name, True)
    except OSError:
        says(name, False)
for number in (9, 15, 19):
    try:
        os.kill(1, number)
        says(f"kill{number}", True)
    except OSError:
        says(f"kill{number}", False)
print("alive", flush=True)
"""

# Harmless proof that each of them works against a process that nothing protects.
CONTROL = "import subprocess,time; p=subprocess.Popen(['sleep','9']); time.sleep(.3); print(open(f'/proc/{p.pid}/environ','rb').read()[:1] != b''); p.kill()"


def test_pid1_is_closed(inner):
    done = inner("run", "-p", "shell-oneshot", "--entrypoint", "python3", "-a", "-c", "-a", ATTACK)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.decode().split("\n")
    done_to_it = [line for line in lines if line.endswith(" done")]
    assert not done_to_it, lines
    assert "alive" in lines and len([line for line in lines if line.endswith("refused")]) == 11


def test_the_attack_reads_what_is_open(inner):
    done = inner("run", "-p", "shell-oneshot", "--entrypoint", "python3", "-a", "-c", "-a", CONTROL)
    assert done.stdout.strip() == b"True", done.stderr


def test_no_secret_of_anyone_in_proc(inner):
    secret = "inner-test-secret-4711"
    done = inner.run("cat /proc/*/environ /proc/*/cmdline 2>/dev/null | tr '\\0' '\\n'; ls /proc | grep -c '^[0-9]'",
                     env={"MY_SECRET": secret})
    assert done.returncode == 0, done.stderr
    assert secret.encode() not in done.stdout
    # PID 1, the shell and its children: nobody else is visible.
    assert int(done.stdout.split()[-1]) <= 5
