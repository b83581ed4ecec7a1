# SPDX-License-Identifier: Apache-2.0
"""inner-supervisor and inner-init together, without the service."""

import errno
import os
import random
import select
import signal
import socket
import subprocess
import time

import pytest
from gi.repository import GLib
from supervisor_rig import (
    BASE, CLIENT, INIT, SEALS, STDIN, STDOUT, SUPERVISOR, Output, Sandbox, assert_no_process_left, command_block,
    encode, memfd, python_inside, receive, run, send, u, wait_for,
)

SH = "/bin/sh"
IGNORE_TERM = [SH, "-c", "trap '' TERM HUP; echo up; while :; do sleep 1; done"]


def started_and_up(argv, **keywords):
    """A sandbox whose command has printed its first line."""
    output = Output()
    sandbox = Sandbox(argv, fds={STDOUT: output.writer, **keywords.pop("fds", {})}, **keywords)
    os.close(output.writer)
    os.read(output.reader, 100)
    os.close(output.reader)
    sandbox.started()
    return sandbox


# --- How a command ends


@pytest.mark.parametrize("code", [0, 1, 42, 127, 255])
def test_exit_code(code):
    values, _ = run([SH, "-c", f"exit {code}"])
    assert (values["code"], values["reason"], values["signal"]) == (code, "exited", 0)
    assert abs(values["at"] / 1e6 - time.time()) < 10


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGSEGV, signal.SIGPIPE])
def test_death_by_signal(number):
    values, _ = run([SH, "-c", f"kill -{int(number)} $$"])
    assert (values["code"], values["reason"], values["signal"]) == (128 + number, "signaled", number)


def test_started_tells_pid_and_landlock():
    with Sandbox(["sleep", "60"]) as sandbox:
        values = sandbox.started()
        with open(f"/proc/{values['pid']}/comm") as file:
            assert file.read() == "inner-init\n"
        assert values["landlock"] >= 0
        assert abs(values["at"] / 1e6 - time.time()) < 10


def test_links_neither_gobject_nor_gio():
    """Loading them takes longer than everything else that the supervisor does."""
    result = subprocess.run(["ldd", SUPERVISOR], capture_output=True, text=True)
    assert "libglib-2.0" in result.stdout or "statically linked" in result.stdout + result.stderr
    assert "gobject" not in result.stdout and "gio" not in result.stdout


def test_init_needs_nothing_of_the_sandbox():
    result = subprocess.run(["ldd", INIT], capture_output=True, text=True)
    assert "not a dynamic executable" in result.stderr


def test_memory_beside_the_command():
    """At most 1.5 MiB (design/measures.md), and it should be well below."""
    with Sandbox(["sleep", "60"]) as sandbox:
        pid = sandbox.started()["pid"]
        if os.getuid() != 0:
            pytest.skip("they are private: only root can look")

        def spawners():
            with open(f"/proc/{pid}/task/{pid}/children") as file:
                children = file.read().split()
            return [p for p in children if "inner-spawner" in open(f"/proc/{p}/comm").read()]

        # It takes its name after the command was started.
        wait_for(spawners)
        pids = spawners()
        assert len(pids) == 1
        time.sleep(1)
        total = 0
        for p in [sandbox.pid, pid, *pids]:
            with open(f"/proc/{p}/smaps_rollup") as file:
                total += next(int(line.split()[1]) for line in file if line.startswith("Pss:"))
        assert total <= 1024


# --- Failures to start


@pytest.mark.parametrize("argv, keywords, kind, code", [
    (["no-such-command"], {}, "exec", errno.ENOENT),
    (["/no/such/command"], {}, "exec", errno.ENOENT),
    ([""], {}, "exec", errno.ENOENT),
    (["/usr"], {}, "exec", errno.EACCES),
    (["passwd-file"], {"env": ["PATH=/nowhere:/tmp"],
                       "extra": ["--ro-bind", "/etc/passwd", "/tmp/passwd-file"]}, "exec",
     errno.EACCES),
    (["/usr/bin/env/x"], {}, "exec", errno.ENOTDIR),
    (["true"], {"cwd": "/no/such/directory"}, "directory", errno.ENOENT),
    (["true"], {"bwrap": "/no/such/bwrap"}, "bwrap", errno.ENOENT),
])
def test_failure(argv, keywords, kind, code):
    with Sandbox(argv, **keywords) as sandbox:
        values = sandbox.failed()
        assert (values["kind"], values["errno"]) == (kind, code)
        assert values["message"] != ""


@pytest.mark.parametrize("extra, words", [
    (["--no-such-option"], "Unknown option --no-such-option"),
    (["--ro-bind", "/no/such/source", "/x"], "/no/such/source"),
    (["--tmpfs", "/run/inner"], "inner-init: No such file"),
])
def test_bwrap_complains(extra, words):
    with Sandbox(["true"], extra=extra) as sandbox:
        values = sandbox.failed()
        assert values["kind"] == "bwrap"
        assert words in values["message"]
        assert not values["message"].startswith("bwrap:")


