# SPDX-License-Identifier: Apache-2.0
"""Records of runs: what is kept, what is not, who finds a change, and what happens when the disk is full or a program of
ours is killed."""

import contextlib
import fcntl
import json
import os
import pty
import re
import shlex
import shutil
import signal
import struct
import subprocess
import termios
import time
from pathlib import Path

import pytest
from conftest import PATIENCE, descendants, eventually, one_sentence


def runs_of(inner):
    return json.loads(inner("log", "list", "--json").stdout)


def events_of(inner, record="box"):
    text = inner("log", "show", "--events", record).stdout.decode()
    return [json.loads(line) for line in text.splitlines()]


def directory_of(inner, record="box"):
    return Path(json.loads(inner("log", "show", "--json", record).stdout)["path"])


def test_a_run_is_recorded(inner):
    done = inner.run("echo out; echo err >&2; exit 3", "--name", "box")
    assert (done.returncode, done.stdout, done.stderr) == (3, b"out\n", b"err\n")
    run, = runs_of(inner)
    assert (run["name"], run["profile"], run["state"], run["code"]) == ("box", "shell-oneshot", "exited", 3)
    planned, started, ended = events_of(inner)
    assert [e["event"] for e in (planned, started, ended)] == ["planned", "started", "ended"]
    assert planned["command"][0] == "bash" and len(planned["plan"]) == 64
    assert planned["caller"]["uid"] == os.getuid() and planned["caller"]["program"].endswith("innerctl")
    assert (ended["code"], ended["reason"], ended["output"]) == (3, "exited", 8)
    assert sorted(inner("log", "show", "--output", "box").stdout.splitlines()) == [b"err", b"out"]
    directory = directory_of(inner)
    assert [oct(p.stat().st_mode & 0o777) for p in (directory, *directory.iterdir())] == ["0o700", "0o600", "0o600"]


def test_one_plan_one_digest(inner):
    for name, options in (("a", []), ("b", []), ("c", ["-m", "/etc/hosts:/mnt/h"]), ("d", ["-e", "X=1"])):
        assert inner.run("true", "--name", name, *options).returncode == 0
    digests = {name: events_of(inner, name)[0]["plan"] for name in "abcd"}
    assert digests["a"] == digests["b"]
    assert len(set(digests.values())) == 3


def test_no_secret_is_kept(inner):
    secret = "hunter2-and-more"
    done = inner.run(f"echo $API_TOKEN; printf hunter2-; sleep 0.2; printf and-more; cat /proc/self/cmdline; true {secret}",
                     "--name", "box", "-e", "API_TOKEN", env={"API_TOKEN": secret})
    assert done.stdout.count(secret.encode()) == 2
    kept = b"".join(p.read_bytes() for p in directory_of(inner).iterdir())
    assert secret.encode() not in kept and kept.count(b"[redacted]") >= 3, kept


def test_output_is_handed_on_byte_for_byte(inner):
    data = os.urandom(1 << 20)
    done = inner("run", "-p", "shell-oneshot", "--name", "box", "--arg", "cat", input=data)
    assert done.stdout == data
    assert inner("log", "show", "--output", "box").stdout == data


def test_order_of_merged_streams(inner):
    script = "for i in $(seq 500); do echo o$i; echo e$i >&2; done"
    done = subprocess.run(inner.command("run", "-p", "shell-oneshot", "--arg", script), env=inner.env, cwd=inner.work,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60)
    assert done.stdout.decode().split() == [f"{c}{i}" for i in range(1, 501) for c in "oe"]


def test_a_reader_that_goes_ends_the_writer(inner):
    with inner.popen("run", "-p", "shell-oneshot", "--arg", "yes", stdin=subprocess.DEVNULL,
                     stdout=subprocess.PIPE) as process:
        assert process.stdout.read(4) == b"y\ny\n"
        process.stdout.close()
        assert process.wait(20 * PATIENCE) == 128 + signal.SIGPIPE


def test_a_slow_reader_gets_everything(inner):
    with inner.popen("run", "-p", "shell-oneshot", "--arg", "head -c 300000 /dev/zero", stdin=subprocess.DEVNULL,
                     stdout=subprocess.PIPE) as process:
        time.sleep(1)
        assert process.poll() is None
        assert len(process.stdout.read()) == 300000
        assert process.wait(20 * PATIENCE) == 0


