# SPDX-License-Identifier: Apache-2.0
"""polkitd, logind and agents as they are on a real machine."""

import os
import pty
import re
import select
import signal
import subprocess
import time
from pathlib import Path

import pytest

import person

RULES = Path("/etc/polkit-1/rules.d/50-inner-test.rules")
ACTION = "org.inner.sandbox.host-network"


def decide(answer, action=ACTION):
    """Installs a rule for the person, or none."""
    RULES.unlink(missing_ok=True)
    if answer is not None:
        RULES.write_text(
            'polkit.addRule(function (action, subject) { if (action.id == "%s" && subject.user == "inner") '
            "return polkit.Result.%s; });\n" % (action, answer))
    subprocess.run(["systemctl", "restart", "polkit"], check=True)


@pytest.fixture(autouse=True)
def no_rule():
    yield
    subprocess.run(["systemctl", "unmask", "--runtime", "polkit"], capture_output=True, check=True)
    decide(None)


def on_terminal(*command, answers=(), timeout=person.PATIENCE):
    """Runs a command on a terminal of its own, as init's login would; gives its exit status and what it showed.
    Each of answers is (what is waited for, what is typed then)."""
    pid, master = pty.fork()
    if pid == 0:
        os.chdir(person.USER.pw_dir)
        os.execvpe(command[0], list(map(str, command)), {**person.ENVIRONMENT, "TERM": "dumb"})
    shown, waiting = "", list(answers)
    end = time.monotonic() + timeout
    while time.monotonic() < end:
        if not select.select([master], [], [], 0.5)[0]:
            continue
        try:
            data = os.read(master, 4096)
        except OSError:
            break
        if not data:
            break
        shown += data.decode(errors="replace")
        if waiting and waiting[0][0] in shown:
            # What is typed before the echo is off is thrown away.
            time.sleep(2)
            os.write(master, waiting.pop(0)[1].encode())
    else:
        # Whoever still waits for an answer gets none.
        os.killpg(pid, signal.SIGKILL)
    os.close(master)
    _, status = os.waitpid(pid, 0)
    return os.waitstatus_to_exitcode(status), shown


def with_host_network(script="echo granted"):
    return person.sandbox(script, "--network-mode", "host")


def test_rule_grants():
    decide("YES")
    result = with_host_network("ls /sys/class/net 2>/dev/null; echo granted")
    assert (result.returncode, result.stdout.splitlines()[-1]) == (0, "granted"), result.stderr


def test_rule_refuses():
    decide("NO")
    assert with_host_network().returncode == 126


def test_no_rule_and_no_agent():
    """Nobody to ask: refused."""
    decide(None)
    result = with_host_network()
    assert (result.returncode, result.stdout) == (126, "")


def test_question_without_agent():
    """Who is not on a terminal has nobody to ask."""
    decide("AUTH_SELF")
    result = with_host_network()
    assert (result.returncode, result.stdout) == (126, "")


def test_no_polkitd():
    """Refused, and nothing else changes."""
    subprocess.run(["systemctl", "mask", "--runtime", "--now", "polkit"], check=True, capture_output=True)
    assert person.sandbox("exit 4").returncode == 4
    result = with_host_network()
    assert (result.returncode, result.stdout) == (126, "")
    assert "polkit" in result.stderr


# The agent must be that of the process which is asked for, so it becomes innerctl.
AGENT = 'pkttyagent --process $$ & sleep 4; exec innerctl run -p shell-oneshot -w "$HOME/work" "$@"'


@pytest.mark.parametrize("password,code", [("inner", 0), ("wrong", 126)])
def test_agent_on_a_terminal(password, code):
    """pkttyagent asks for the person's password, and polkit believes it."""
    person.workspace()
    decide("AUTH_SELF")
    status, shown = on_terminal(
        *person.as_person("bash", "-c", AGENT, "bash", "--network-mode", "host", "--arg", "echo granted"),
        answers=[("assword:", f"{password}\n")])
    assert (status, shown.rstrip().endswith("granted")) == (code, code == 0), shown


def test_login():
    """In a session of logind, on a terminal: sandboxes are of the user, and not of the session."""
    person.workspace()
    script = ("cat /proc/self/cgroup; loginctl --no-legend list-sessions; "
              "innerctl --no-bus run -p shell-oneshot -w ~/work --require-limits --arg 'echo inside; exit 6'; echo code $?")
    status, shown = on_terminal("su", "-l", "inner", "-c", script)
    assert status == 0, shown
    assert re.search(r"/user\.slice/user-1000\.slice/session-\S+\.scope", shown), shown
    assert re.search(r"^ *\S+ +1000 +inner", shown, flags=re.MULTILINE), shown
    assert "inside" in shown and "code 6" in shown, shown
