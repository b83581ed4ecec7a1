# SPDX-License-Identifier: Apache-2.0
"""In containers, as far as their filters of system calls go: what works under podman's, and what is said where nothing can
work: why, and what to do."""

import json
import os
import shutil
import subprocess

import pytest
from conftest import PATIENCE, PREFIX, SOURCE, one_sentence
from container_filter import PODMAN
from internet import OTHER, PUBLIC

ALLOWED = ["--allow-host", "www.allowed.test:80", "--allow-host", "www.allowed.test:8080"]
FETCH = "curl -sS -m 20 http://www.allowed.test/; curl -sS -m 20 http://evil.test/"


@pytest.fixture
def online(internet, private):
    """In the user namespace of that internet the system's files belong to nobody, so the profiles are the person's."""
    shutil.copytree(PREFIX / "share/inner/profiles", private.home / ".config/inner/profiles")
    return private


def under(engine, person, *words):
    """innerctl in such a container."""
    return subprocess.run(
        ["/usr/bin/python3", SOURCE / "tests/container_filter.py", engine, *person.command(*words)], env=person.env,
        cwd=person.work, stdin=subprocess.DEVNULL, capture_output=True, timeout=60 * PATIENCE)


def doctor(done):
    return {check["id"]: check for check in json.loads(done.stdout)}


needs_podman = pytest.mark.skipif(not os.path.exists(PODMAN), reason="podman's filter is not installed")


@needs_podman
@pytest.mark.parametrize("options, reached", [(ALLOWED, [PUBLIC]), (["--network-mode", "open"], [PUBLIC, OTHER])],
                         ids=["allowlist", "open"])
def test_gateway_under_podmans(online, options, reached):
    done = under("podman", online, "run", "-p", "shell-oneshot", *options, "--arg", FETCH)
    assert done.stdout.decode() == "".join(f"this is {address} port 80\n" for address in reached), done.stderr
    assert (b"may not reach evil.test" in done.stderr) == (OTHER not in reached)


@needs_podman
def test_doctor_under_podmans(online):
    checks = doctor(under("podman", online, "doctor", "--json"))
    assert [checks[i]["status"] for i in ("namespaces", "gateway", "nftables")] == ["ok"] * 3, checks
    plan = json.loads(under("podman", online, "run", "-n", "--json", "-p", "shell-oneshot", "--arg", "true").stdout)
    assert any(warning.startswith("hostname: a filter of system calls") for warning in plan["warnings"])


def test_under_dockers(online):
    done = under("docker", online, "run", "-p", "shell-oneshot", *ALLOWED, "--arg", "echo ran")
    assert done.returncode == 125
    sentence = one_sentence(done)
    assert "does not let bubblewrap make namespaces" in sentence and "innerctl doctor" in sentence
    checks = doctor(under("docker", online, "doctor", "--json"))
    assert checks["namespaces"]["status"] == "missing"
    assert "such as Docker's" in checks["namespaces"]["remedy"]
    assert "--security-opt seccomp=" in checks["namespaces"]["remedy"]
    assert checks["gateway"]["status"] == "degraded"


def test_without_joining(online, without):
    """A filter that lets bubblewrap work, and the gateway not."""
    done = without(online, "joining", "run", "-p", "shell-oneshot", *ALLOWED, "--arg", "echo ran")
    assert done.returncode == 125
    sentence = one_sentence(done)
    assert "its user namespace cannot be joined: Operation not permitted" in sentence
    assert "setns" in sentence and "--network-mode off" in sentence
    assert without(online, "joining", "run", "-p", "shell-oneshot", "--arg", "echo ran").stdout == b"ran\n"
    gateway = doctor(without(online, "joining", "doctor", "--json"))["gateway"]
    assert gateway["status"] == "degraded"
    assert "its user namespace cannot be joined" in gateway["detail"] and "setns" in gateway["remedy"]
