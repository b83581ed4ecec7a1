# SPDX-License-Identifier: Apache-2.0
"""Interactive sandboxes: real programs on a terminal of their own, driven through tmux."""

import os
import signal
import time

import pytest
from conftest import descendants, eventually, one_sentence
from terminal import Terminal
from tmux import Tmux, needed

BASH = ("run", "-i", "-p", "shell-oneshot", "--entrypoint", "/bin/bash", "-a", "--norc", "-e", "PS1=inside> ")
BASH_LINE = "innerctl " + " ".join(BASH[:-1]) + " 'PS1=inside> '"


@pytest.fixture
def tmux(inner):
    missing = needed("tmux", "vim", "less", "htop")
    if missing:
        pytest.skip(f"not installed here: {', '.join(missing)}")
    with Tmux(inner) as screen:
        yield screen


def test_shell(tmux):
    tmux.line(BASH_LINE)
    tmux.wait("inside> ")
    tmux.line("tty; stty size; echo kind: $TERM")
    shown = tmux.wait("kind: tmux")
    assert "/dev/pts/0" in shown and "24 80" in shown
    tmux.resize(100, 30)
    tmux.line("clear; stty size; echo COLUMNS $COLUMNS")
    shown = tmux.wait("COLUMNS 100")
    assert "30 100" in shown
    tmux.line("exit 7")
    tmux.wait_prompt()
    tmux.line("echo ended $?")
    tmux.wait("ended 7")


def test_job_control_and_signals(tmux):
    tmux.line(BASH_LINE)
    tmux.wait("inside> ")
    tmux.line("trap 'echo got it' INT; sleep 100")
    time.sleep(0.5)
    tmux.type("C-c")
    tmux.line("echo first $?")
    shown = tmux.wait("first 130")
    assert shown.count("got it") == 1, shown
    tmux.line("clear; sleep 100")
    time.sleep(0.5)
    tmux.type("C-z")
    tmux.wait("Stopped")
    tmux.line("bg; jobs; kill %1; wait; echo done")
    tmux.wait("done\n")
    tmux.line("exit")
    tmux.wait_prompt()
    tmux.line("echo back")
    tmux.wait("back\n")


def test_vim(tmux, inner):
    (inner.work / "text").write_text("one\ntwo\n")
    tmux.line("stty -a > before; innerctl run -i -p shell-oneshot --entrypoint vim -a -u -a NONE -a text")
    shown = tmux.wait('"text" 2')
    assert "one\ntwo\n~" in shown
    assert tmux.flag("alternate_on") == "1"
    tmux.resize(120, 40)
    assert eventually(lambda: tmux.screen().count("~") > 30)
    tmux.type("G", "o", "three", "Escape")
    tmux.line(":wq")
    tmux.wait_prompt()
    tmux.line("stty -a > after; echo over")
    tmux.wait("over\n")
    assert (inner.work / "text").read_text() == "one\ntwo\nthree\n"
    assert tmux.flag("alternate_on") == "0"
    before, after = ((inner.work / name).read_text().split(";", 3)[3] for name in ("before", "after"))
    assert before == after


def test_less_and_htop(tmux, inner):
    (inner.work / "long").write_text("".join(f"line {n}\n" for n in range(1000)))
    tmux.line("innerctl run -i -p shell-oneshot --entrypoint less -a long")
    tmux.wait("line 22\n")
    tmux.type("G")
    tmux.wait("line 999\n(END)")
    tmux.type("q")
    tmux.wait_prompt()
    tmux.line("clear; innerctl run -i -p shell-oneshot --entrypoint htop")
    tmux.wait("F10")
    tmux.wait("/run/inner/in")
    tmux.type("q")
    tmux.wait_prompt()
    tmux.line("echo over")
    tmux.wait("over\n")
    assert tmux.flag("alternate_on") == "0"


def test_paste_is_bracketed(tmux):
    tmux.line(BASH_LINE)
    tmux.wait("inside> ")
    tmux.line("bind 'set enable-bracketed-paste on'; clear")
    time.sleep(0.3)
    tmux.paste("echo one\necho two\n")
    shown = tmux.wait("echo two")
    # Nothing was carried out yet: the shell was told that it is a paste.
    assert "\none\n" not in shown
    tmux.type("C-c")
    tmux.line("exit")


