# SPDX-License-Identifier: Apache-2.0
"""Real agents find the login that was carried in, and start under their own profiles."""

import json

import pytest
from agents import agents, options  # noqa: F401  (a fixture)

PLAIN = ["--no-network", "--no-interactive"]


def put(home, path, value):
    (home / path).parent.mkdir(parents=True, exist_ok=True)
    (home / path).write_text(json.dumps(value))


@pytest.mark.parametrize("profile,program", [
    ("claude-interactive", "claude"), ("claude-one-shot", "claude"), ("shell-with-claude", "claude"),
    ("codex-interactive", "codex"), ("codex-one-shot", "codex"), ("gemini-interactive", "gemini"),
    ("gemini-one-shot", "gemini"),
])
def test_it_starts_under_its_profile(private, agents, profile, program):  # noqa: F811
    done = private("run", "-p", profile, *PLAIN, *options(agents), "--entrypoint", program, "--arg=--version",
                   timeout=120)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()[0:1].isdigit() or b"." in done.stdout


def test_codex_finds_its_login(private, agents):  # noqa: F811
    put(private.home, ".codex/auth.json", {"auth_mode": "apikey", "OPENAI_API_KEY": "sk-test-0123456789abcdef"})
    done = private("run", "-p", "codex-one-shot", *PLAIN, *options(agents), "--entrypoint", "codex",
                   "--arg", "login", "--arg", "status", timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    assert b"sk-test-" in done.stdout + done.stderr


def test_claude_finds_its_login(private, agents):  # noqa: F811
    put(private.home, ".claude/.credentials.json", {"claudeAiOauth": {
        "accessToken": "t", "refreshToken": "r", "expiresAt": 4102444800000, "scopes": ["user:inference"],
        "subscriptionType": "max"}})
    done = private("run", "-p", "claude-one-shot", *PLAIN, *options(agents), "--entrypoint", "claude",
                   "--arg", "auth", "--arg", "status", timeout=120)
    assert json.loads(done.stdout)["loggedIn"] is True, done.stdout + done.stderr


def test_without_a_login(private, agents):  # noqa: F811
    """The counter-check: these programs tell the difference."""
    done = private("run", "-p", "codex-one-shot", *PLAIN, *options(agents), "--entrypoint", "codex",
                   "--arg", "login", "--arg", "status", timeout=120)
    assert done.returncode != 0
    done = private("run", "-p", "claude-one-shot", *PLAIN, *options(agents), "--entrypoint", "claude",
                   "--arg", "auth", "--arg", "status", timeout=120)
    assert json.loads(done.stdout)["loggedIn"] is False
