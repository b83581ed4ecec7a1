# SPDX-License-Identifier: Apache-2.0
"""Attacks 42, 54, 63, 64 and 75: a mount that carries a secret, the policy or a socket in under another name."""

import socket

import pytest


@pytest.mark.parametrize("name", [".ssh", ".gnupg", ".aws", ".netrc", ".docker/config.json"])
@pytest.mark.parametrize("link", [False, True])
def test_a_secret_is_not_mounted(inner, name, link):
    secret = inner.home / name
    secret.parent.mkdir(parents=True, exist_ok=True)
    secret.mkdir()
    source = secret
    if link:
        source = inner.work / "innocent"
        source.symlink_to(secret)
    done = inner.run("ls -A /data", "-m", f"{source}:/data:ro")
    assert done.returncode == 125, done
    assert b"cannot be mounted" in done.stderr


def test_the_policy_is_not_mounted_writable(inner):
    policy = inner.home / ".config" / "inner"
    policy.mkdir(parents=True)
    done = inner.run("echo x > /data/x", "-m", f"{policy}:/data:rw")
    assert done.returncode == 125, done
    assert not (policy / "x").exists()


@pytest.mark.parametrize("name", ["", "..", "/"])
def test_what_contains_secrets_is_not_mounted(inner, name):
    source = inner.home / name
    done = inner.run("ls -A /data", "-m", f"{source}:/data:ro")
    assert done.returncode == 125, done


def test_the_run_time_directory_is_not_mounted(inner):
    """Whoever can write there could talk to the supervisors."""
    done = inner.run("ls -A /data", "-m", f"{inner.runtime}:/data:rw")
    assert done.returncode == 125, done


def test_a_socket_is_not_mounted(inner):
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(inner.work / "s"))
        done = inner.run("true", "-m", f"{inner.work}/s:/s")
    assert done.returncode == 125, done
    assert b"socket" in done.stderr
