# SPDX-License-Identifier: Apache-2.0
"""Real agent programs, installed from npm once and kept for later runs."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

PACKAGES = ["@anthropic-ai/claude-code", "@openai/codex", "@google/gemini-cli"]


def directory():
    """Where they are installed; $INNER_TEST_AGENTS names a place that several users can share."""
    given = os.environ.get("INNER_TEST_AGENTS")
    return Path(given) if given else Path.home() / ".cache" / "inner-tests" / "agents"


def install(where):
    """Installs what is missing; gives a sentence if that cannot be done."""
    if all((where / "node_modules" / package).is_dir() for package in PACKAGES):
        return None
    if shutil.which("npm") is None:
        return "npm is not installed, so no agent program can be had"
    where.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        ["npm", "install", "--no-audit", "--no-fund", "--prefix", where, *PACKAGES],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=900,
    )
    return f"npm cannot install the agents: {done.stdout[-500:]}" if done.returncode else None


@pytest.fixture(scope="session")
def agents():
    """The directory with the programs; skips loudly when they cannot be had."""
    where = directory()
    problem = install(where)
    if problem:
        pytest.skip(problem)
    return where


def options(where):
    """What makes the programs visible and found inside."""
    path = f"{where}/node_modules/.bin:/usr/local/bin:/usr/bin:/bin"
    return ["-m", f"{where}:{where}:ro", "-e", f"PATH={path}"]
