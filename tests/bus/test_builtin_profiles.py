# SPDX-License-Identifier: Apache-2.0
"""Every profile that comes with Inner is started once for real."""

import json
import re

import pytest
from conftest import PREFIX, one_sentence
from terminal import Terminal

PROFILES = sorted(path.stem for path in (PREFIX / "share/inner/profiles").glob("*.xml"))
CONTAINERS = [name for name in PROFILES if name.endswith("-containers")]
OTHERS = [name for name in PROFILES if name not in CONTAINERS]
PLAIN = ["--no-interactive"]


def test_there_are_all():
    assert PROFILES == [
        "aider", "claude-containers", "claude-interactive", "claude-one-shot", "codex-interactive",
        "codex-one-shot", "copilot-interactive", "cursor-interactive", "gemini-interactive", "gemini-one-shot",
        "opencode", "shell", "shell-containers", "shell-oneshot", "shell-with-claude",
    ]


@pytest.mark.parametrize("name", OTHERS)
def test_it_starts(inner, name):
    done = inner("run", "-p", name, *PLAIN, "--entrypoint", "sh", "--arg=-c",
                 "--arg", "test ! -e /run/user && test -w ~ && sed -n 's/^ *\\([a-z0-9]*\\):.*/\\1/p' /proc/net/dev")
    assert (done.returncode, done.stdout) == (0, b"lo\n"), done
    # Those that ask for a summary get it, and nobody says anything else.
    summary = re.compile(rb"innerctl: ended after [0-9.]+ s with exit code 0 \(exited\); 0 guarded paths were touched\n")
    wanted = json.loads(inner("profile", "show", "--json", name).stdout)["values"].get("output.summary", False)
    assert summary.fullmatch(done.stderr) if wanted else done.stderr == b"", done.stderr


@pytest.mark.parametrize("name", ["shell", "shell-with-claude"])
def test_a_shell_on_a_terminal(inner, name):
    """With its own command."""
    with Terminal(inner, "run", "-p", name) as terminal:
        terminal.type("echo in-$PWD; tty; exit 5\n")
        terminal.expect("in-/workspace")
        terminal.expect("/dev/pts/")
        assert terminal.end() == 5, terminal.seen


@pytest.mark.parametrize("name", OTHERS)
def test_its_command_is_looked_for(private, name):
    """With its own command: either it is there and starts, or the message names it."""
    done = private("run", "-n", "--json", "-p", name, *PLAIN)
    assert done.returncode == 0, done.stderr
    plan = json.loads(done.stdout)
    assert plan["network"] in ("off", "allowlist") and plan["home"] == "isolated" and plan["privileges"] == []
    if plan["command"][0] in ("bash", "/bin/bash"):
        return
    done = private("run", "-p", name, *PLAIN, env={"PATH": "/nonexistent"})
    assert done.returncode == 127
    assert plan["command"][0] in one_sentence(done)


@pytest.mark.parametrize("name", [name for name in OTHERS if not name.startswith("shell")])
@pytest.mark.parametrize("options", [[], ["--network"]])
def test_no_network_is_ever_open(private, name, options):
    """An agent's profile reaches what the agent needs, and nobody else."""
    done = private("run", "-n", "--json", "-p", name, "--no-interactive", *options)
    assert done.returncode == 0, done.stderr
    plan = json.loads(done.stdout)
    assert plan["network"] == ("off" if name == "claude-one-shot" and not options else "allowlist")
    assert plan["network"] == "off" or plan["allow-hosts"]
    assert not any(host in ("*", "0.0.0.0/0", "::/0") for host in plan["allow-hosts"])


@pytest.mark.parametrize("name", CONTAINERS)
def test_containers_need_podman(inner, name):
    """Where it does not run, they say so, and nothing starts without it (tests/bus/test_engines.py has one)."""
    done = inner("run", "-p", name, *PLAIN, "--entrypoint", "true")
    assert done.returncode == 125
    sentence = one_sentence(done)
    assert "nested-user-ns" in sentence or "podman.socket" in sentence


def test_their_descriptions(private):
    listed = {p["name"]: p["description"] for p in json.loads(private("profile", "list", "--json").stdout)}
    assert set(PROFILES) <= set(listed)
    for name in PROFILES:
        assert len(listed[name]) > 20 and not listed[name].endswith(".")
