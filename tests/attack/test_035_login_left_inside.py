# SPDX-License-Identifier: Apache-2.0
"""Attacks 35 and 60: a sandbox that may renew a login tries to get more than a token onto the host, or something of the
host's into the login."""

import json
import os

import pytest

SECRET = "secret-4711"
LOGIN = ".claude/.credentials.json"
OLD = {"claudeAiOauth": {"accessToken": "old", "refreshToken": "r", "expiresAt": 1}, "mcpOAuth": {"x": "mine"}}
PROFILE = ('capabilities = ["claude", "opencode"]\n[agent]\nwrite_back = true\n[sandbox]\nhome = "isolated"\n'
           'network_mode = "off"\n[entrypoint]\ncmd = "python3"\nargs = ["-c"]\n')
HEAD = """
import json, os
home = os.path.expanduser("~")
login = home + "/.claude/.credentials.json"
def leave(value):
    open(login + ".x", "w").write(value if isinstance(value, str) else json.dumps(value))
    os.rename(login + ".x", login)
"""


@pytest.fixture
def person(inner):
    (inner.home / ".claude").mkdir()
    (inner.home / LOGIN).write_text(json.dumps(OLD))
    (inner.home / ".local/share/opencode").mkdir(parents=True)
    (inner.home / ".local/share/opencode/auth.json").write_text('{"a": {"type": "api", "key": "mine"}}')
    (inner.home / ".ssh").mkdir(mode=0o700)
    (inner.home / ".ssh/key").write_text(json.dumps({"claudeAiOauth": {"accessToken": SECRET}}))
    inner.profile("renew", PROFILE)
    return inner


def snapshot(home):
    return {str(p.relative_to(home)): (p.lstat().st_mode, os.readlink(p) if p.is_symlink() else p.read_bytes() if p.is_file() else None)
            for p in home.rglob("*") if ".local/state" not in str(p)}


def run(person, code):
    return person("run", "-p", "renew", "--arg", HEAD + code)


def test_control(person):
    """What is allowed does arrive."""
    run(person, 'leave({"claudeAiOauth": {"accessToken": "new", "expiresAt": 2}})')
    assert json.loads((person.home / LOGIN).read_text())["claudeAiOauth"] == {"accessToken": "new", "refreshToken": "r", "expiresAt": 2}


@pytest.mark.parametrize("code", [
    # Members that run something, that are others' secrets, or that are no tokens.
    'leave({"claudeAiOauth": {"accessToken": "old"}, "hooks": {"x": "evil"}, "mcpOAuth": {"x": "evil"}, "env": {"A": "evil"}})',
    'leave({"claudeAiOauth": {"accessToken": "$(touch /tmp/evil)"}})',
    'leave({"claudeAiOauth": {"accessToken": "a\\u0000b"}})',
    'leave({"claudeAiOauth": {"accessToken": "\\u202e"}})',
    'leave({"claudeAiOauth": "x" * 100})',
    # Twice the same member: parsers differ.
    'leave(\'{"claudeAiOauth": {"accessToken": "old"}, "claudeAiOauth": {"accessToken": {"x": "evil"}}}\')',
    # A login of a kind that loads commands from an address.
    'd = home + "/.local/share/opencode/"; open(d + "auth.json", "w").write(json.dumps({"https://evil.example": '
    '{"type": "wellknown", "key": "A", "token": "B"}, "a": {"type": "wellknown", "key": "evil"}}))',
    # Files of other names, and links to and instead of the login.
    'open(home + "/.bashrc", "w").write("evil"); open(home + "/.claude/settings.json", "w").write("{}")',
    'os.unlink(login); os.symlink(home + "/../home/.ssh/key", login)',
    'os.unlink(login); os.link("/workspace/linked", login) if os.path.exists("/workspace/linked") else None',
    'os.rename(home + "/.claude", home + "/x"); os.symlink("/etc", home + "/.claude")',
    'os.rename(home + "/.claude", home + "/x"); os.symlink("../home/.ssh", home + "/.claude")',
])
def test_nothing_else_arrives(person, code):
    before = snapshot(person.home)
    done = run(person, code)
    assert b"Traceback" not in done.stderr, done.stderr
    assert snapshot(person.home) == before
    assert SECRET.encode() not in done.stdout + done.stderr


def test_a_process_that_stays_changes_nothing_later(person):
    """What is read is read when nothing inside runs any more."""
    code = ('leave({"claudeAiOauth": {"accessToken": "new", "expiresAt": 2}})\n'
            "if os.fork() == 0:\n    os.setsid()\n    while True:\n        leave('{\"claudeAiOauth\": {\"accessToken\": \"late\"}}')\n"
            "import time; time.sleep(0.3)")
    run(person, code)
    token = json.loads((person.home / LOGIN).read_text())["claudeAiOauth"]["accessToken"]
    assert token in ("new", "late")
    for _ in range(20):
        assert json.loads((person.home / LOGIN).read_text())["claudeAiOauth"]["accessToken"] == token


def test_an_untrusted_profile_takes_nothing_over(person):
    """Attack 65: a project's profile may not, even approved."""
    before = snapshot(person.home)
    project = person.work / ".inner/profiles/evil.toml"
    project.parent.mkdir(parents=True)
    project.write_text(PROFILE)
    done = person("run", "-p", "evil", "--arg", HEAD + 'leave({"claudeAiOauth": {"accessToken": "new"}})')
    assert done.returncode == 126, done
    assert snapshot(person.home) == before
