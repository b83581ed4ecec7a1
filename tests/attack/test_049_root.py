# SPDX-License-Identifier: Apache-2.0
"""Attack 49 by root: the kernel asks for no capability where the user root of the machine writes to its settings, and a
sandbox of root is run by that user, whatever number it has inside."""

import json
import os
import subprocess

import pytest

from conftest import Inner, one_sentence

pytestmark = pytest.mark.skipif(os.getuid() != 0, reason="only root can run these tests")

# Opens for writing all that is in /proc, and writes nothing.
LOOK = r"""
import json, os, stat
found, looked = [], 0
for directory, names, files in os.walk("/proc"):
    names[:] = [n for n in names if not os.path.islink(os.path.join(directory, n)) and n not in ("fd", "fdinfo", "map_files")
                and not (directory == "/proc" and n.isdigit() and n != "1" and n != str(os.getpid()))]
    for path in (os.path.join(directory, name) for name in files):
        if os.path.islink(path):
            continue
        looked += 1
        try:
            os.close(os.open(path, os.O_WRONLY))
            found.append(path)
        except OSError:
            pass
print(json.dumps([looked, found]))
"""
# Reads what only root may, which tells where in memory things are.
READ = r"""
import json, os
def reads(path):
    try:
        return bool(open(path, "rb").read(8))
    except OSError:
        return False
print(json.dumps([name for name in os.listdir("/proc") if not name.isdigit() and os.path.isfile("/proc/" + name) and
                  os.stat("/proc/" + name).st_mode & 0o044 == 0 and reads("/proc/" + name)]))
"""
# Of this user without any capability, in namespaces, as bubblewrap alone makes them.
PLAIN = ["bwrap", "--unshare-user", "--unshare-pid", "--unshare-ipc", "--uid", "1000", "--gid", "1000", "--cap-drop", "ALL",
         "--disable-userns", "--ro-bind", "/", "/", "--proc", "/proc", "/usr/bin/python3", "-c"]
HELPERS = {"/proc/sys/kernel/core_pattern", "/proc/sys/kernel/modprobe"}


@pytest.fixture
def person(sandboxes_possible):
    person = Inner("private", polkit="allow")
    yield person
    person.close()


def look(person, *options, program=LOOK):
    (person.work / "look.py").write_text(program)
    done = person("run", "-p", "shell-oneshot", "-w", person.work, *options, "--entrypoint", "python3", "-a", "look.py")
    assert done.returncode == 0, done
    return json.loads(done.stdout)


def test_outside():
    done = subprocess.run([*PLAIN, LOOK], capture_output=True, check=True)
    looked, found = json.loads(done.stdout)
    assert len(found) > 100 and HELPERS & set(found), found
    done = subprocess.run([*PLAIN, READ], capture_output=True, check=True)
    assert json.loads(done.stdout) != []


@pytest.mark.parametrize("options", [[], ["--network-mode", "host"]], ids=["plain", "host-network"])
def test_nothing_of_the_kernel_is_writable(person, options):
    looked, found = look(person, *options)
    assert looked > 100
    assert found == []


def test_nothing_that_only_root_reads(person):
    assert look(person, program=READ) == []


def test_exec_stands_in_the_same_view(person):
    (person.work / "look.py").write_text(LOOK)
    started = person("run", "-d", "--name", "n", "-p", "shell-oneshot", "-w", person.work, "--arg", "sleep 100")
    assert started.returncode == 0, started
    done = person("exec", "n", "--", "python3", "/workspace/look.py")
    assert json.loads(done.stdout)[1] == [], done
    assert person("stop", "n").returncode == 0


def test_streams_have_names(person):
    """The links in /proc lead to other mounts than that of /proc."""
    done = person.run("echo one >/dev/stdout; echo two >/proc/self/fd/2; cat </dev/stdin", input=b"three\n")
    assert (done.stdout, done.stderr) == (b"one\nthree\n", b"two\n")


def test_no_containers(person):
    """They would have a /proc of their own."""
    done = person.run("true", "--allow", "nested-user-ns")
    assert done.returncode == 125
    sentence = one_sentence(done)
    assert "nested-user-ns" in sentence and "start it as an ordinary user" in sentence
