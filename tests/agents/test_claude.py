# SPDX-License-Identifier: Apache-2.0
"""The main job on real input: a coding agent is asked to write a file, and the file is there."""

from agents import agents, options  # noqa: F401  (a fixture)
from messages_api import MessagesApi


def test_claude_writes_a_file(granted, agents):  # noqa: F811
    api = MessagesApi("/workspace/greeting.txt", "hello from inside\n")
    try:
        done = granted(
            "run", "-p", "claude-one-shot", "-w", granted.work, "--network-mode", "host", *options(agents),
            "--timeout", "150", "--arg", "Write a greeting into greeting.txt",
            env={"ANTHROPIC_BASE_URL": api.url, "ANTHROPIC_API_KEY": "sk-test"}, timeout=180,
        )
    finally:
        api.close()
    assert done.returncode == 0, done.stderr
    assert b"The file is written." in done.stdout
    assert (granted.work / "greeting.txt").read_text() == "hello from inside\n"
    assert any(path.startswith("/v1/messages") for path, _ in api.requests)
