# SPDX-License-Identifier: Apache-2.0
"""The main job: innerctl runs commands in sandboxes, with a session bus and without one."""

import hashlib
import json
import os
import signal
import subprocess
import time

import pytest

from conftest import PATIENCE, PREFIX, descendants, eventually


@pytest.mark.parametrize(
    "script,code",
    [("true", 0), ("exit 3", 3), ("exit 125", 125), ("exit 255", 255),
     ("kill -TERM $$", 143), ("kill -KILL $$", 137), ("kill -SEGV $$", 139)],
)
def test_exit_code_of_the_command(inner, script, code):
    result = inner.run(script)
    assert (result.returncode, result.stdout) == (code, b"")


def test_time_limit(inner):
    begin = time.monotonic()
    result = inner.run("echo begun; trap '' TERM; while :; do sleep 1; done", "--timeout", "1")
    assert result.returncode == 124
    assert result.stdout == b"begun\n"
    # SIGTERM after one second, SIGKILL five seconds later
    assert 5 < time.monotonic() - begin < 15 * PATIENCE


def test_time_limit_kept(inner):
    assert inner.run("exit 7", "--timeout", "30").returncode == 7


def test_error_of_ours(inner):
    result = inner("run", "-p", "no-such-profile")
    assert result.returncode == 125
    assert result.stdout == b""
    assert result.stderr.startswith(b"innerctl: ")
    assert b"no-such-profile" in result.stderr


def test_unknown_profile_has_a_suggestion(inner):
    result = inner("run", "-p", "shell-onshot")
    assert result.returncode == 125
    assert "“shell-oneshot”".encode() in result.stderr


def test_unknown_option(inner):
    result = inner("run", "--no-such-option")
    assert result.returncode == 125
    assert b"--no-such-option" in result.stderr


def test_refused(inner):
    """Nobody answers for polkit here, and so nothing beyond the plain sandbox is granted."""
    result = inner.run("true", "--network-mode", "host")
    assert result.returncode == 126
    assert b"polkit" in result.stderr


@pytest.mark.parametrize("command", ["no-such-command", "/no/such/command", "/workspace/nothing"])
def test_command_not_found(inner, command):
    result = inner("run", "-p", "shell-oneshot", "--entrypoint", command)
    assert result.returncode == 127
    assert command.encode() in result.stderr


@pytest.mark.parametrize("command", ["--help", "-c", "--bind", "-"])
def test_command_that_looks_like_an_option(inner, command):
    """Attack 32: such a word is the name of a command, and never reaches bubblewrap as an option."""
    result = inner("run", "-p", "shell-oneshot", f"--entrypoint={command}")
    assert result.returncode == 127


# Streams

ALL_BYTES = bytes(range(256)) * 4096


def test_streams_are_binary_and_separate(inner):
    result = inner.run("cat; cat /dev/fd/9 9<<<out >&2", input=ALL_BYTES)
    assert result.returncode == 0
    assert result.stdout == ALL_BYTES
    assert result.stderr == b"out\n"


def test_big_data(inner):
    data = os.urandom(1 << 20) * 50
    result = inner.run("cat", input=data, timeout=120)
    assert result.returncode == 0
    assert hashlib.sha256(result.stdout).digest() == hashlib.sha256(data).digest()