def test_bwrap_by_absolute_path():
    with Sandbox(["true"], bwrap="bwrap") as sandbox:
        assert "relative path" in sandbox.expect("failed")["message"]


def test_init_wants_dev_null():
    base = [a for a in BASE]
    at = base.index("--dev")
    del base[at:at + 2]
    with Sandbox(["true"], base=base) as sandbox:
        values = sandbox.failed()
        assert (values["kind"], values["message"]) == (
            "bwrap", "inner-init: the sandbox has no /dev/null")


# --- The record


@pytest.mark.parametrize("missing", [
    "version", "directory", "bwrap", "init", "arguments", "command", "descriptors", "timeout-ms",
    "grace-ms", "detached", "properties",
])
def test_record_misses_a_key(missing):
    with Sandbox(["true"], **{missing: None}) as sandbox:
        values = sandbox.expect("failed")
        assert values["kind"] == "internal"
        assert missing in values["message"]
        assert_no_process_left()


def test_record_must_be_sealed():
    with Sandbox(["true"], seals=0) as sandbox:
        assert "sealed" in sandbox.expect("failed")["message"]


def test_record_of_another_version():
    with Sandbox(["true"], version=u(99)) as sandbox:
        assert "version" in sandbox.expect("failed")["message"]


@pytest.mark.parametrize("numbers", [[], [3], [2], [501], [-6], [-1, -1], [7, 7], [7, 8, 9]])
def test_record_with_bad_numbers(numbers):
    null = os.open("/dev/null", os.O_RDWR)
    with Sandbox(["true"], fds={STDIN: null, STDOUT: null}, descriptors=numbers) as sandbox:
        assert sandbox.expect("failed")["kind"] == "internal"
        assert_no_process_left()
    os.close(null)


@pytest.mark.parametrize("mode", [0o755, 0o720, 0o701])
def test_directory_must_be_private(tmp_path, mode):
    tmp_path.chmod(mode)
    with Sandbox(["true"], runtime=str(tmp_path)) as sandbox:
        values = sandbox.expect("failed")
        assert (values["kind"], values["message"]) == (
            "internal", f"{tmp_path}: Operation not permitted")


@pytest.mark.parametrize("packet", [b"", b"x" * 100])
def test_launch_that_is_none(packet):
    line, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    pid = Sandbox.spawn(theirs, None, False)
    theirs.close()
    line.send(packet) if packet else line.close()
    assert os.waitpid(pid, 0)[1] == 1 << 8


# --- The second record


def journal(state):
    planned = {"id": GLib.Variant("s", "one")}
    return GLib.Variant("a{sv}", {
        "state": GLib.Variant("s", str(state)),
        "planned": GLib.Variant("a{sv}", planned),
        "secrets": GLib.Variant("aay", []),
        "output": GLib.Variant("b", False),
        "recording": GLib.Variant("b", False),
    })


def guard_of(state, root):
    return GLib.Variant("(bsa(sa(su)))", (True, str(state), [(str(root), [(".envrc", 0)])]))


def send_more(sandbox, record, seals=SEALS, n=1):
    fd = memfd(encode("a{sv}", record), seals)
    sandbox.send("more", fds=[fd] * n)
    os.close(fd)


def test_more_follows(tmp_path):
    """No command before it came (attack 37); then what is planted is taken back, and the run has its record."""
    root = tmp_path / "root"
    root.mkdir()
    state = tmp_path / "inner"
    fd = os.open(root, os.O_PATH)
    with Sandbox([SH, "-c", f"echo evil > {root}/.envrc"], fds={-100: fd}, extra=["--bind", str(root), str(root)],
                 more=True) as sandbox:
        with pytest.raises(TimeoutError):
            sandbox.receive(timeout=1)
        assert not (root / ".envrc").exists()
        send_more(sandbox, {"journal": journal(state), "guard": guard_of(state, root)})
        sandbox.started()
        values = sandbox.exited()
        assert [finding["path"] for finding in values["guarded"]] == [str(root / ".envrc")]
    os.close(fd)
    assert not (root / ".envrc").exists()
    (run,) = (state / "runs").iterdir()
    assert '"event": "planned"' in (run / "events.ndjson").read_text()


def test_service_is_gone_before_more(tmp_path):
    marker = tmp_path / "marker"
    with Sandbox([SH, "-c", f"touch {marker}"], extra=["--bind", str(tmp_path), str(tmp_path)], more=True) as sandbox:
        sandbox.line.shutdown(socket.SHUT_RDWR)
        sandbox.gone()
    assert not marker.exists()


@pytest.mark.parametrize("how", ["another", "unsealed", "two", "root"])
def test_more_that_is_none(tmp_path, how):
    """Without it there are no notes, and so no command."""
    marker = tmp_path / "marker"
    state = tmp_path / "inner"
    record = {"guard": guard_of(state, tmp_path)} if how == "root" else {"journal": journal(state)}
    with Sandbox([SH, "-c", f"touch {marker}"], extra=["--bind", str(tmp_path), str(tmp_path)], more=True) as sandbox:
        if how == "another":
            sandbox.send("state")
        else:
            send_more(sandbox, record, 0 if how == "unsealed" else SEALS, 2 if how == "two" else 1)
        values = sandbox.failed()
        assert (values["kind"], values["message"]) == ("internal", "the service did not say what is guarded")
    assert not marker.exists()