def test_what_is_held_in_the_background(inner):
    """Bytes pass as they are, in both directions."""
    script = "stty raw -echo; printf ready; head -c 256 | od -An -tx1 | tr -d ' \\n'; printf '\\1\\2\\377\\n\\r'"
    with Terminal(inner, "run", "-i", "-p", "shell-oneshot", "--arg", script) as terminal:
        terminal.expect("ready")
        # ctrl-] is followed by something other than d here.
        terminal.type(bytes(range(256)))
        terminal.expect(bytes(range(256)).hex())
        terminal.expect(b"\x01\x02\xff\n\r")
        assert terminal.end() == 0


def test_no_terminal_here(inner):
    result = inner("run", "-i", "-p", "shell-oneshot", "--arg", "true")
    assert result.returncode == 125
    assert "needs a terminal" in one_sentence(result)


def test_interactive_profile_in_a_script(inner):
    """A profile that would like a terminal gets pipes where there is none."""
    result = inner("run", "-p", "shell", "--entrypoint", "sh", input=b"tty; echo in > /dev/stderr")
    assert result.stdout == b"not a tty\n"
    assert result.stderr == b"in\n"


def kill_hard(terminal, pid=None):
    os.kill(pid or terminal.process.pid, signal.SIGKILL)
    terminal.process.wait()


@pytest.mark.parametrize("whole_group", [False, True])
def test_terminal_after_kill(private, whole_group):
    """The terminal is as it was, also after kill -9 of innerctl or its whole process group."""
    import termios

    with Terminal(private, "run", "-i", "-p", "shell-oneshot", "--arg", r"printf '\033[?1049h\033[?25l\033[?2004hup'; cat") as t:
        before = termios.tcgetattr(t.master)
        t.expect("up")
        assert termios.tcgetattr(t.master) != before
        kill_hard(t, -t.process.pid if whole_group else None)
        assert eventually(lambda: termios.tcgetattr(t.master) == before)
        for reset in (b"\033[?1049l", b"\033[?25h", b"\033[?2004l"):
            assert eventually(lambda: (t.look(), reset in t.seen)[1]), t.seen


@pytest.mark.parametrize("fix,entry,shown", [
    ("", 'cmd = "printf"\nargs = ["abc"]', b"abc"),
    ("newlines", 'cmd = "printf"\nargs = ["abc"]', b"abc\r\n"),
    ("shell", 'cmd = "printf"\nargs = ["abc"]', b"abc\r\n"),
    # Bash does it itself by its start file, behind the "exit" that it shows; no second one follows.
    ("newlines", 'cmd = "bash"\nargs = ["-i"]', b"exit\r\n\r\r\n"),
])
def test_a_line_ends_behind_what_was_shown(inner, fix, entry, shown):
    """cursor_fix: the prompt of the shell outside is not behind the last words of the program."""
    inner.profile("line", f"extends = 'shell-oneshot'\n[entrypoint]\n{entry}\ncursor_fix = '{fix}'\ninteractive = true\n")
    with Terminal(inner, "run", "-i", "-p", "line") as terminal:
        if "bash" in entry:
            terminal.expect("$ ")
            terminal.type("exit\n")
        assert terminal.end() == 0
        assert terminal.seen.endswith(shown), terminal.seen


def test_end_by_a_signal(inner):
    with Terminal(inner, "run", "-i", "-p", "shell-oneshot", "--arg", "echo up; sleep 100") as terminal:
        terminal.expect("up")
        terminal.process.send_signal(signal.SIGTERM)
        assert terminal.end() == 143


def test_terminal_closed(inner):
    """When the window is closed, the sandbox ends."""
    terminal = Terminal(inner, "run", "-i", "-p", "shell-oneshot", "--arg", "echo up; sleep 100")
    terminal.expect("up")
    os.close(terminal.master)
    terminal.process.wait(20)
    assert eventually(lambda: "sleep" not in descendants().values(), 20)