def test_stop_does_not_wait_for_a_reader(inner):
    with inner.popen("run", "-p", "shell-oneshot", "--name", "box", "--arg", "yes", stdin=subprocess.DEVNULL,
                     stdout=subprocess.PIPE) as process:
        assert eventually(lambda: inner("ps").stdout.count(b"box"))
        time.sleep(0.5)
        start = time.monotonic()
        process.send_signal(signal.SIGTERM)
        process.wait(20 * PATIENCE)
        assert time.monotonic() - start < 10 * PATIENCE


def test_the_copy_is_bounded(inner):
    done = inner.run("head -c 20000000 /dev/zero | wc -c >&2; head -c 20000000 /dev/zero", "--name", "box")
    assert len(done.stdout) == 20000000
    assert (directory_of(inner) / "output").stat().st_size == 16 << 20
    loss, = [e for e in events_of(inner) if e["event"] == "loss"]
    assert loss["part"] == "output" and "large" in loss["error"]


def test_detached_output_is_kept(bus):
    bus.run("echo here", "-d", "--name", "box")
    assert bus("wait", "box").returncode == 0
    assert bus("log", "show", "--output", "box").stdout == b"here\n"


def test_exec_signal_and_end(bus):
    bus.run("sleep 1000", "-d", "--name", "box")
    bus("exec", "box", "--", "sh", "-c", "exit 4")
    bus("exec", "box", "--", "no-such-command")
    bus("kill", "-s", "USR1", "box")
    assert eventually(lambda: any(e["event"] == "signal" for e in events_of(bus)))
    events = events_of(bus)
    commands = [e for e in events if e["event"] == "exec"]
    assert [e["command"] for e in commands] == [["sh", "-c", "exit 4"], ["no-such-command"]]
    assert [e.get("code", e.get("error")) for e in events if e["event"] == "exec-ended"][0] == 4
    assert [e["signal"] for e in events if e["event"] == "signal"][-1] == signal.SIGUSR1


def test_a_failed_start_is_recorded(inner):
    assert inner("run", "-p", "shell-oneshot", "--name", "box", "--entrypoint", "no-such-command").returncode == 127
    assert [e["event"] for e in events_of(inner)] == ["planned", "failed"]
    assert runs_of(inner)[0]["state"] == "failed"


def test_guards_are_recorded(inner):
    inner.run("echo x > .envrc", "--name", "box")
    guarded, = [e for e in events_of(inner) if e["event"] == "guarded"]
    assert guarded["findings"][0]["path"].endswith(".envrc")


def test_verify_finds_the_line(inner):
    inner.run("true", "--name", "box")
    assert inner("log", "verify").returncode == 0
    events = directory_of(inner) / "events.ndjson"
    lines = events.read_text().splitlines(keepends=True)
    events.write_text("".join([lines[0], lines[1].replace("landlock", "landlokc"), lines[2]]))
    done = inner("log", "verify", "box")
    assert done.returncode == 1 and f"{events}:2: ".encode() in done.stdout
    events.write_text("".join(lines[:2]))
    assert f"{events}:3: ".encode() in inner("log", "verify", "box").stdout
    events.write_text("".join(lines[1:]))
    assert f"{events}:1: ".encode() in inner("log", "verify", events.parent.name).stdout
    assert json.loads(inner("log", "verify", "--json").stdout)[0]["intact"] is False


def test_a_living_run_is_whole(bus):
    bus.run("sleep 1000", "-d", "--name", "box")
    assert runs_of(bus)[0]["state"] == "running"
    assert bus("log", "verify").returncode == 0
    assert bus("log", "clean", "--older-than", "0").stdout == b""
    bus("stop", "-t", "0", "box")
    assert runs_of(bus)[0]["reason"] == "stopped"
    assert [e["event"] for e in events_of(bus)][-2:] == ["ending", "ended"]


def test_a_killed_supervisor_gets_its_end(bus):
    bus.run("sleep 1000", "-d", "--name", "box")
    supervisor, = [pid for pid, name in descendants().items() if name == "inner-superviso"]
    os.kill(supervisor, signal.SIGKILL)
    assert eventually(lambda: runs_of(bus)[0]["state"] == "lost")
    assert bus("log", "verify").returncode == 0


