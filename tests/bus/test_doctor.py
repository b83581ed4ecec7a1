# SPDX-License-Identifier: Apache-2.0
"""innerctl doctor on a machine that works: each thing that the person themselves can break or mend is seen.
What only root can break is in test_broken_machine.py."""

import json
import os
import subprocess

import pytest

IDS = [
    "bwrap", "bwrap-bind-fd", "namespaces", "programs", "landlock", "seccomp", "cgroups", "session-bus", "user-manager",
    "system-bus", "polkit", "policy", "polkit-agent", "xdg-dbus-proxy", "git", "gateway", "nftables", "podman-socket",
    "subordinate-ids", "agents", "profiles", "trust", "disk",
]


def consult(inner, **how):
    done = inner("doctor", "--json", **how)
    assert done.returncode == 0, done
    return {check["id"]: check for check in json.loads(done.stdout)}


def test_every_check_is_told_with_its_remedy(inner):
    checks = consult(inner)
    assert list(checks) == IDS
    for check in checks.values():
        assert check["why"] and check["detail"], check
        assert check["status"] in ("ok", "degraded", "missing"), check
        assert (check["remedy"] == "") == (check["status"] == "ok"), check
    for name in ("bwrap", "bwrap-bind-fd", "namespaces", "programs", "seccomp", "gateway", "nftables", "profiles",
                 "trust", "disk"):
        assert checks[name]["status"] == "ok", checks[name]


def test_text(inner):
    done = inner("doctor")
    lines = done.stdout.decode().splitlines()
    heads = [line for line in lines if line.startswith("[")]
    assert done.returncode == 0 and [line.split()[1] for line in heads] == IDS
    assert {line.index(line.split(None, 2)[2]) for line in heads} == {21}
    assert all(line.startswith(" " * 21) for line in lines if line not in heads)


def test_session_bus(bus):
    assert consult(bus)["session-bus"]["status"] == "ok"
    manager = consult(bus)["user-manager"]
    assert manager["status"] == "degraded" and "linger" in manager["remedy"]


def test_no_session_bus(private):
    assert consult(private)["session-bus"]["status"] == "degraded"


def test_no_system_bus(inner):
    checks = consult(inner)
    assert checks["system-bus"]["status"] == checks["polkit"]["status"] == "degraded"
    assert "systemctl start" in checks["system-bus"]["remedy"] + checks["polkit"]["remedy"]


@pytest.fixture
def own_profile(inner):
    directory = inner.home / ".config/inner/profiles"
    directory.mkdir(parents=True)
    return directory / "mine.toml"


def test_profiles(inner, own_profile):
    own_profile.write_text('extends = "shell"\n')
    assert consult(inner)["profiles"]["status"] == "ok"
    own_profile.write_text("no-such-key = 1\n")
    check = consult(inner)["profiles"]
    assert check["status"] == "degraded" and "mine.toml" in check["detail"] and "validate" in check["remedy"]
    own_profile.write_text('extends = "shell"\n[mounts]\n"/no/such/source" = { dest = "/mnt" }\n')
    assert "/no/such/source" in consult(inner)["profiles"]["detail"]


def test_profiles_of_the_project_count_where_it_is(inner):
    project = inner.work / "project"
    (project / ".inner/profiles").mkdir(parents=True)
    (project / ".inner/profiles/theirs.toml").write_text("[sandbox\n")
    assert consult(inner)["profiles"]["status"] == "ok"
    assert "theirs.toml" in consult(inner, cwd=project)["profiles"]["detail"]


def test_agents(inner):
    check = consult(inner)["agents"]
    assert "claude" not in check["detail"] or check["status"] == "ok"
    program = inner.home / ".local/bin/claude"
    program.parent.mkdir(parents=True)
    program.write_text("#!/bin/sh\ntouch ~/was-run\n")
    program.chmod(0o755)
    check = consult(inner)["agents"]
    assert check["status"] == "degraded" and "ANTHROPIC_API_KEY" in check["detail"]
    login = inner.home / ".claude/.credentials.json"
    login.parent.mkdir()
    os.symlink("/etc/passwd", login)
    assert consult(inner)["agents"]["status"] == "degraded"
    login.unlink()
    login.write_text("{}")
    check = consult(inner)["agents"]
    assert check["status"] == "ok" and "~/.claude/.credentials.json" in check["detail"]
    assert not (inner.home / "was-run").exists()


def test_trust(inner):
    store = inner.home / ".local/share/inner/trust"
    store.mkdir(parents=True, mode=0o700)
    assert consult(inner)["trust"]["status"] == "ok"
    store.chmod(0o777)
    check = consult(inner)["trust"]
    assert check["status"] == "degraded" and "chmod" in check["remedy"]


def test_podman(inner):
    check = consult(inner)["podman-socket"]
    assert check["status"] == "degraded"
    assert "podman.socket" in check["remedy"] or "install" in check["remedy"]


def test_bad_options(bus):
    call = ["gdbus", "call", "--session", "--dest", "org.inner.Sandbox", "--object-path", "/org/inner/Sandbox",
            "--method", "org.inner.Sandbox.CheckHost"]
    for options in ("{'directory': <'relative'>}", "{'directory': <1>}", "{'other': <true>}"):
        done = subprocess.run([*call, options], env=bus.env, capture_output=True, text=True)
        assert done.returncode != 0 and "InvalidOption" in done.stderr, done
