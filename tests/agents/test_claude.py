# SPDX-License-Identifier: Apache-2.0
"""The main job on real input: a coding agent is asked to write a file, and the file is there. Until the
gateway exists the agent reaches its API by the host's network, which is a privilege: so polkitd grants it
to an ordinary user by a rule, and root has to start polkitd."""

import pytest
from agents import agents, options  # noqa: F401  (a fixture)
from messages_api import MessagesApi
from ordinary_user import USER
from with_polkitd import RULE, WHY_NOT, WithPolkitd

pytestmark = pytest.mark.skipif(bool(WHY_NOT), reason=WHY_NOT)


@pytest.fixture
def granted():
    person = WithPolkitd()
    person.start_polkitd(RULE % (USER.pw_name, "YES"))
    yield person
    person.close()


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
