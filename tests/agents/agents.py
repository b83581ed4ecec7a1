# SPDX-License-Identifier: Apache-2.0
"""Real agent programs, installed from npm once and kept for later runs."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from ordinary_user import AS_USER, USER

PACKAGES = ["@anthropic-ai/claude-code", "@openai/codex", "@google/gemini-cli"]


def directory():
    """Where they are installed; $INNER_TEST_AGENTS names a place that several users can share."""
    given = os.environ.get("INNER_TEST_AGENTS")
    home = USER.pw_dir if os.getuid() == 0 and USER else Path.home()
    return Path(given) if given else Path(home) / ".cache" / "inner-tests" / "agents"


def install(where):
    """Installs what is missing; gives a sentence if that cannot be done."""
    if all((where / "node_modules" / package).is_dir() for package in PACKAGES):
        return None
    if shutil.which("npm") is None:
        return "npm is not installed, so no agent program can be had"
    as_user = AS_USER if os.getuid() == 0 else []
    home = {"HOME": str(where.parents[2]), "PATH": os.environ["PATH"]} if as_user else None
    subprocess.run([*as_user, "mkdir", "-p", where], check=True)
    done = subprocess.run(
        [*as_user, "npm", "install", "--no-audit", "--no-fund", "--prefix", where, *PACKAGES],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=900,
        env=home, cwd="/",
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