# --- Streams, environment, descriptors


def test_streams_are_binary_safe():
    data = bytes(range(256)) * 4096
    into, out = Output(), Output()
    pid = os.fork()
    if pid == 0:
        os.close(into.reader)
        with os.fdopen(into.writer, "wb") as file:
            file.write(data)
        os._exit(0)
    with Sandbox(["cat"], fds={STDIN: into.reader, STDOUT: out.writer}) as sandbox:
        os.close(into.reader)
        os.close(into.writer)
        assert out.read() == data
        sandbox.started()
        assert sandbox.exited()["code"] == 0


def test_closed_stream_ends_while_the_command_runs():
    """Neither supervisor nor init nor bwrap may keep a stream open."""
    output = Output()
    with Sandbox([SH, "-c", "exec >&-; sleep 60"], fds={STDOUT: output.writer}) as sandbox:
        assert output.read() == b""
        sandbox.started()
        sandbox.signal(9)
        assert sandbox.exited()["code"] == 137


def test_missing_streams_are_dev_null():
    with Sandbox([SH, "-c", "cat; echo x; echo y >&2 && test ! -t 0"]) as sandbox:
        sandbox.started()
        assert sandbox.exited()["code"] == 0


def test_sigpipe_ends_a_writer():
    reader, writer = os.pipe()
    os.close(reader)
    with Sandbox(["yes"], fds={STDOUT: writer}, signals_ignored=True) as sandbox:
        os.close(writer)
        sandbox.started()
        assert sandbox.exited()["signal"] == signal.SIGPIPE


def test_signals_are_default_and_not_blocked():
    _, text = run(["grep", "^Sig\\(Blk\\|Ign\\)", "/proc/self/status"], signals_ignored=True)
    assert set(text.split()) == {"SigBlk:", "SigIgn:", "0" * 16}


def test_only_stdio():
    leak = os.open("/etc", os.O_RDONLY)
    data = memfd(b"planned")
    code = "import os; print(sorted(int(n) for n in os.listdir('/proc/self/fd')), open('/tmp/f').read())"
    text = python_inside(code, leak=leak, fds={7: data}, extra=["--ro-bind-data", "7", "/tmp/f"])
    os.close(leak)
    os.close(data)
    # The fourth is the directory that is being listed.
    assert text == "[0, 1, 2, 3] planned"


def test_planned_numbers_collide_with_nothing():
    fds = {number: memfd(b"content %d" % number) for number in range(4, 40)}
    extra = [word for n in fds for word in ("--ro-bind-data", str(n), f"/tmp/{n}")]
    text = python_inside("for n in range(4, 40): assert open(f'/tmp/{n}').read() == f'content {n}'",
                         fds=fds, extra=extra)
    for fd in fds.values():
        os.close(fd)
    assert text == ""


def test_environment_is_that_of_the_block():
    _, text = run(["env"], env=["PATH=/usr/bin", "A=1", "B=two\nlines"])
    assert text == "PATH=/usr/bin\nA=1\nB=two\nlines\n"


@pytest.mark.parametrize("env", [["PATH=/nowhere::/usr/bin"], [], ["PATH=/tmp/" + "x" * 5000 + ":/bin"]])
def test_search_along_the_path_of_the_command(env):
    assert run(["echo", "found"], env=env)[1] == "found\n"


def test_script_without_interpreter_line():
    script = memfd(b'echo "$0 $1"')
    _, text = run(["s", "word"], env=["PATH=/tmp"], fds={5: script},
                  extra=["--perms", "0755", "--ro-bind-data", "5", "/tmp/s"])
    os.close(script)
    assert text == "/tmp/s word\n"


def test_many_arguments():
    words = [f"argument-{n}" for n in range(4000)]
    assert run(["echo", *words])[1] == " ".join(words) + "\n"


def test_working_directory():
    assert run(["pwd"], cwd="/usr/share")[1] == "/usr/share\n"


def test_no_new_privileges():
    _, text = run(["grep", "-E", "^(NoNewPrivs|Cap(Eff|Prm|Bnd|Amb|Inh)):", "/proc/self/status"])
    words = text.split()
    assert words[words.index("NoNewPrivs:") + 1] == "1"
    assert words.count("0" * 16) == 5


def test_no_core_file():
    assert run([SH, "-c", "ulimit -c; ulimit -H -c"])[1] == "0\n0\n"


def test_session_of_its_own():
    code = "import os; assert os.getsid(0) == os.getpgid(0) == os.getpid(); print(os.getppid())"
    assert python_inside(code) == "1"


# --- The door: what a command can do to its PID 1


