# SPDX-License-Identifier: Apache-2.0
"""Attacks 38, 40, 41, 42 and 54: a secret is hidden as the object that it is, whatever leads to it: another name, a link,
a bind mount, a directory that holds it, a later file in its place."""

import os
import subprocess

import pytest

from conftest import eventually, one_sentence
from own_profiles import profile  # noqa: F401 (a fixture)


@pytest.fixture
def cargo(inner):
    directory = inner.home / ".cargo"
    (directory / "bin").mkdir(parents=True)
    (directory / "bin/tool").write_text("tool\n")
    (directory / "config.toml").write_text("config\n")
    (directory / "credentials.toml").write_text("secret\n")
    return directory


LOOK = "cat {0}/credentials.toml; cat {0}/config.toml {0}/bin/tool; "
EVIL = "mv {0}/credentials.toml {0}/x; rm -f {0}/credentials.toml; ln {0}/credentials.toml {0}/y; echo evil > {0}/credentials.toml; "


@pytest.mark.parametrize("place", ["{home}/.cargo", "/elsewhere"])
def test_a_writable_directory_that_holds_one(inner, profile, cargo, place):
    """As profiles for Rust, Maven and containers mount them."""
    place = place.format(home=inner.home)
    name = profile(f"[mounts]\n'~/.cargo' = {{ dest = '{place}', mode = 'rw' }}\n")
    script = LOOK + EVIL + "cat {0}/credentials.toml {0}/x {0}/y; mv {0} {0}2; cat {0}2/credentials.toml; echo new > {0}/new; ls {0}"
    done = inner("run", "-p", name, "--arg", script.format(place))
    assert b"secret" not in done.stdout + done.stderr
    assert done.stdout.split() == [b"config", b"tool", b"bin", b"config.toml", b"credentials.toml", b"new"]
    assert (cargo / "credentials.toml").read_text() == "secret\n"
    assert (cargo / "new").read_text() == "new\n"
    assert sorted(path.name for path in cargo.iterdir()) == ["bin", "config.toml", "credentials.toml", "new"]


def test_every_place(inner, cargo):
    """The same directory, mounted in three ways."""
    options = [word for place in ("/a:rw", "/b:ro", "/c:copy") for word in ("-m", f"{cargo}:{place}")]
    done = inner.run("cat /?/credentials.toml; cat /?/config.toml", *options)
    assert done.stdout == b"config\n" * 3, done


