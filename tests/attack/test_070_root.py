# SPDX-License-Identifier: Apache-2.0
"""Attack 70 by the owner of what root works with: root comes with the environment of an ordinary user, or stands in a
directory of theirs (“sudo -E innerctl”)."""

import os
import subprocess

import pytest

from conftest import Inner, eventually
from ordinary_user import AS_USER, USER, WHY_NOT

pytestmark = pytest.mark.skipif(bool(WHY_NOT), reason=WHY_NOT)


# What root has of its own is not that of this machine.
OWN_HOME = ["unshare", "--mount", "--propagation", "private", "sh", "-c", 'mount --bind "$0" /root && exec "$@"']


class Root(Inner):
    """Root, whose home, run-time directory and workspace belong to somebody else."""

    def __init__(self):
        super().__init__("private")
        self.own = self.root / "own"
        self.own.mkdir(mode=0o700)

    def command(self, *args):
        return [*OWN_HOME, str(self.own), *super().command(*args)]


@pytest.fixture
def root(sandboxes_possible):
    person = Root()
    person.root.chmod(0o755)
    for path in (person.home, person.runtime, person.work):
        os.chown(path, USER.pw_uid, USER.pw_gid)
    # Without capabilities root passes no mode inside.
    person.work.chmod(0o777)
    yield person
    person.close()


def as_user(*command):
    return subprocess.run([*AS_USER, *map(str, command)], capture_output=True)


def test_outside(root):
    """The owner of a directory moves away what root made in it."""
    (root.runtime / "inner").mkdir(mode=0o700)
    assert as_user("mv", root.runtime / "inner", root.runtime / "away").returncode == 0
    assert as_user("ln", "-s", "/etc", root.runtime / "inner").returncode == 0
    (root.runtime / "inner").unlink()


def test_the_run_time_directory_of_somebody_else(root):
    """Nothing of root's is in it, and nothing in it is obeyed."""
    done = root.run("echo inside")
    assert done.stdout == b"inside\n", done
    assert list(root.runtime.iterdir()) == []
    started = root.run("sleep 100", "-d", "--name", "n")
    assert started.returncode == 0, started
    assert list(root.runtime.iterdir()) == []
    assert root("stop", "n").returncode == 0


def test_a_link_for_the_run_time_directory(root):
    assert as_user("ln", "-s", "/etc", root.runtime / "inner").returncode == 0
    done = root.run("echo inside")
    (root.runtime / "inner").unlink()
    assert done.stdout == b"inside\n", done


def test_a_directory_that_is_closed(root):
    """In a sandbox root has no capability to pass over modes."""
    root.work.chmod(0o700)
    done = root.run("echo inside", "-w", root.work)
    assert done.returncode == 125 and b"cannot be entered" in done.stderr, done


def test_profiles_of_somebody_else(root):
    """What is in the home of an ordinary user is not root's own, though HOME says so."""
    profiles = root.home / ".config/inner/profiles"
    profiles.mkdir(parents=True)
    profile = profiles / "theirs.toml"
    profile.write_text('name = "theirs"\n[entrypoint]\ncmd = "sh"\nargs = ["-c"]\n[sandbox]\nnetwork = true\n'
                       '[[mounts]]\nsource = "/root"\ndest = "/mnt/root"\nmode = "ro"\n')
    subprocess.run(["chown", "-R", f"{USER.pw_uid}:{USER.pw_gid}", root.home / ".config"], check=True)
    done = root("run", "-p", "theirs", "--arg", "echo inside")
    assert done.returncode == 125 and b"inside" not in done.stdout, done


@pytest.mark.parametrize("given", [False, True], ids=["home", "variables"])
def test_their_home_is_not_used(root, given):
    """Everything that is kept is kept in root's own home, whatever their home leads to."""
    victim = root.root / "victim"
    victim.mkdir()
    for name in (".local", ".cache", ".config"):
        assert as_user("ln", "-s", victim, root.home / name).returncode == 0
    env = {f"XDG_{name}_HOME": str(root.home / name) for name in ("DATA", "STATE", "CACHE", "CONFIG")} if given else {}
    done = root.run("echo inside; echo secret > ~/x", env=env)
    assert done.stdout == b"inside\n", done
    assert root("profile", "new", "mine", "--extends", "shell", env=env).returncode == 0
    assert list(victim.iterdir()) == [] and len(list(root.home.iterdir())) == 3
    assert list((root.own / ".local/state/inner/runs").iterdir())
    assert (root.own / ".config/inner/profiles/mine.toml").exists()


def test_links_in_their_home(root):
    """Records go through no link of theirs."""
    victim = root.root / "victim"
    victim.mkdir()
    (root.home / ".local/state/inner").mkdir(parents=True)
    (root.home / ".local/state/inner/runs").symlink_to(victim)
    subprocess.run(["chown", "-hR", f"{USER.pw_uid}:{USER.pw_gid}", root.home / ".local"], check=True)
    done = root.run("echo inside")
    assert list(victim.iterdir()) == [], done


def test_root_only_files_behind_links(root):
    """A link in their workspace leads to nothing of root's."""
    secret = root.root / "secret"
    secret.write_text("of root")
    secret.chmod(0o600)
    for name in ("link", ".mcp.json", ".envrc"):
        assert as_user("ln", "-s", secret, root.work / name).returncode == 0
    assert as_user("mkfifo", root.work / ".tool-versions").returncode == 0
    done = root.run(f"cat link .mcp.json {secret}; rm .mcp.json; echo evil > .mcp.json; echo end", "-w", root.work)
    assert b"of root" not in done.stdout and b"end" in done.stdout, done
    assert secret.read_text() == "of root"
    assert os.readlink(root.work / ".mcp.json") == str(secret), done.stderr


def test_a_setuid_file_of_root(root):
    """What a sandbox of root makes belongs to root outside."""
    done = root.run("cp /bin/sh tool; chmod 6755 tool; chown 1:1 tool; mknod null c 1 3; echo end", "-w", root.work)
    assert done.stdout == b"end\n", done
    assert not (root.work / "null").exists()
    # On a busy machine the search goes on after the end was told.
    assert eventually(lambda: (root.work / "tool").stat().st_mode & 0o6000 == 0, 60), done.stderr
    assert (root.work / "tool").stat().st_uid == 0