def test_environment_of_pid_1_is_empty():
    # bubblewrap itself sets PWD; nobody but root on the host can look.
    with Sandbox(["sleep", "60"]) as sandbox:
        pid = sandbox.started()["pid"]
        try:
            with open(f"/proc/{pid}/environ") as file:
                assert file.read() in ("", "PWD=/\0")
        except PermissionError:
            assert os.getuid() != 0


@pytest.mark.parametrize("path", ["mem", "environ", "maps", "fd/3", "root/usr", "cwd/usr"])
@pytest.mark.parametrize("pid", [1, 3])
def test_door_proc(pid, path):
    """Not even for root, whose files /proc/1 holds in a sandbox of root."""
    values, text = run(["/usr/bin/head", "-c1", f"/proc/{pid}/{path}"])
    assert values["code"] == 1
    assert "Permission denied" in text


DOOR = """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
def call(*arguments):
    return errno_of(libc.syscall(*arguments))
def errno_of(result):
    return ctypes.get_errno() if result < 0 else 0
"""


@pytest.mark.parametrize("call, code", [
    ("libc.ptrace(16, 1, 0, 0)", errno.EPERM),                      # PTRACE_ATTACH
    ("libc.ptrace(0x4206, 1, 0, 0)", errno.EPERM),                  # PTRACE_SEIZE
    ("libc.ptrace(16, 3, 0, 0)", errno.EPERM),
    ("libc.kill(1, 0)", errno.EPERM),
    ("libc.kill(1, 15)", errno.EPERM),
    ("libc.kill(1, 9)", errno.EPERM),
    ("libc.syscall(438, libc.syscall(434, 1, 0), 3, 0)", errno.EPERM),   # pidfd_getfd
    ("libc.mount(b'none', b'/tmp', b'tmpfs', 0, None)", errno.EPERM),
    ("libc.umount2(b'/proc', 2)", errno.EPERM),
    ("libc.unshare(0x10000000)", errno.EPERM),                      # CLONE_NEWUSER
])
def test_door_call(call, code):
    assert python_inside(f"{DOOR}\nprint(errno_of({call}))") == str(code)


def test_rename_between_directories():
    """The Landlock domain must not make this EXDEV."""
    python_inside("import os; os.mkdir('/tmp/a'); os.mkdir('/tmp/b'); open('/tmp/a/f', 'w');"
                  "os.rename('/tmp/a/f', '/tmp/b/f'); os.link('/tmp/b/f', '/tmp/a/g')")


ABSTRACT = "import socket; socket.socket(socket.AF_UNIX).connect('\\0inner-test-abstract')"


def test_abstract_socket_of_the_host():
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("\0inner-test-abstract")
        listener.listen()
        values, text = run(["/usr/bin/python3", "-c", ABSTRACT], extra=["--share-net"])
    assert values["code"] == 1
    assert "PermissionError" in text


# --- Stopping


def test_stop_with_term():
    with Sandbox(["sleep", "60"]) as sandbox:
        sandbox.started()
        sandbox.stop(grace_ms=10000)
        values = sandbox.exited()
        assert (values["code"], values["reason"], values["signal"]) == (143, "stopped", 15)


def test_stop_keeps_the_commands_own_code():
    with started_and_up([SH, "-c", "trap 'exit 7' TERM; echo up; while :; do sleep 0.05; done"]) as sandbox:
        sandbox.stop(grace_ms=10000)
        values = sandbox.exited()
        assert (values["code"], values["reason"], values["signal"]) == (7, "stopped", 0)


def test_stop_kills_after_the_grace():
    with started_and_up(IGNORE_TERM) as sandbox:
        begin = time.monotonic()
        sandbox.stop(grace_ms=500)
        values = sandbox.exited()
        assert 0.45 < time.monotonic() - begin < 10
        assert (values["code"], values["reason"], values["signal"]) == (137, "stopped", 9)


def test_stop_of_a_stopped_command():
    with Sandbox(["sleep", "60"]) as sandbox:
        sandbox.started()
        sandbox.signal(signal.SIGSTOP)
        sandbox.stop(grace_ms=10000)
        assert sandbox.exited()["code"] == 143


def test_second_stop_makes_it_faster_and_never_slower():
    with started_and_up(IGNORE_TERM) as sandbox:
        begin = time.monotonic()
        sandbox.stop(grace_ms=60000, reason="client-gone")
        sandbox.stop(grace_ms=200)
        sandbox.stop(grace_ms=60000)
        values = sandbox.exited()
        assert time.monotonic() - begin < 10
        assert values["reason"] == "client-gone"


def test_status_survives_unread_messages():
    """A socket closed with something unread in it reports ECONNRESET before what it still holds."""
    for _ in range(20):
        with Sandbox(["sleep", "60"]) as sandbox:
            sandbox.started()
            sandbox.signal(signal.SIGTERM)
            for _ in range(100):
                sandbox.signal(signal.SIGCONT)
            values = sandbox.exited()
            assert (values["code"], values["reason"], values["signal"]) == (143, "signaled", 15)


def test_kill():
    with Sandbox(["sleep", "60"]) as sandbox:
        sandbox.started()
        sandbox.signal(9)
        values = sandbox.exited()
        assert (values["code"], values["reason"], values["signal"]) == (137, "stopped", 9)


