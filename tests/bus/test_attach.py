# SPDX-License-Identifier: Apache-2.0
"""Leaving an interactive sandbox and coming back to it, alone and with others."""

import os
import signal
import time

import pytest
from conftest import SERVICE, descendants, eventually, one_sentence
from terminal import Terminal
from test_terminal import BASH, BASH_LINE
from tmux import Tmux, needed

pytestmark = pytest.mark.skipif(bool(needed("tmux", "vim")), reason="tmux and vim are not installed here")



@pytest.fixture
def detached(inner):
    """An interactive sandbox in the background that nobody is attached to: bash."""
    done = inner("run", "-d", "--name", "box", *BASH[1:])
    assert done.returncode == 0, done.stderr
    yield inner
    inner("kill", "box")
    inner("wait", "box")


def test_leave_and_come_back(inner):
    with Tmux(inner) as first:
        first.line(BASH_LINE.replace("run -i", "run -i --name box"))
        first.wait("inside> ")
        first.line("echo here; printf '\\033[1;31mred\\033[0m done'; cat")
        first.wait("red done")
        first.type("C-]", "d")
        first.wait("comes back")
        first.wait_prompt()
        assert inner("inspect", "box").stdout.count(b"running") == 1
        first.line("clear")
        first.wait_gone("red done")
        first.line("innerctl attach box")
        shown = first.wait("red done")
        assert "inside> echo here" in shown and "here\nred done" in shown
        assert "\033[31m" in first.call("capture-pane", "-p", "-e")
        first.type("C-c")
        first.wait("^C\n")
        first.line("exit 3")
        first.wait_prompt()
        first.line("echo ended $?")
        first.wait("ended 3")


def test_full_screen_program_is_drawn_again(detached):
    (detached.work / "text").write_text("".join(f"line {n}\n" for n in range(100)))
    with Tmux(detached) as first, Tmux(detached) as second:
        first.line("innerctl attach box")
        first.wait("inside> ")
        first.line("echo before vim; vim -u NONE text")
        first.wait("line 10\n")
        first.type("5", "0", "G", "i", "new text", "Escape")
        before = first.wait("new text")
        cursor = first.flag("cursor_y")
        first.type("C-]", "d")
        first.wait_prompt()
        assert first.flag("alternate_on") == "0"
        second.line("innerctl attach box")
        shown = second.wait("new text")
        assert second.flag("alternate_on") == "1"
        assert [line.rstrip() for line in shown.splitlines()[:20]] == [line.rstrip() for line in before.splitlines()[:20]]
        assert second.flag("cursor_y") == cursor
        # What was behind the program comes back with its end, also for who was not there then.
        second.line(":q!")
        second.wait("before vim")
        assert second.flag("alternate_on") == "0"


def test_one_types_and_others_look_on(detached):
    with Tmux(detached) as first, Tmux(detached) as second:
        first.line("innerctl attach box")
        first.wait("inside> ")
        second.line("innerctl attach box")
        second.wait("inside> ")
        second.line("echo from the second")
        first.line("echo from the first")
        second.wait("from the first\n")
        assert "from the second" not in first.screen()
        second.type("C-c")
        second.wait_prompt()
        second.line("clear; innerctl attach --steal box")
        second.wait("inside> ")
        second.line("echo now it is me")
        first.wait("now it is me\n")
        first.line("echo lost")
        second.line("echo still me")
        first.wait("still me\n")
        assert "lost" not in second.screen()
        # Who looks on sees what a reader of the first attaches to.
        with Tmux(detached) as third:
            third.line("innerctl attach -r box")
            third.wait("still me")
            second.line("exit 4")
            for person in (first, second, third):
                person.wait_prompt()
                person.line("echo ended $?")
                person.wait("ended 4")


