# SPDX-License-Identifier: Apache-2.0
"""Real agent programs run inside."""

import re

import pytest
from agents import agents, options  # noqa: F401  (a fixture)


@pytest.mark.parametrize("program", ["claude", "codex", "gemini"])
def test_version(inner, agents, program):  # noqa: F811
    done = inner("run", "-p", "shell-oneshot", *options(agents), "--arg", f"{program} --version", timeout=120)
    assert done.returncode == 0, done.stderr
    assert re.search(rb"\d+\.\d+\.\d+", done.stdout)