def test_other_signals_reach_the_command():
    with started_and_up([SH, "-c", "trap 'exit 9' USR1; echo up; while :; do sleep 0.05; done"]) as sandbox:
        sandbox.signal(signal.SIGUSR1)
        values = sandbox.exited()
        assert (values["code"], values["reason"]) == (9, "exited")


def test_timeout():
    begin = time.monotonic()
    with Sandbox(["sleep", "60"], timeout_ms=1500) as sandbox:
        sandbox.started()
        values = sandbox.exited()
        assert 1.5 < time.monotonic() - begin < 20
        assert (values["code"], values["reason"], values["signal"]) == (124, "timeout", 15)


def test_timeout_of_a_command_that_ignores_it():
    with started_and_up(IGNORE_TERM, timeout_ms=1500, grace_ms=300) as sandbox:
        values = sandbox.exited()
        assert (values["code"], values["reason"], values["signal"]) == (124, "timeout", 9)


def test_longest_timeout_does_not_overflow():
    assert run(["true"], timeout_ms=2**64 - 1)[0]["code"] == 0


def test_supervisor_passes_its_own_term_on():
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        with Sandbox(["sleep", "60"]) as sandbox:
            sandbox.started()
            os.kill(sandbox.pid, number)
            assert sandbox.exited()["reason"] == "stopped"


ORPHAN = [SH, "-c", "setsid sh -c 'trap \"\" TERM HUP; (setsid sleep 61 &) ; sleep 62' & echo up; sleep 60"]


def test_orphan_is_gone_after_stop():
    with started_and_up(ORPHAN) as sandbox:
        sandbox.stop()
        sandbox.exited()


def test_orphan_is_gone_after_the_command():
    assert run([SH, "-c", "setsid sleep 60 >/dev/null 2>&1 & exit 5"])[0]["code"] == 5


def test_stop_before_ready_leaves_nothing():
    for _ in range(20):
        with Sandbox(["sleep", "60"]) as sandbox:
            time.sleep(random.random() * 0.008)
            sandbox.signal(9)
            name, values = sandbox.receive()
            if name == "started":
                name, values = sandbox.receive()
            assert (name, values["code"], values["reason"]) == ("exited", 137, "stopped")
            sandbox.send("forget")
            sandbox.gone()


# --- Somebody dies


def test_supervisor_killed():
    with started_and_up(ORPHAN) as sandbox:
        os.kill(sandbox.pid, signal.SIGKILL)
        assert_no_process_left()


def test_supervisor_killed_at_any_moment():
    for _ in range(30):
        with Sandbox(["sleep", "60"]) as sandbox:
            time.sleep(random.random() * 0.012)
            os.kill(sandbox.pid, signal.SIGKILL)
            assert_no_process_left()


def test_init_killed_from_outside():
    with Sandbox(["sleep", "60"]) as sandbox:
        os.kill(sandbox.started()["pid"], signal.SIGKILL)
        values = sandbox.exited()
        assert (values["code"], values["reason"], values["signal"]) == (137, "signaled", 9)


def test_bwrap_killed_from_outside():
    with Sandbox(["sleep", "60"]) as sandbox:
        pid = sandbox.started()["pid"]
        with open(f"/proc/{pid}/stat") as file:
            os.kill(int(file.read().split()[3]), signal.SIGKILL)
        values = sandbox.exited()
        assert (values["code"], values["reason"]) == (137, "signaled")


def client():
    process = subprocess.Popen(["sleep", "60"])
    return process, os.pidfd_open(process.pid)


def test_client_gone():
    process, pidfd = client()
    with Sandbox(["sleep", "60"], fds={CLIENT: pidfd}) as sandbox:
        os.close(pidfd)
        sandbox.started()
        process.kill()
        values = sandbox.expect("exited")
        assert (values["code"], values["reason"], values["signal"]) == (129, "client-gone", 1)
        sandbox.send("forget")
        process.wait()
        sandbox.gone()


def test_client_gone_and_nobody_listens():
    process, pidfd = client()
    with started_and_up([SH, "-c", "trap '' HUP; echo up; while :; do sleep 0.05; done"],
                        fds={CLIENT: pidfd}) as sandbox:
        os.close(pidfd)
        begin = time.monotonic()
        sandbox.line.close()
        process.kill()
        process.wait()
        sandbox.gone()
        assert 1.8 < time.monotonic() - begin < 10


def test_client_of_a_detached_sandbox_may_go():
    process, pidfd = client()
    with Sandbox(["sleep", "0.5"], fds={CLIENT: pidfd}, detached=True) as sandbox:
        os.close(pidfd)
        sandbox.started()
        process.kill()
        process.wait()
        assert sandbox.exited()["reason"] == "exited"


# --- The service goes and comes