def test_size_follows_who_types(detached):
    with Tmux(detached, 100, 30) as first, Tmux(detached, 60, 20) as second:
        first.line("innerctl attach box")
        first.wait("inside> ")
        first.line("stty size")
        first.wait("30 100")
        second.line("innerctl attach box")
        second.wait("30 100")
        first.line("clear; stty size")
        first.wait("30 100")
        second.type("C-c")
        second.wait_prompt()
        second.line("clear; innerctl attach --steal box")
        second.wait("inside> ")
        second.line("clear; stty size")
        second.wait("20 60")


def test_a_reader_that_does_not_read(detached):
    """It holds nobody up, and sees the screen as it is when it reads again."""
    with Terminal(detached, "attach", "box") as writer, Terminal(detached, "attach", "-r", "box") as reader:
        writer.expect("inside>")
        reader.expect("inside>")
        os.kill(reader.process.pid, signal.SIGSTOP)
        writer.type("seq 300000; echo th''e end\n")
        writer.expect("the end", 60)
        os.kill(reader.process.pid, signal.SIGCONT)
        reader.expect("the end", 60)


def test_answers_when_nobody_is_there(inner):
    """A program that asks its terminal where the cursor is gets an answer also in the background."""
    script = "stty raw -echo; printf 'abc\\033[6n'; IFS= read -r -n 6 -t 20 answer; stty sane; printf %q \"$answer\" > answer"
    inner("run", "-d", "-i", "--name", "box", "-p", "shell-oneshot", "--entrypoint", "/bin/bash", "-a", "-c", "-a", script)
    assert inner("wait", "box").stdout == b"0\n"
    assert "[1;4R" in (inner.work / "answer").read_text()


def test_keeper_is_killed(detached):
    """Without the one who keeps the screen everything goes on, and the program itself is asked to draw."""
    with Terminal(detached, "attach", "box") as writer:
        writer.expect("inside>")
        keepers = [pid for pid, name in descendants().items() if name == "inner-screen"]
        assert len(keepers) == 1
        os.kill(keepers[0], signal.SIGKILL)
        writer.type("echo go''es on\n")
        writer.expect("goes on")
        writer.type("\x1dd")
        assert writer.end() == 0
    with Terminal(detached, "attach", "box") as writer:
        writer.type("echo st''ill\n")
        writer.expect("still")


def test_what_cannot_be_attached(inner):
    plain = inner("run", "-d", "-p", "shell-oneshot", "--name", "plain", "--arg", "sleep 100")
    assert plain.returncode == 0
    with Terminal(inner, "attach", "plain") as terminal:
        assert terminal.end() == 125
        assert b"no terminal" in terminal.seen
    with Terminal(inner, "attach", "nobody") as terminal:
        assert terminal.end() == 125
    result = inner("attach", "plain")
    assert result.returncode == 125
    assert "needs a terminal" in one_sentence(result)
    inner("kill", "plain")


def test_service_killed_while_attached(bus):
    """The terminal goes past the service: it does not even flicker, and the exit code still comes."""
    with Terminal(bus, *BASH) as terminal:
        terminal.expect("inside> ")
        for _ in range(3):
            service = [pid for pid, name in descendants().items() if name == "inner-sandboxd"]
            os.kill(service[0], signal.SIGKILL)
            terminal.type("echo go''es on\n")
            terminal.expect("goes on")
            time.sleep(0.5)
        terminal.type("exit 9\n")
        assert terminal.end() == 9


def test_service_dies_when_the_end_is_asked_for(bus):
    """The next one tells how it ended."""
    done = bus("run", "-d", "--name", "box", *BASH[1:])
    assert done.returncode == 0, done.stderr
    with Tmux(bus) as first:
        first.line("innerctl attach box; echo ended $?")
        first.wait("inside> ")
        (service,) = [pid for pid, name in descendants().items() if name == SERVICE]
        os.kill(service, signal.SIGSTOP)
        first.line("exit 3")
        assert eventually(lambda: "bwrap" not in descendants().values(), timeout=60)
        # Long enough for the question, most of the time; asked afterwards, it finds the next service as well.
        time.sleep(0.3)
        os.kill(service, signal.SIGKILL)
        first.wait("ended 3", timeout=60)