def test_a_supervisor_killed_without_a_service_gets_its_end(bus):
    bus.run("sleep 1000", "-d", "--name", "box")
    for wanted in ("inner-sandboxd", "inner-superviso"):
        for pid in [pid for pid, name in descendants().items() if name == wanted]:
            os.kill(pid, signal.SIGKILL)
    assert runs_of(bus)[0]["state"] == "lost"
    assert bus("log", "verify").returncode == 0


@pytest.mark.parametrize("broken", ["file", "read-only"])
def test_no_record_costs_no_sandbox(inner, broken):
    state = inner.home / ".local/state"
    state.mkdir(parents=True)
    if broken == "file":
        (state / "inner").write_text("in the way")
    else:
        state.chmod(0o500)
    if os.getuid() == 0 and broken == "read-only":
        pytest.skip("root may write everywhere")
    done = inner.run("echo out; exit 3")
    assert (done.returncode, done.stdout) == (3, b"out\n"), done
    assert runs_of(inner) == []


def test_show_escapes_on_a_terminal(inner):
    inner.run(r"printf '\033]0;owned\007\n\n\tlast'", "--name", "box")
    assert b"\033]0;owned" in inner("log", "show", "--output", "box").stdout
    script = shutil.which("script")
    assert script
    done = subprocess.run([script, "-qec", " ".join(inner.command("log", "show", "--output", "box")), "/dev/null"],
                          env=inner.env, cwd=inner.work, stdin=subprocess.DEVNULL, capture_output=True, timeout=60)
    assert done.stdout == b"\\x1b]0;owned\\x07\r\n\r\n\tlast\r\n", done


def test_the_pager(inner):
    inner.run("echo hello", "--name", "box")
    pager = inner.work / "pager"
    pager.write_text("#!/bin/sh\nwhile read -r line; do echo \"paged: $line\"; done\n")
    pager.chmod(0o755)
    done = subprocess.run(["script", "-qec", " ".join(inner.command("log", "show", "box")), "/dev/null"],
                          env={**inner.env, "PAGER": str(pager)}, cwd=inner.work, stdin=subprocess.DEVNULL,
                          capture_output=True, timeout=60)
    assert b"paged: hello" in done.stdout


def test_replay(inner):
    """Attack 3: what a terminal showed is shown as it was, and what was typed is not. Nothing else is done with it."""
    inner.run("true", "--name", "box")
    events = [{"version": 2, "width": 80, "height": 24}, [0.1, "o", "\x1b[1mbold\u00e4\r\n"], [0.2, "i", "typed"],
              [0.3, "o", "$(touch evil)\x07"]]
    recording = directory_of(inner) / "recording.cast"
    recording.write_text("".join(json.dumps(event) + "\n" for event in events) + "nonsense\n[0.4, \"o\"]\n")
    recording.chmod(0o600)
    done = inner("log", "replay", "--speed", "0", "box")
    assert (done.returncode, done.stdout) == (0, "\x1b[1mbold\u00e4\r\n$(touch evil)\x07".encode()), done
    assert not (inner.work / "evil").exists()


@pytest.mark.parametrize("way", ["end", "interrupted"])
def test_replay_leaves_the_terminal_as_it_was(private, way):
    """Attack 3: what the terminal was asked is answered to nobody, and what was switched on goes off."""
    private.run("true", "--name", "box")
    events = [{"version": 2, "width": 80, "height": 24}, [0.0, "o", "\x1b[?1049h\x1b[?1000hshown\x1b[6n"],
              [1.9, "o", "last"]]
    recording = directory_of(private) / "recording.cast"
    recording.write_text("".join(json.dumps(event) + "\n" for event in events))
    recording.chmod(0o600)
    master, slave = pty.openpty()
    process = subprocess.Popen(private.command("log", "replay", "--speed", "1" if way == "end" else "0.001", "box"),
                               env=private.env, cwd=private.work, stdin=slave, stdout=slave, stderr=slave)
    seen = b""
    os.set_blocking(master, False)

    def look():
        nonlocal seen
        with contextlib.suppress(BlockingIOError):
            seen += os.read(master, 65536)
        return seen

    try:
        assert eventually(lambda: b"shown" in look(), timeout=60), seen
        # As a terminal answers.
        os.write(master, b"\x1b[1;6R\n")
        if way == "interrupted":
            process.send_signal(signal.SIGINT)
        assert process.wait(60) == (0 if way == "end" else 130)
        assert eventually(lambda: b"\x1b[?1000l" in look() and b"\x1b[?1049l" in seen), seen
        assert struct.unpack("i", fcntl.ioctl(slave, termios.FIONREAD, b"\0" * 4)) == (0,)
    finally:
        process.kill()
        process.wait()
        os.close(master)
        os.close(slave)