def test_detached_outlives_the_service():
    with Sandbox([SH, "-c", "sleep 0.3; exit 3"], detached=True) as sandbox:
        sandbox.started()
        sandbox.line.close()
        assert_no_process_left()
        assert os.listdir(sandbox.directory) == ["exit"]
        values = sandbox.exit_file()
        assert (values["code"], values["reason"], values["signal"]) == (3, "exited", 0)
        assert values["properties"] == {"Name": "test"}
        assert os.stat(f"{sandbox.directory}/exit").st_mode & 0o777 == 0o600


def test_last_words_of_a_service_that_did_not_read():
    """The same for the line to the service: "started" is unread when it closes."""
    with Sandbox(["sleep", "60"], detached=True) as sandbox:
        assert select.select([sandbox.line], [], [], 10)[0]
        os.kill(sandbox.pid, signal.SIGSTOP)
        sandbox.stop()
        sandbox.line.close()
        os.kill(sandbox.pid, signal.SIGCONT)
        wait_for(lambda: os.path.exists(f"{sandbox.directory}/exit"), 5)
        assert sandbox.exit_file()["reason"] == "stopped"


def test_service_that_never_takes_note():
    with Sandbox(["true"], detached=True) as sandbox:
        sandbox.started()
        sandbox.expect("exited")
        assert sandbox.receive(8) is None
        assert sandbox.exit_file()["code"] == 0


def test_attached_without_service_leaves_nothing():
    with Sandbox(["sleep", "0.3"]) as sandbox:
        sandbox.started()
        sandbox.line.close()
        sandbox.gone()


def test_attached_without_service_but_with_client():
    process, pidfd = client()
    with Sandbox([SH, "-c", "sleep 0.3; exit 4"], fds={CLIENT: pidfd}) as sandbox:
        os.close(pidfd)
        sandbox.started()
        sandbox.line.close()
        wait_for(lambda: os.path.exists(f"{sandbox.directory}/exit"))
        assert sandbox.exit_file()["code"] == 4
        process.kill()
        process.wait()


def test_adoption():
    with Sandbox(["sleep", "60"], detached=True) as sandbox:
        started = sandbox.started()
        sandbox.line.close()
        assert os.stat(f"{sandbox.directory}/control").st_mode & 0o777 == 0o600
        sandbox.line = sandbox.adopt()
        state = sandbox.expect("state")
        assert state == {"properties": {"Name": "test"}, "state": "running", "pid": started["pid"],
                         "started-at": started["at"], "landlock": started["landlock"], "denied": [], "allowed": []}
        assert sandbox.exec_wait([SH, "-c", "exit 3"])["code"] == 3
        sandbox.stop()
        assert sandbox.exited()["reason"] == "stopped"


def test_several_services_at_once():
    with Sandbox(["sleep", "60"]) as sandbox:
        sandbox.started()
        sandbox.exec([SH, "-c", "sleep 0.2; exit 7"], tag=1)
        sandbox.expect("exec-started")
        first, sandbox.line = sandbox.line, sandbox.adopt()
        assert sandbox.expect("state")["state"] == "running"
        # Both count from 1, and each hears of its own commands only.
        sandbox.exec([SH, "-c", "sleep 0.5; exit 8"], tag=1)
        sandbox.expect("exec-started")
        assert sandbox.expect("exec-exited") == {"tag": 1, "code": 8, "signal": 0}
        assert receive(first) == ("exec-exited", {"tag": 1, "code": 7, "signal": 0})
        # Both hear of the end, and one of them is enough to take note.
        sandbox.signal(9)
        assert sandbox.expect("exited")["code"] == 137
        assert receive(first)[0] == "exited"
        first.close()
        sandbox.send("forget")
        sandbox.gone()


def test_a_service_that_goes_leaves_the_others():
    with Sandbox(["sleep", "60"]) as sandbox:
        sandbox.started()
        first, sandbox.line = sandbox.line, sandbox.adopt()
        sandbox.expect("state")
        first.close()
        assert sandbox.exec_wait([SH, "-c", "exit 3"])["code"] == 3
        sandbox.stop()
        assert sandbox.exited()["reason"] == "stopped"


def test_too_many_services():
    with Sandbox(["sleep", "60"]) as sandbox:
        sandbox.started()
        lines = [sandbox.adopt() for _ in range(16)]
        answers = [receive(line) for line in lines]
        assert [answer[0] for answer in answers[:15]] == ["state"] * 15
        assert answers[15] is None
        for line in lines:
            line.close()
        sandbox.signal(9)
        sandbox.exited()


def test_exec_has_what_the_main_command_has():
    with Sandbox(["sleep", "60"], env=["PATH=/usr/bin:/bin", "A=main", "B=main"], cwd="/tmp") as sandbox:
        sandbox.started()
        out = Output()
        sandbox.exec([SH, "-c", "echo $A $B $C; pwd"], stdio=(out.writer, out.writer, out.writer),
                     env=["B=own", "C=own"], cwd="")
        assert out.read() == b"main own own\n/tmp\n"


def test_adoption_between_the_end_and_forget():
    with Sandbox(["true"]) as sandbox:
        sandbox.started()
        sandbox.expect("exited")
        sandbox.line = sandbox.adopt()
        assert sandbox.expect("state")["state"] == "exited"
        assert sandbox.exited()["code"] == 0


