# SPDX-License-Identifier: Apache-2.0
"""innerctl as people and scripts meet it: terminals, closed streams, signals, JSON, a service that dies."""

import fcntl
import json
import os
import pty
import shlex
import signal
import subprocess
import termios
import time

import pytest
from conftest import PATIENCE, descendants, eventually


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&-", "<&- >&- 2>&-"])
def test_closed_streams(inner, closed):
    script = "ls -l /proc/self/fd > out 2>&1; wc -c >> out; echo hi; echo ho >&2; exit 3"
    command = shlex.join(inner.command("run", "-p", "shell-oneshot", "--arg", script))
    done = subprocess.run(["sh", "-c", f"{command} {closed}"], env=inner.env, cwd=inner.work, timeout=30 * PATIENCE,
                          stdin=subprocess.DEVNULL, capture_output=True)
    text = (inner.work / "out").read_text()
    assert done.returncode == 3, (done, text)
    assert not any(word in text for word in ("memfd", "socket", "eventfd")), text
    assert text.split()[-1] == "0"


def test_an_option_as_a_value(inner):
    done = inner("run", "-p", "shell-oneshot", "--entrypoint", "echo", "-a", "--verbose", "--arg", "--bus")
    assert (done.returncode, done.stdout) == (0, b"--verbose --bus\n"), done


def test_old_words(inner):
    """Aliases of the users of the tool that the profiles come from go on to work."""
    (inner.work / "place").mkdir()
    done = inner("run", "-p", "shell-oneshot", "--workdir", inner.work / "place", "--entrypoint", "echo",
                 "--arg", "a", "--prompt", "b c", "-a", "d")
    assert (done.returncode, done.stdout) == (0, b"a b c d\n"), done
    assert b"--prompt" not in inner("run", "--help").stdout


def test_variables_in_words(inner):
    """As in a profile: in the values of -e, in the paths of -m, in --entrypoint, and not in arguments."""
    (inner.work / "data").mkdir()
    (inner.work / "data/file").touch()
    env = {"DATA": f"{inner.work}/data", "TOOL": "sh"}
    done = inner("run", "-p", "shell-oneshot", "-m", "$DATA:~/a", "-m", "${workdir}/data:$HOME/b:ro",
                 "-e", "A=$DATA|~", "-e", "B=~/x", "-e", "C=${UID} $5 100$ $$TOOL", "-e", "DATA", "--entrypoint", "$TOOL",
                 "-a", "-c", "--arg", 'ls ~/a ~/b; echo "$A $B $C $DATA"', env=env)
    assert done.stdout.decode().split("\n") == [
        f"{inner.home}/a:", "file", "", f"{inner.home}/b:", "file",
        f"{inner.work}/data|~ {inner.home}/x {os.getuid()} $5 100$ $sh {inner.work}/data", ""], done
    assert done.stderr == b""

    done = inner("run", "-p", "shell-oneshot", "-e", "A=x${NOT_HERE}y", "--arg", "echo $A")
    assert done.stdout == b"xy\n" and "“NOT_HERE” is not set here" in one_sentence_of(done)
    assert inner("run", "-q", "-p", "shell-oneshot", "-e", "A=$NOT_HERE", "--arg", "true").stderr == b""
    for words in (["-e", "A=${x"], ["-e", "A=${workdir}"], ["-m", "/usr:${workdir}/x"], ["-m", "/usr:$NOT_HERE"]):
        done = inner("run", "-q", "-p", "shell-oneshot", *words, "--arg", "true")
        assert done.returncode == 125, words


def one_sentence_of(done):
    line, = done.stderr.decode().splitlines()
    return line


def test_no_workspace(inner):
    done = inner.run("pwd; ls /workspace", "--no-workspace")
    assert done.stdout == f"{inner.home}\n".encode(), done
    assert inner.run("true", "--no-workspace", "-w", inner.work).returncode == 125
    assert inner.run("true", "-w", "").returncode == 125


