# SPDX-License-Identifier: Apache-2.0
"""What of the machine a sandbox sees: homes, the whole file system, and the workspace in its modes and at other places."""

import os
import subprocess

import pytest

from conftest import eventually, one_sentence
from own_profiles import profile  # noqa: F401 (a fixture)


def test_persistent_home(inner, profile):
    name = profile("[sandbox]\nhome = 'persistent'\n")
    assert inner("run", "-p", name, "--arg", "ls -A ~; echo kept > ~/file").stdout == b""
    assert inner("run", "-p", name, "--arg", "cat ~/file").stdout == b"kept\n"
    other = profile("[sandbox]\nhome = 'persistent'\n", "other")
    assert inner("run", "-p", other, "--arg", "ls -A ~").stdout == b""
    home = inner.home / ".local/share/inner/homes/own"
    assert home.stat().st_mode & 0o7777 == 0o700
    assert (home / "file").read_text() == "kept\n"
    assert not (inner.home / "file").exists()


def test_persistent_home_of_two_at_once(inner, profile):
    """They share it, as two logins of one person do."""
    name = profile("[sandbox]\nhome = 'persistent'\n")
    first = inner.popen("run", "-p", name, "--arg", "echo go; read x; cat ~/from-second", stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert first.stdout.readline() == b"go\n"
    assert inner("run", "-p", name, "--arg", "echo hello > ~/from-second").returncode == 0
    output, _ = first.communicate(b"\n", timeout=30)
    assert output == b"hello\n"


def test_persistent_home_must_be_private(inner, profile):
    name = profile("[sandbox]\nhome = 'persistent'\n")
    homes = inner.home / ".local/share/inner/homes"
    homes.mkdir(parents=True, mode=0o700)
    (homes / name).symlink_to(inner.work)
    done = inner("run", "-p", name, "--arg", "echo x > ~/file")
    assert done.returncode == 125
    assert "not a directory" in one_sentence(done)
    assert not (inner.work / "file").exists()


def test_home_allow_where_the_home_is_shown(inner, profile):
    name = profile("[sandbox]\nhome = 'host-ro'\nhome_allow = ['~/tools']\n")
    (inner.home / "tools").mkdir()
    (inner.home / "tools/x").write_text("tool\n")
    assert inner("run", "-p", name, "--arg", "cat ~/tools/x").stdout == b"tool\n"


def test_whole_file_system(inner, profile):
    name = profile("[sandbox]\nfilesystem = 'host'\n")
    script = ("cat /etc/os-release > /dev/null && ls -d /var/lib /etc/dpkg /etc/rpm 2>/dev/null; "
              "for d in / /etc /var /usr /opt; do touch $d/x 2>/dev/null && echo wrote $d; done; "
              "ls -A /run /sys /var/tmp /tmp ~ 2>&1; cat /etc/machine-id /etc/shadow; cat /etc/passwd | wc -l; echo end; id -u")
    done = inner("run", "-p", name, "--arg", script)
    text = done.stdout.decode()
    assert "/var/lib" in text and "wrote" not in text, text
    assert "root:" not in text
    assert text.split()[-3:] == ["2", "end", str(os.getuid() or 1000)]
    assert "0" * 32 in text


@pytest.mark.parametrize("home", ["isolated", "persistent", "host-ro"])
def test_whole_file_system_with_each_home(inner, profile, home):
    name = profile(f"[sandbox]\nfilesystem = 'host'\nhome = '{home}'\n")
    (inner.home / "visible").write_text("x")
    (inner.home / ".ssh").mkdir()
    done = inner("run", "-p", name, "--arg", "ls -A ~; (echo x > ~/y) 2>/dev/null && echo writable; echo w > /workspace/w && cat /workspace/w")
    lines = done.stdout.decode().split()
    assert ("visible" in lines) == (home == "host-ro"), done
    assert ("writable" in lines) == (home != "host-ro")
    assert ".ssh" not in lines and lines[-1] == "w"


def test_read_only_workspace(inner, profile):
    name = profile("[workspace]\nmode = 'ro'\n")
    (inner.work / "file").write_text("mine\n")
    done = inner("run", "-p", name, "--arg", f"pwd; cat file; (echo x > file) 2>/dev/null || echo refused; (touch {inner.work}/new) 2>/dev/null || echo refused")
    assert done.stdout == b"/workspace\nmine\nrefused\nrefused\n", done
    assert [path.name for path in inner.work.iterdir()] == ["file"]


def test_copied_workspace(inner, profile):
    name = profile("[workspace]\nmode = 'copy'\n")
    (inner.work / "sub").mkdir()
    (inner.work / "sub/file").write_text("mine\n")
    (inner.work / "link").symlink_to("sub/file")
    os.mkfifo(inner.work / "fifo")
    done = inner("run", "-p", name, "--arg",
                 f"cat link; echo changed > sub/file; cat {inner.work}/sub/file; rm -r link; ls -A; readlink link")
    assert done.stdout.split() == [b"mine", b"changed", b"sub"], done
    assert "“fifo” is not copied" in done.stderr.decode()
    assert (inner.work / "sub/file").read_text() == "mine\n"
    assert (inner.work / "link").is_symlink()
    assert eventually(lambda: not list((inner.home / ".local/state/inner/copies").iterdir()))


def test_copied_mounts(inner):
    data = inner.home / "data"
    (data / "a").mkdir(parents=True)
    (data / "a/x").write_text("x\n")
    data.joinpath("a/x").chmod(0o4755)
    done = inner.run("stat -c %a /d/a/x; echo y > /d/a/x; cat /d/a/x /f; echo z > /f && cat /f", "-m", f"{data}:/d:copy", "-m", f"{data}/a/x:/f:copy")
    assert done.stdout == b"755\ny\nx\nz\n", done
    assert (data / "a/x").read_text() == "x\n"


def test_other_clients_are_served_while_a_copy_is_made(bus):
    """A copy is made in a thread."""
    profiles = bus.home / ".config/inner/profiles"
    profiles.mkdir(parents=True)
    (profiles / "copy.toml").write_text("extends = 'shell-oneshot'\n[workspace]\nmode = 'copy'\n")
    for i in range(20000):
        (bus.work / str(i)).touch()
    slow = bus.popen("run", "-p", "copy", "--arg", "ls | wc -l", stdout=subprocess.PIPE)
    assert bus("profile", "list").returncode == 0
    assert slow.poll() is None, "the copy was made too fast to tell"
    output, _ = slow.communicate(timeout=120)
    assert output == b"20000\n"


def test_client_that_leaves_while_a_copy_is_made(inner, profile):
    name = profile("[workspace]\nmode = 'copy'\n")
    for i in range(20000):
        (inner.work / str(i)).touch()
    process = inner.popen("run", "-p", name, "--arg", "true")
    copies = inner.home / ".local/state/inner/copies"
    assert eventually(lambda: copies.is_dir() and list(copies.iterdir()))
    process.kill()
    process.wait()
    # The service that copies may take a moment to end; the next one that comes after it cleans up.
    assert eventually(lambda: inner.run("true", "-m", f"{inner.home}/.config:/c:ro").returncode == 0
                      and not list(copies.iterdir()), timeout=60)


def test_destination_of_the_workspace(inner, profile):
    name = profile("[workspace]\ndestination = '/src/project'\n")
    done = inner("run", "-p", name, "--arg", "pwd; echo x > here; ls -d /workspace 2>/dev/null")
    assert done.stdout == b"/src/project\n", done
    assert (inner.work / "here").exists()


@pytest.mark.parametrize("destination", ["/proc/x", "/usr/nowhere", "/dev/shm/x", "{home}", "/"])
def test_impossible_destinations(inner, profile, destination):
    name = profile(f"[workspace]\ndestination = '{destination.format(home=inner.home)}'\n")
    done = inner("run", "-p", name, "--arg", "true")
    assert done.returncode == 125
    one_sentence(done)


@pytest.mark.parametrize("mode", ["worktree", "overlay"])
def test_modes_of_later_versions(inner, profile, mode):
    done = inner("run", "-p", profile(f"[workspace]\nmode = '{mode}'\n"), "--arg", "true")
    assert done.returncode == 125
    assert "use “copy”" in one_sentence(done)


def test_order_of_mounts(inner):
    """What stands in another mount goes behind it, whichever was named first."""
    for name in "outer", "inner":
        (inner.home / name).mkdir()
        (inner.home / name / name).touch()
    (inner.home / "outer/in").mkdir()
    mounts = [f"{inner.home}/outer:/m:ro", f"{inner.home}/inner:/m/in:ro"]
    for order in mounts, mounts[::-1]:
        done = inner.run("ls /m /m/in", *(word for mount in order for word in ("-m", mount)))
        assert done.stdout.split() == [b"/m:", b"in", b"outer", b"/m/in:", b"inner"], done


def test_two_mounts_at_one_place(inner):
    done = inner.run("true", "-m", "/usr/share:/m:ro", "-m", "/usr/lib:/m:ro")
    assert done.returncode == 125
    assert "two mounts" in one_sentence(done)