@pytest.mark.skipif(os.getuid() != 0, reason="only root can be somebody else")
def test_adoption_by_another_user():
    with Sandbox(["sleep", "60"]) as sandbox:
        sandbox.started()
        wait_for(lambda: os.path.exists(f"{sandbox.directory}/control"))
        os.chmod(sandbox.directory, 0o755)
        os.chmod(f"{sandbox.directory}/control", 0o777)
        pid = os.fork()
        if pid == 0:
            os.setuid(65534)
            os._exit(0 if receive(sandbox.adopt()) is None else 1)
        assert os.waitpid(pid, 0)[1] == 0
        os.chmod(sandbox.directory, 0o700)
        sandbox.signal(9)
        sandbox.exited()


@pytest.mark.parametrize("name, values, fds", [
    ("nonsense", {}, 0),
    ("exec", {}, 4),
    ("exec", {"tag": u(0)}, 4),
    ("exec", {"tag": u(1)}, 3),
    ("stop", {"grace-ms": u(1)}, 0),
    ("stop", {"grace-ms": u(1), "reason": "boredom"}, 0),
    ("signal", {"signal": GLib.Variant("i", 65), "tag": u(0)}, 0),
    ("signal", {"signal": GLib.Variant("i", -1), "tag": u(0)}, 0),
    ("signal", {"signal": "9", "tag": u(0)}, 0),
    ("forget", {}, 0),
])
def test_bad_message_ends_the_line_only(name, values, fds):
    null = os.open("/dev/null", os.O_RDWR)
    with Sandbox(["sleep", "60"], detached=True) as sandbox:
        sandbox.started()
        sandbox.send(name, values, [null] * fds)
        assert sandbox.receive() is None
        sandbox.line = sandbox.adopt()
        assert sandbox.expect("state")["state"] == "running"
    os.close(null)


# --- Exec


def test_exec_with_streams_and_code():
    into, out = Output(), Output()
    with Sandbox(["sleep", "60"]) as sandbox:
        sandbox.started()
        sandbox.exec([SH, "-c", "cat; pwd; echo $X; exit 17"], stdio=(into.reader, out.writer, out.writer),
                     env=["PATH=/bin:/usr/bin", "X=y"], cwd="/usr")
        os.close(into.reader)
        os.write(into.writer, b"in\n")
        os.close(into.writer)
        assert out.read() == b"in\n/usr\ny\n"
        assert sandbox.expect("exec-started")["pid"] > 3
        assert sandbox.expect("exec-exited") == {"tag": 1, "code": 17, "signal": 0}


@pytest.mark.parametrize("argv, keywords, code, kind", [
    (["no-such-command"], {}, errno.ENOENT, "exec"),
    (["/usr"], {}, errno.EACCES, "exec"),
    (["true"], {"cwd": "/nowhere"}, errno.ENOENT, "directory"),
])
def test_exec_fails(argv, keywords, code, kind):
    with Sandbox(["sleep", "60"]) as sandbox:
        sandbox.started()
        assert sandbox.exec_wait(argv, **keywords) == {"tag": 1, "errno": code, "kind": kind}
        assert sandbox.exec_wait(["true"])["code"] == 0


GOOD = command_block(["true"])


@pytest.mark.parametrize("block, seals, code", [
    (GOOD, 0, errno.EBADMSG),
    (b"", None, errno.E2BIG),
    (GOOD[:16], None, errno.E2BIG),
    (GOOD[:-1], None, errno.EBADMSG),
    (GOOD + b"\0", None, errno.EBADMSG),
    (command_block(["true"], magic=1), None, errno.EBADMSG),
    (command_block(["true"], flags=1), None, errno.EBADMSG),
    (command_block(["true"], argc=0), None, errno.EBADMSG),
    (command_block(["true"], argc=2), None, errno.EBADMSG),
    (command_block(["true"], argc=2**32 - 1), None, errno.EBADMSG),
    (command_block([]), None, errno.EBADMSG),
])
def test_exec_with_a_bad_block(block, seals, code):
    with Sandbox(["sleep", "60"]) as sandbox:
        sandbox.started()
        fd = memfd(block) if seals is None else memfd(block, seals)
        assert sandbox.exec_wait([], block=fd)["errno"] == code
        assert sandbox.exec_wait(["true"])["code"] == 0


def test_exec_with_something_else_as_block():
    with Sandbox(["sleep", "60"]) as sandbox:
        sandbox.started()
        assert sandbox.exec_wait([], block=os.open("/etc/passwd", os.O_RDONLY))["errno"] == errno.EBADMSG


def test_exec_with_a_tag_that_is_in_use():
    with Sandbox(["sleep", "60"]) as sandbox:
        sandbox.started()
        sandbox.exec(["sleep", "60"], tag=5)
        sandbox.expect("exec-started")
        assert sandbox.exec_wait(["true"], tag=5)["errno"] == errno.EINVAL
        assert sandbox.exec_wait(["true"], tag=2**24)["errno"] == errno.EINVAL