def test_a_terminal_is_recorded(inner):
    script = r"printf 'h\303'; sleep 0.2; printf '\244llo %s\n' $API_TOKEN; stty size; sleep 0.5; printf 'end\377\n'"
    line = " ".join(shlex.quote(word) for word in inner.command(
        "run", "-i", "-p", "shell-oneshot", "--name", "box", "-e", "API_TOKEN=hunter2-and-more", "--arg", script))
    # With an end of its input, script types one.
    with subprocess.Popen(["script", "-qec", line, "/dev/null"], env=inner.env, cwd=inner.work, stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE) as process:
        shown = process.stdout.read()
    assert "hällo hunter2-and-more".encode() in shown
    directory = directory_of(inner)
    assert sorted(p.name for p in directory.iterdir()) == ["events.ndjson", "recording.cast"]
    header, *events = [json.loads(line) for line in (directory / "recording.cast").read_text().splitlines()]
    assert header["version"] == 2 and header["width"] > 0 and header["height"] > 0
    text = "".join(data for _, code, data in events if code == "o")
    assert "hällo [redacted]\r\n" in text and "end\ufffd" in text and "hunter2" not in text
    times = [time for time, _, _ in events]
    assert times == sorted(times) and times[-1] >= 0.5
    assert inner("log", "replay", "--speed", "0", "box").stdout.decode() == text
    assert inner("log", "show", "--output", "box").returncode == 125


def test_the_directory_for_logs(inner):
    inner.profile("kept", 'extends = "shell-oneshot"\n[output]\nlog = "~/logs"\n')
    done = inner("run", "-p", "kept", "--name", "box", "--arg", "echo $API_KEY; echo two >&2", "-e", "API_KEY=abcdefgh")
    assert done.stdout == b"abcdefgh\n"
    log, = (inner.home / "logs").iterdir()
    assert re.fullmatch(r"[0-9a-f]{12}\.log", log.name)
    assert sorted(log.read_text().split()) == ["[redacted]", "two"]
    assert log.stat().st_mode & 0o777 == 0o600
    inner.profile("kept", 'extends = "shell-oneshot"\n[output]\nlog = "/proc/nowhere"\n')
    assert "/proc/nowhere" in one_sentence(result := inner("run", "-p", "kept", "--arg", "true"))
    assert result.returncode == 125


def test_clean(inner):
    for name in ("a", "b"):
        inner.run("true", "--name", name)
    old = directory_of(inner, "a")
    for path in (old / "events.ndjson", old):
        os.utime(path, (1, 1))
    assert inner("log", "clean", "-n").stdout.decode().split() == [old.name]
    assert old.exists()
    assert inner("log", "clean").stdout.decode().split() == [old.name]
    assert [run["name"] for run in runs_of(inner)] == ["b"]


def test_words_that_make_no_sense(inner):
    for words in (["log"], ["log", "show"], ["log", "show", "nothing"], ["log", "show", "../.."], ["log", "replay"],
                  ["log", "clean", "--older-than", "-1"], ["log", "list", "-n", "-3"]):
        assert inner(*words).returncode == 125, words
    inner.run("true", "--name", "box")
    assert "no recording" in one_sentence(inner("log", "replay", "box"))


def test_no_sandbox_gets_at_the_records(inner):
    state = inner.home / ".local/state/inner"
    inner.run("true")
    assert inner.run(f"ls {state}", "-m", f"{state}:/mnt:rw").returncode == 125
    assert inner.run("ls ~/.local/state").returncode != 0