def test_end_of_input_is_seen_while_output_goes_on(inner):
    with inner.popen("run", "-p", "shell-oneshot", "--arg", "read a; echo got $a; cat; echo end; cat",
                     stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        process.stdin.write(b"one\n")
        process.stdin.flush()
        assert process.stdout.readline() == b"got one\n"
        process.stdin.close()
        assert process.stdout.read() == b"end\n"
        assert process.wait(20 * PATIENCE) == 0


def test_no_input_at_all(inner):
    """A closed standard input is empty. It must not become the next descriptor that innerctl opens:
    that is its line to the service (attacks 26 and 68)."""
    script = "readlink /proc/self/fd/0; wc -c"
    result = subprocess.run(
        ["sh", "-c", 'exec "$@" <&-', "sh", *inner.command("run", "-p", "shell-oneshot", "--arg", script)],
        env=inner.env, cwd=inner.work, capture_output=True, timeout=30 * PATIENCE,
    )
    assert (result.returncode, result.stdout) == (0, b"/dev/null\n0\n"), result.stderr


def test_reader_goes_away(inner):
    """As in: innerctl run … yes | head -n 1"""
    with inner.popen("run", "-p", "shell-oneshot", "--arg", "yes", stdin=subprocess.DEVNULL,
                     stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"y\n"
        process.stdout.close()
        assert process.wait(20 * PATIENCE) == 128 + signal.SIGPIPE


def test_only_the_three_streams_are_there(inner):
    """Attack 26: descriptors of the caller do not get in."""
    with open("/etc/passwd", "rb") as passwd:
        result = subprocess.run(
            inner.command("run", "-p", "shell-oneshot", "--arg", "ls /proc/self/fd"),
            env=inner.env, cwd=inner.work, capture_output=True, pass_fds=[passwd.fileno()],
            stdin=subprocess.DEVNULL, timeout=30 * PATIENCE,
        )
    # The fourth is the directory that ls reads.
    assert result.stdout.split() == [b"0", b"1", b"2", b"3"]


# Arguments, environment, mounts

def test_order_of_arguments(inner):
    """The profile's own, --arg, what follows --, and the file as one argument."""
    (inner.work / "args").write_text("from a file\nwith lines")
    result = inner("run", "-p", "shell-oneshot", "--arg", 'printf "[%s]" "$0" "$@"', "-a", "one",
                   "--args-file", "args", "--arg=two", "--", "--three", "four five")
    assert result.returncode == 0, result.stderr
    assert result.stdout == b"[one][two][--three][four five][from a file\nwith lines]"


def test_entrypoint_replaces_command_and_arguments(inner):
    result = inner("run", "-p", "shell-oneshot", "--entrypoint", "printf", "--", "<%s>", "a", "")
    assert (result.returncode, result.stdout) == (0, b"<a><>")


def test_environment(inner):
    result = inner.run(
        'echo "$A|$B|${C-unset}|${SECRET-unset}"', "-e", "A=1=2", "-e", "B", "-e", "C",
        env={"B": "passed on", "SECRET": "not named"},
    )
    assert result.stdout == b"1=2|passed on|unset|unset\n"


def test_nothing_of_the_caller_is_in_the_environment(inner):
    """Attacks 6 and 30: neither in the command's environment nor in that of any process it sees."""
    result = inner.run(
        "env; cat /proc/*/environ /proc/*/cmdline 2>/dev/null | tr '\\0' '\\n'", "-e", "NAMED=visible",
        env={"SECRET": "caller-secret", "LD_PRELOAD": "/nonexistent.so"},
    )
    assert b"NAMED=visible" in result.stdout
    assert b"caller-secret" not in result.stdout
    assert b"LD_PRELOAD" not in result.stdout


def test_workspace(inner):
    (inner.work / "there").write_text("before")
    result = inner.run(f"pwd; cat there; echo new > made; cat {inner.work}/made; exit 5")
    assert result.returncode == 5
    assert result.stdout == b"/workspace\nbeforenew\n"
    assert (inner.work / "made").read_text() == "new\n"


def test_workspace_elsewhere(inner):
    project = inner.home / "a project"
    project.mkdir()
    for option in ("-w", "--workspace", "--workdir"):
        result = inner.run(f"echo {option} >> log", option, project)
        assert result.returncode == 0, result.stderr
    assert (project / "log").read_text() == "-w\n--workspace\n--workdir\n"
    assert list(inner.work.iterdir()) == []


@pytest.mark.parametrize(
    "option,suffix,writable",
    [("-m", "", False), ("-m", ":ro", False), ("--mount", ":rw", True), ("-v", "", True),
     ("--volume", ":ro", False)],
)
def test_mount(inner, option, suffix, writable):
    source = inner.root / "source"
    source.mkdir()
    (source / "file").write_text("content")
    result = inner.run("cat /data/file; echo x > /data/new", option, f"{source}:/data{suffix}")
    assert result.stdout == b"content", result.stderr
    assert (result.returncode == 0) is writable
    assert (source / "new").exists() is writable


def test_what_a_sandbox_sees(inner):
    """An allowlist: the machine's programs read-only, and nothing of the person."""
    (inner.home / ".ssh").mkdir()
    (inner.home / "letter").write_text("private")
    result = inner.run(
        'ls -A ~; echo "home $HOME"; touch /usr/x 2>&1; touch /etc/x 2>&1; ls -A /run; '
        f"ls {inner.root}; cat /proc/net/dev | wc -l"
    )
    text = result.stdout.decode()
    assert f"home {inner.home}" in text
    assert "letter" not in text and ".ssh" not in text
    assert text.count("Read-only file system") == 2
    # The workspace stands at its own path; of what is beside it there is only the private home.
    assert text.split("inner\n", 1)[1].split()[:2] == ["home", "work"]
    # Two lines of head and the loopback interface
    assert text.splitlines()[-1] == "3"


# Dry run

def test_dry_run_leaves_nothing(inner):
    result = inner.run("touch made", "--dry-run")
    assert result.returncode == 0, result.stderr
    assert b"touch made" in result.stdout
    assert list(inner.work.iterdir()) == []
    assert not inner.path().exists() or list(inner.path().iterdir()) == []


def test_dry_run_as_json(inner):
    result = inner.run("true", "-n", "--json", "-e", "TOKEN=hidden")
    plan = json.loads(result.stdout)
    assert plan["workspace"] == str(inner.work)
    assert plan["network"] == "off"
    assert "TOKEN" in plan["environment"]
    assert b"hidden" not in result.stdout
    assert plan["command"][-1] == "true"


def test_dry_run_can_be_pasted(inner):
    """--format bwrap is a command line that makes the same sandbox without the service."""
    script = "echo in $PWD; touch made; ls /run"
    plan = inner.run(script, "-n", "--format", "bwrap")
    assert plan.returncode == 0, plan.stderr
    pasted = subprocess.run(["sh"], input=plan.stdout, env=inner.env, cwd="/", capture_output=True,
                            timeout=30 * PATIENCE)
    assert pasted.returncode == 0, pasted.stderr
    assert pasted.stdout.startswith(b"in /workspace\n")
    assert (inner.work / "made").exists()


# Life

def start_detached(inner, script, *options):
    result = inner.run(script, "--detach", *options)
    assert result.returncode == 0, result.stderr
    return result.stdout.decode().strip()


def listed(inner):
    result = inner("ps", "--json")
    assert result.returncode == 0, result.stderr
    return {row["Id"]: row for row in json.loads(result.stdout)}


def test_detached(inner):
    identity = start_detached(inner, "echo alive > begun; sleep 1000", "--name", "box")
    assert len(identity) == 12
    assert eventually(lambda: (inner.work / "begun").exists())

    assert listed(inner)[identity]["Name"] == "box"
    for name in (identity, identity[:6], "box"):
        shown = inner("inspect", name, "--json")
        assert shown.returncode == 0, shown.stderr
        assert identity in shown.stdout.decode()
        assert "sleep 1000" in shown.stdout.decode()
    assert identity in inner("ps").stdout.decode()

    assert inner("stop", "box").returncode == 0
    assert eventually(lambda: identity not in listed(inner) or listed(inner)[identity]["State"] == "exited")


def test_kill_and_wait(inner):
    identity = start_detached(inner, "trap 'exit 42' USR1; echo > ready; while :; do sleep 0.1; done")
    assert eventually(lambda: (inner.work / "ready").exists())
    with inner.popen("wait", identity, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as waiting:
        time.sleep(0.3)
        assert inner("kill", "-s", "USR1", identity).returncode == 0
        out, err = waiting.communicate(timeout=30 * PATIENCE)
    assert (waiting.returncode, out) == (0, b"42\n"), err


def test_kill_for_good(inner):
    """Attack 9: what double-forks and starts a session of its own goes, too."""
    identity = start_detached(
        inner, "trap '' TERM HUP INT; setsid sh -c 'sleep 1000 & sleep 1000' & echo > ready; sleep 1000"
    )
    assert eventually(lambda: (inner.work / "ready").exists())
    assert eventually(lambda: "sleep" in descendants().values())
    assert inner("kill", "-s", "KILL", identity).returncode == 0
    assert eventually(lambda: "sleep" not in descendants().values())


def test_stop_gives_time(inner):
    identity = start_detached(
        inner, "trap 'sleep 0.5; echo bye > bye; exit 0' TERM; echo > ready; while :; do sleep 0.1; done"
    )
    assert eventually(lambda: (inner.work / "ready").exists())
    assert inner("stop", identity).returncode == 0
    assert eventually(lambda: (inner.work / "bye").exists())


def test_same_name_twice(inner):
    start_detached(inner, "sleep 1000", "--name", "only-one")
    second = inner.run("true", "--name", "only-one")
    assert second.returncode == 125
    assert b"only-one" in second.stderr
    assert inner("kill", "-s", "KILL", "only-one").returncode == 0
    assert eventually(lambda: inner.run("true", "--name", "only-one").returncode == 0)


def test_no_such_sandbox(inner):
    for verb in ("stop", "kill", "wait", "inspect"):
        result = inner(verb, "nothing-here")
        assert result.returncode == 125, verb
        assert b"nothing-here" in result.stderr


def test_prefix_that_fits_two(inner):
    """Names are looked up as a whole first; a prefix must be of one id only."""
    first = start_detached(inner, "sleep 1000")
    second = start_detached(inner, "sleep 1000", "--name", first[:4])
    assert json.loads(inner("inspect", first[:4], "--json").stdout)["Id"] == second
    for identity in (first, second):
        assert inner("kill", "-s", "KILL", identity).returncode == 0


def test_client_killed(inner):
    """Nobody is there to see the output any more, so the sandbox ends."""
    with inner.popen("run", "-p", "shell-oneshot", "--arg", "echo > ready; sleep 1000",
                     stdin=subprocess.DEVNULL) as process:
        assert eventually(lambda: (inner.work / "ready").exists())
        assert eventually(lambda: "sleep" in descendants().values())
        process.kill()
    assert eventually(lambda: "sleep" not in descendants().values())


def test_client_killed_and_the_command_ignores_signals(inner):
    with inner.popen("run", "-p", "shell-oneshot", "--arg",
                     "trap '' HUP TERM INT; echo > ready; sleep 1000; sleep 1000",
                     stdin=subprocess.DEVNULL) as process:
        assert eventually(lambda: (inner.work / "ready").exists())
        process.kill()
    # SIGHUP, two seconds later SIGTERM, five seconds later the end
    assert eventually(lambda: "sleep" not in descendants().values(), timeout=12)


def test_detached_lives_on(inner):
    identity = start_detached(inner, "sleep 2; echo > survived")
    assert identity in listed(inner)
    assert eventually(lambda: (inner.work / "survived").exists())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT])
def test_signals_reach_the_command(inner, number):
    with inner.popen("run", "-p", "shell-oneshot", "--arg",
                     "trap 'echo caught; exit 9' INT TERM HUP QUIT; echo ready; while :; do sleep 0.1; done",
                     stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"ready\n"
        process.send_signal(number)
        assert process.stdout.read() == b"caught\n"
        assert process.wait(20 * PATIENCE) == 9


def test_many_at_once(inner):
    processes = [
        inner.popen("run", "-p", "shell-oneshot", "--arg", f"sleep 0.2; echo {number}; exit {number}",
                    stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        for number in range(20)
    ]
    for number, process in enumerate(processes):
        with process:
            assert process.communicate(timeout=60 * PATIENCE)[0] == f"{number}\n".encode()
            assert process.returncode == number


def test_service_killed(bus):
    """A crash of the service loses no detached sandbox: the next one adopts it."""
    identity = start_detached(bus, "sleep 1000")
    service = [pid for pid, name in descendants().items() if name == "inner-sandboxd"]
    assert len(service) == 1
    os.kill(service[0], signal.SIGKILL)
    assert eventually(lambda: service[0] not in descendants())
    assert listed(bus)[identity]["State"] == "running"
    assert bus("kill", "-s", "KILL", identity).returncode == 0


def test_which_way_is_said(inner):
    result = inner("-v", "run", "-p", "shell-oneshot", "--arg", "true")
    assert result.returncode == 0, result.stderr
    assert (b"a service of our own" in result.stderr) is (inner.mode == "private")


def test_forced_way(bus):
    assert bus("run", "--no-bus", "-p", "shell-oneshot", "--arg", "exit 4").returncode == 4
    assert bus("run", "--bus", "-p", "shell-oneshot", "--arg", "exit 5").returncode == 5
    no_bus = {"DBUS_SESSION_BUS_ADDRESS": "unix:path=/nonexistent"}
    assert bus("run", "--bus", "-p", "shell-oneshot", "--arg", "exit 5", env=no_bus).returncode == 125


def test_nothing_stays_behind(private):
    """An end that the client has got is kept for nobody, though the service goes with the client."""
    for _ in range(25):
        assert private.run("true").returncode == 0
        assert eventually(lambda: not list((private.runtime / "inner").glob("*/")))


def test_short_life(bus):
    """A bit of everything; what .ci/run runs under valgrind."""
    assert bus.run("cat", input=b"x").stdout == b"x"
    assert bus.run("exit 3").returncode == 3
    assert bus("run", "-p", "nothing").returncode == 125
    assert bus("run", "-p", "shell-oneshot", "--entrypoint", "nothing").returncode == 127
    assert bus("profile", "list", "--json").returncode == 0
    assert bus("profile", "show", "shell").returncode == 0
    assert bus.run("true", "-n", "--json").returncode == 0
    identity = start_detached(bus, "sleep 1000", "--name", "life")
    assert identity in listed(bus)
    assert bus("stop", "life").returncode == 0
    assert eventually(lambda: not bus.leftovers())


def test_programs_are_installed_where_the_service_file_says():
    service = (PREFIX / "share/dbus-1/services/org.inner.Sandbox.service").read_text()
    program = service.split("Exec=")[1].split()[0]
    assert os.access(program, os.X_OK)
    assert f"ExecStart={program}\n" in (PREFIX / "lib/systemd/user/inner-sandboxd.service").read_text()