def test_signal_reaches_only_its_command():
    with Sandbox(["sleep", "60"]) as sandbox:
        sandbox.started()
        sandbox.exec(["sleep", "60"], tag=7)
        sandbox.expect("exec-started")
        sandbox.signal(9, tag=7)
        assert sandbox.expect("exec-exited") == {"tag": 7, "code": 137, "signal": 9}
        assert sandbox.exec_wait(["true"])["code"] == 0


def test_commands_of_one_sandbox_reach_each_other():
    """One Landlock domain for all: signals, abstract sockets and tracing work between them."""
    server = "import socket; s = socket.socket(socket.AF_UNIX); s.bind('\\0inner-test-abstract');" \
             "s.listen(); print('up', flush=True); s.accept(); s.accept()"
    with started_and_up(["/usr/bin/python3", "-c", server]) as sandbox:
        assert sandbox.exec_wait(["/usr/bin/python3", "-c", ABSTRACT])["code"] == 0
        trace = "import ctypes, sys; sys.exit(-ctypes.CDLL(None).ptrace(0x4206, 2, 0, 0))"
        assert sandbox.exec_wait(["/usr/bin/python3", "-c", trace])["code"] == 0
        assert sandbox.exec_wait(["/bin/kill", "-CONT", "2"])["code"] == 0


def test_thousand_execs():
    with Sandbox(["sleep", "60"]) as sandbox:
        sandbox.started()
        for tag in range(1, 1001):
            assert sandbox.exec_wait([SH, "-c", f"exit {tag % 256}"], tag=tag)["code"] == tag % 256


def test_many_execs_at_once():
    """More than init has places for: each is answered, whatever the order."""
    ended, refused, running = set(), set(), set()
    with Sandbox(["sleep", "60"]) as sandbox:
        sandbox.started()
        for tag in range(1, 301):
            sandbox.exec(["sleep", "60"], tag=tag)
        while len(running) + len(refused) < 300:
            name, values = sandbox.receive()
            (running if name == "exec-started" else refused).add(values["tag"])
            assert values.get("errno") in (None, errno.EAGAIN, errno.ETOOMANYREFS)
        # The main command has a place, too.
        assert len(running) <= 255 and len(running) >= 100
        for tag in running:
            sandbox.signal(9, tag)
        while ended != running:
            ended.add(sandbox.expect("exec-exited")["tag"])
        assert sandbox.exec_wait(["true"])["code"] == 0


def test_no_more_commands_than_places():
    with Sandbox(["sleep", "60"]) as sandbox:
        sandbox.started()
        for tag in range(1, 256):
            sandbox.exec(["sleep", "60"], tag=tag)
            sandbox.expect("exec-started")
        assert sandbox.exec_wait(["true"], tag=256)["errno"] == errno.EAGAIN


def test_execs_end_with_the_main_command():
    with Sandbox(["sleep", "0.3"]) as sandbox:
        sandbox.started()
        sandbox.exec(["sleep", "60"])
        sandbox.expect("exec-started")
        assert sandbox.exited()["code"] == 0


def test_service_that_does_not_read():
    """The supervisor neither waits for it nor loses a message."""
    with Sandbox(["sleep", "60"]) as sandbox:
        sandbox.started()
        for tag in range(1, 501):
            sandbox.exec(["no-such-command"], tag=tag)
        time.sleep(0.5)
        tags = [sandbox.expect("exec-failed")["tag"] for _ in range(500)]
        assert sorted(tags) == list(range(1, 501))


def test_spawner_killed():
    """What comes next finds it dead, dying or gone, and is started all the same."""
    kill = "sleep 0.05; cd /proc; for comm in [1-9]*/comm; do " \
           "read -r name <$comm; [ $name != inner-spawner ] || kill -KILL ${comm%/comm}; done 2>/dev/null"
    with Sandbox(["sleep", "60"]) as sandbox:
        sandbox.started()
        for _ in range(20):
            sandbox.exec_wait([SH, "-c", kill])
            assert sandbox.exec_wait([SH, "-c", "exit 6"])["code"] == 6


def test_spawner_stopped():
    """A command that stops the spawner can delay others, but neither fail them nor delay its own end or ours."""
    with Sandbox(["sleep", "60"]) as sandbox:
        sandbox.started()
        assert sandbox.exec_wait([SH, "-c", "sleep 0.1; kill -STOP 3"])["code"] == 0
        assert sandbox.exec_wait([SH, "-c", "exit 6"])["code"] == 6
        assert sandbox.exec_wait([SH, "-c", "exit 7"])["code"] == 7


def test_zombies_are_reaped():
    code = "import os, time\n" \
           "for _ in range(50):\n" \
           "    if os.fork() == 0:\n" \
           "        if os.fork() == 0: os._exit(0)\n" \
           "        os._exit(0)\n" \
           "    os.wait()\n" \
           "time.sleep(0.3)\n" \
           "print(len([p for p in os.listdir('/proc') if p.isdigit()]))"
    assert python_inside(code) == "3"