def test_the_longest_argument(inner):
    """One byte more, and the kernel's exec() would fail."""
    length = ["--entrypoint", "sh", "-a", "-c", "-a", "echo ${#0}"]
    (inner.work / "big").write_text("x" * 131071)
    done = inner("run", "-p", "shell-oneshot", *length, "--args-file", "big")
    assert (done.returncode, done.stdout) == (0, b"131071\n"), done.stderr
    (inner.work / "big").write_text("x" * 131072)
    assert inner("run", "-p", "shell-oneshot", *length, "--args-file", "big").returncode == 125


def test_three_interrupts_end_what_does_not_listen(inner):
    script = "trap 'echo no' INT; echo ready; while :; do sleep 0.1; done"
    with inner.popen("run", "-p", "shell-oneshot", "--arg", script, stdin=subprocess.DEVNULL,
                     stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"ready\n"
        sent = 0
        # Of signals that come while it does not run, the kernel keeps one.
        while process.poll() is None and sent < 30:
            process.send_signal(signal.SIGINT)
            sent += 1
            time.sleep(0.3)
        assert process.wait(10 * PATIENCE) == 137 and sent >= 3


def test_the_service_dies_under_a_run(inner):
    with inner.popen("run", "-p", "shell-oneshot", "--arg", "echo ready; sleep 2; echo after; exit 6",
                     stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"ready\n"
        services = [pid for pid, name in descendants().items() if name == "inner-sandboxd"]
        os.kill(services[0], signal.SIGKILL)
        assert process.communicate(timeout=20 * PATIENCE)[0] == b"after\n"
        assert process.returncode == 6


def test_json_of_every_verb(bus):
    ids = [json.loads(bus.run("sleep 1000", "-d", "--json", "--name", f"n{i}").stdout)["id"] for i in range(2)]
    assert all(len(identity) == 12 for identity in ids)
    assert {row["Name"] for row in json.loads(bus("ps", "--json").stdout)} == {"n0", "n1"}
    assert [one["Id"] for one in json.loads(bus("inspect", "--json", "n0", "n1").stdout)] == ids
    stopped = bus("stop", "--json", "-t", "0", "n0", "nothing", "n1")
    assert stopped.returncode == 125
    assert [one["reason"] for one in json.loads(stopped.stdout)] == ["stopped", "stopped"]
    waited = json.loads(bus("wait", "--json", "n0").stdout)
    assert waited["id"] == ids[0] and waited["exit-code"] in (137, 143), waited
    assert json.loads(bus("version", "--json").stdout)["version"]


def test_exec(bus):
    bus.run("sleep 1000", "-d", "--name", "box", "-e", "GIVEN=main")
    done = bus("exec", "box", "--", "sh", "-c", "cat; echo $GIVEN; pwd; exit 9", input=b"in ")
    assert (done.returncode, done.stdout) == (9, b"in main\n/workspace\n"), done
    done = bus("exec", "box", "-w", "/tmp", "-e", "GIVEN=own", "--", "sh", "-c", "pwd; echo $GIVEN")
    assert done.stdout == b"/tmp\nown\n", done
    assert bus("exec", "box", "--", "no-such-command").returncode == 127
    assert bus("exec", "box", "-w", "/nowhere", "--", "true").returncode == 125
    assert bus("exec", "box", "--", b"\xff".decode("utf8", "surrogateescape")).returncode == 125
    assert bus("kill", "box").returncode == 0


LISTENER = "trap 'echo caught > {0}; echo caught; exit 9' INT TERM HUP QUIT; echo ready; while :; do sleep 0.1; done"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT])
def test_signals_reach_a_further_command(bus, number):
    """It ends as it likes, and the sandbox goes on."""
    bus.run("sleep 1000", "-d", "--name", "box")
    with bus.popen("exec", "box", "--", "sh", "-c", LISTENER.format("told"), stdin=subprocess.DEVNULL,
                   stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"ready\n"
        process.send_signal(number)
        assert process.stdout.read() == b"caught\n"
        assert process.wait(20 * PATIENCE) == 9
    assert b"running" in bus("inspect", "box").stdout
    assert bus("kill", "box").returncode == 0


def test_a_signal_ends_a_further_command(bus):
    bus.run("sleep 1000", "-d", "--name", "box")
    with bus.popen("exec", "box", "--", "sh", "-c", "echo ready; exec sleep 1000", stdin=subprocess.DEVNULL,
                   stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"ready\n"
        process.send_signal(signal.SIGTERM)
        assert process.wait(20 * PATIENCE) == 143
    assert b"running" in bus("inspect", "box").stdout
    assert bus("kill", "box").returncode == 0


def test_the_client_of_a_further_command_dies(bus):
    """The command is told by SIGHUP; others of the same sandbox, and the sandbox, go on."""
    bus.run("sleep 1000", "-d", "--name", "box")
    with bus.popen("exec", "box", "--", "sh", "-c", LISTENER.format("other"), stdin=subprocess.DEVNULL,
                   stdout=subprocess.PIPE) as other:
        assert other.stdout.readline() == b"ready\n"
        with bus.popen("exec", "box", "--", "sh", "-c", "trap 'echo hung up > told; exit' HUP; echo ready; "
                       "while :; do sleep 0.1; done", stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as process:
            assert process.stdout.readline() == b"ready\n"
            process.kill()
        told = bus.work / "told"
        assert eventually(lambda: told.exists() and told.read_text() == "hung up\n")
        assert other.poll() is None and not (bus.work / "other").exists()
        assert b"running" in bus("inspect", "box").stdout
        other.terminate()
        assert other.wait(20 * PATIENCE) == 9
    assert bus("kill", "box").returncode == 0


def test_words_that_make_no_sense(bus):
    for words in ([], ["profile"], ["rnu"], ["run", "--nope"], ["ps", "x"], ["doctor", "x"], ["stop"]):
        assert bus(*words).returncode == 125, words
    assert "“innerctl run”".encode() in bus("rnu").stderr
    for words in (["--help"], ["run", "--help"], ["profile", "--help"]):
        assert bus(*words).returncode == 0, words


def on_terminal(inner, words, shell=("bash", "-c"), feed=b""):
    """Runs a shell command on a terminal of its own; types @feed once "ready" was seen. Gives the exit code and
    what the terminal showed."""
    master, slave = pty.openpty()

    def take_terminal():
        os.setsid()
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)

    process = subprocess.Popen([*shell, words], env=inner.env, cwd=inner.work, stdin=slave, stdout=slave,
                               stderr=slave, preexec_fn=take_terminal)
    os.close(slave)
    os.set_blocking(master, False)
    seen = b""

    def step():
        nonlocal seen, feed
        if feed and b"ready" in seen:
            os.write(master, feed)
            feed = b""
        ended = process.poll() is not None
        try:
            seen += os.read(master, 65536)
            return False
        except OSError:
            return ended

    assert eventually(step, timeout=20), seen
    os.close(master)
    return process.returncode, seen.decode()


def oneshot(inner, script):
    return shlex.join(inner.command("run", "-p", "shell-oneshot", "--arg", script))


def test_both_streams_on_a_terminal_keep_their_order(inner):
    code, seen = on_terminal(
        inner, oneshot(inner, "for i in $(seq 200); do echo o$i; echo e$i >&2; done; exit 2"))
    assert code == 2, seen
    assert seen.split() == [word for i in range(1, 201) for word in (f"o{i}", f"e{i}")]


def test_much_output_on_a_terminal(inner):
    code, seen = on_terminal(inner, oneshot(inner, "seq 50000; exit 2"))
    assert code == 2
    assert seen.split() == [str(i) for i in range(1, 50001)]


def test_the_end_of_typing(inner):
    code, seen = on_terminal(inner, oneshot(inner, "echo ready; cat; echo end; exit 2"), feed=b"typed\n\x04")
    assert code == 2 and "end" in seen and seen.count("typed") == 2, seen


def test_a_background_job_is_not_stopped(inner):
    script = oneshot(inner, "sleep 1; echo done; exit 2") + " & p=$!; sleep 2; jobs -l; wait $p; echo code $?"
    code, seen = on_terminal(inner, script, shell=("bash", "-mc"))
    assert "code 2" in seen and "Stopped" not in seen, (code, seen)
