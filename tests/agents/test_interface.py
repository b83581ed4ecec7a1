# SPDX-License-Identifier: Apache-2.0
"""The text interface of real agents on a terminal inside, without a network: a person at tmux sees the first screen,
types at it, makes the window smaller, leaves it, comes back from another terminal, and ends it."""

import pytest
from agents import agents, options  # noqa: F401  (a fixture)
from conftest import eventually
from tmux import Tmux, needed

pytestmark = pytest.mark.skipif(bool(needed("tmux")), reason="tmux is not installed here")

# profile: what the first screen asks, the choice that is marked first, the one below it, and what is marked with
PROGRAMS = {
    "codex-interactive": ("Choose how you want to use Codex", "1. Sign in with ChatGPT", "2. Sign in with Device Code", ">"),
    "gemini-interactive": ("Do you trust the files in this folder?", "1. Trust folder", "2. Trust parent folder", "●"),
}


def lines(screen):
    """What stands on a screen: its lines without blanks around them."""
    return [line.strip() for line in screen.splitlines() if line.strip()]


def end(screen):
    """Agents want to be asked more than once."""
    def asked():
        screen.type("C-c")
        return eventually(lambda: screen.flag("pane_current_command") == "bash", 1)
    assert eventually(asked, 30), screen.screen()


@pytest.mark.parametrize("profile", PROGRAMS)
def test_interface(bus, agents, profile):  # noqa: F811
    question, first, second, mark = PROGRAMS[profile]
    with Tmux(bus, 100, 40) as one, Tmux(bus, 70, 30) as other:
        one.line(f"innerctl run --name box -p {profile} --no-network {' '.join(options(agents))}")
        one.wait(question, 60)
        one.wait(f"{mark} {first}")
        one.type("Down")
        one.wait(f"{mark} {second}")
        assert f"{mark} {first}" not in one.screen()

        one.resize(70, 30)
        size = bus("exec", "box", "--", "stty", "-F", "/dev/pts/0", "size")
        assert size.stdout == b"30 70\n", size
        one.wait(f"{mark} {second}")
        alternate = one.flag("alternate_on")
        # It has drawn itself for the new width when all is there and nothing changes any more.
        shown = []
        assert eventually(lambda: (shown.append(one.screen()), question in shown[-1] and
                                   shown[-15:] == [shown[-1]] * 15)[1], 60)

        one.type("C-]", "d")
        one.wait("comes back")
        one.wait_prompt()
        assert one.flag("alternate_on") == "0"
        assert b"running" in bus("inspect", "box").stdout

        other.line("clear; innerctl attach box")
        other.wait(f"{mark} {second}")
        assert other.flag("alternate_on") == alternate
        before = lines(shown[-1])
        before = before[[question in line for line in before].index(True):]
        assert eventually(lambda: set(before) <= set(lines(other.screen())), 60), (before, other.screen())
        other.type("Up")
        other.wait(f"{mark} {first}")

        end(other)
        assert other.flag("alternate_on") == "0" and other.flag("cursor_flag") == "1"
        other.line("clear; echo back $((40 + 2))")
        other.wait("back 42")
        assert eventually(lambda: b"running" not in bus("ps", "--json").stdout)