def test_replaced_secret(inner, profile, cargo):
    """While the sandbox runs, a program of the host replaces the file. A cover on the file would be lifted by that (T2)."""
    name = profile("[sandbox]\nhome = 'host-ro'\n")
    (inner.home / ".netrc").write_text("secret\n")
    process = inner.popen("run", "-p", name, "--arg",
                          "echo go; read x; cat ~/.netrc ~/.cargo/credentials.toml; ls -A ~ ~/.cargo", stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert process.stdout.readline() == b"go\n"
    for path in inner.home / ".netrc", cargo / "credentials.toml":
        new = path.with_suffix(".new")
        new.write_text("secret\n")
        os.rename(new, path)
    output, _ = process.communicate(b"\n", timeout=30)
    assert b"secret" not in output and b"credentials" not in output and b".netrc" not in output
    assert b"config.toml" in output


def test_secret_made_later(inner, profile, cargo):
    name = profile("[sandbox]\nhome = 'host-ro'\n")
    (inner.home / "notes").write_text("notes\n")
    process = inner.popen("run", "-p", name, "--arg",
                          "echo go; read x; cat ~/.pgpass ~/.ssh/id ~/.aws/credentials; cat ~/notes", stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert process.stdout.readline() == b"go\n"
    (inner.home / ".pgpass").write_text("secret\n")
    for name in ".ssh/id", ".aws/credentials":
        path = inner.home / name
        path.parent.mkdir()
        path.write_text("secret\n")
    output, _ = process.communicate(b"\n", timeout=30)
    assert output == b"notes\n"


@pytest.mark.parametrize("filesystem", ["private", "host"])
def test_a_shown_home(inner, profile, cargo, filesystem):
    name = profile(f"[sandbox]\nhome = 'host-ro'\nfilesystem = '{filesystem}'\n")
    for path in (".ssh/id", ".config/gh/hosts.yml", ".config/tool/settings", ".docker/config.json", ".local/share/keyrings/login",
                 ".local/share/inner/homes/other/x", "project/file"):
        (inner.home / path).parent.mkdir(parents=True, exist_ok=True)
        (inner.home / path).write_text(f"of {path}\n")
    (inner.home / ".bash_history").write_text("secret\n")
    (inner.home / "dots").mkdir()
    (inner.home / "dots/netrc").write_text("secret\n")
    (inner.home / ".netrc").symlink_to("dots/netrc")
    (inner.home / "innocent").symlink_to(".ssh/id")
    os.link(cargo / "config.toml", inner.home / "config-too")
    done = inner("run", "-p", name, "--arg",
                 "cd ~; cat .netrc dots/netrc innocent .bash_history .cargo/credentials.toml; "
                 "find . -type f | sort | xargs cat; touch x .config/x project/x; rm project/file; ls -A")
    assert b"secret" not in done.stdout
    text = done.stdout.decode()
    for shown in ".config/tool/settings", "project/file":
        assert f"of {shown}\n" in text
    for hidden in ".ssh/id", "gh/hosts.yml", ".docker/config.json", "keyrings/login", "homes/other":
        assert f"of {hidden}" not in text and f"{hidden}\n" not in text
    assert not (inner.home / "x").exists() and (inner.home / "project/file").exists()


def test_where_a_link_leads(inner):
    """Dot files in a repository: the table names the link, the secret is in the workspace."""
    (inner.work / "dots").mkdir()
    (inner.work / "dots/netrc").write_text("secret\n")
    (inner.home / ".netrc").symlink_to(inner.work / "dots/netrc")
    done = inner.run(f"cat dots/netrc {inner.work}/dots/netrc; ls dots")
    assert done.stdout == b"netrc\n", done
    assert b"secret" not in done.stdout


def test_a_link_that_leads_nowhere_stops_nobody(inner, profile):
    name = profile("[sandbox]\nhome = 'host-ro'\n")
    (inner.home / ".netrc").symlink_to("nowhere")
    (inner.home / ".ssh").symlink_to("/nonexistent/keys")
    assert inner("run", "-p", name, "--arg", "ls -A ~; echo fine").stdout.split()[-1] == b"fine"
    assert inner.run("echo fine").stdout == b"fine\n"


def test_a_hard_link_to_one(inner):
    secret = inner.home / ".netrc"
    secret.write_text("secret\n")
    os.link(secret, inner.home / "harmless")
    done = inner.run("cat /data", "-m", f"{inner.home}/harmless:/data:ro")
    assert done.returncode == 125
    assert "passwords" in one_sentence(done)
    plan = inner("run", "-p", "shell-oneshot", "-n", "--arg", "true")
    assert "hard link" in (plan.stdout + plan.stderr).decode()


BIND = """
set -e
mkdir $1/alias $1/outer $1/outer/inner
mount --bind $1/home/.ssh $1/alias
mount --bind $1/home/.ssh $1/outer/inner
shift
exec "$@"
"""


def test_bind_mount_of_a_secret(private):
    """Another name for the key directory, in a mount namespace of its own for this test."""
    ssh = private.home / ".ssh"
    ssh.mkdir()
    (ssh / "id").write_text("secret\n")
    # In the namespace the built-in profiles belong to nobody that is known there.
    private.profile("alone", "[entrypoint]\ncmd = 'sh'\nargs = ['-c']\n")
    unshare = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", BIND, "sh", str(private.root)]
    if subprocess.run([*unshare[:5], "-c", "mount -t tmpfs none /mnt"], capture_output=True).returncode != 0:
        pytest.skip("no mounts in a user namespace here")
    results = {}
    for source in "alias", "alias/id", "outer/inner":
        command = private.command("run", "-p", "alone", "-m", f"{private.root}/{source}:/data:ro", "--arg", "cat /data /data/id")
        results[source] = subprocess.run([*unshare, *command], env=private.env, cwd=private.work, capture_output=True)
        for name in "outer/inner", "outer", "alias":
            (private.root / name).rmdir()
    for source, done in results.items():
        assert done.returncode == 125, (source, done)
        assert b"SSH keys" in done.stderr
    command = private.command("run", "-p", "alone", "-n", "--format", "bwrap", "-m", f"{private.root}/outer:/data:ro", "--arg", "true")
    done = subprocess.run([*unshare, *command], env=private.env, cwd=private.work, capture_output=True)
    for name in "outer/inner", "outer", "alias":
        (private.root / name).rmdir()
    assert b"--tmpfs /data/inner" in done.stdout, done


def test_copy_without_secrets(inner, profile, cargo):
    name = profile("[mounts]\n'~/.cargo' = { dest = '~/.cargo', mode = 'copy' }\n")
    done = inner("run", "-p", name, "--arg", "ls ~/.cargo; echo changed > ~/.cargo/config.toml; cat ~/.cargo/config.toml")
    assert done.stdout.split() == [b"bin", b"config.toml", b"changed"], done
    assert (cargo / "config.toml").read_text() == "config\n"
    copies = inner.home / ".local/state/inner/copies"
    assert eventually(lambda: not list(copies.iterdir()))


def test_homes_of_other_sandboxes(inner, profile):
    """What one sandbox keeps is not for another one, neither to read nor to write."""
    name = profile("[sandbox]\nhome = 'persistent'\n")
    assert inner("run", "-p", name, "--arg", "echo secret > ~/kept").returncode == 0
    for mode in "ro", "rw", "copy":
        for source in "homes/own", "homes", ".":
            done = inner.run("cat /data/kept /data/own/kept /data/homes/own/kept", "-m",
                             f"{inner.home}/.local/share/inner/{source}:/data:{mode}")
            assert b"secret" not in done.stdout, (source, mode, done)
    assert inner("run", "-p", name, "--arg", "cat ~/kept").stdout == b"secret\n"
