# SPDX-License-Identifier: Apache-2.0
"""What the tests of suites bus, attack, polkit and agents share: a private session bus (or none), a
home directory and a run-time directory of their own, and innerctl in them. README.md lists the
variables."""

import ctypes
import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from xml.sax.saxutils import escape

import pytest

SOURCE = Path(os.environ.get("INNER_TEST_SOURCE", Path(__file__).parent.parent))
PREFIX = Path(os.environ.get("INNER_TEST_PREFIX", SOURCE / "build" / "stage"))
VALGRIND = bool(os.environ.get("INNER_TEST_VALGRIND"))
# Everything is slower under valgrind, and with sanitizers.
PATIENCE = 10 if VALGRIND else 3 if os.environ.get("ASAN_OPTIONS") else 1

# As the kernel shows them: cut at 15 bytes. The service under valgrind goes by valgrind's name.
SERVICE = "memcheck-amd64-" if VALGRIND else "inner-sandboxd"
OURS = {SERVICE, "inner-superviso", "inner-init", "inner-egress", "inner-screen", "innerctl", "bwrap"}
# What no service may have written when it is over. A quiet valgrind writes errors only.
COMPLAINTS = re.compile(
    r"CRITICAL|WARNING \*\*|AddressSanitizer|LeakSanitizer|runtime error:|^==\d+==", re.MULTILINE
)

PR_SET_CHILD_SUBREAPER = 36

# Whoever starts the tests in the background makes them ignore these, and so would everything that they start.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGQUIT, signal.SIG_DFL)


def eventually(what, timeout=10):
    """Waits until what() is true, and gives its value; the last one if time is over."""
    end = time.monotonic() + timeout * PATIENCE
    while not (value := what()) and time.monotonic() < end:
        time.sleep(0.02)
    return value


def scan_descendants():
    children = {}
    names = {}
    for process in os.listdir("/proc"):
        try:
            pid, rest = Path("/proc", process, "stat").read_text().split(" (", 1)
        except (OSError, ValueError):
            continue
        name, rest = rest.rsplit(") ", 1)
        state, parent = rest.split()[:2]
        if state not in "ZX":
            names[int(pid)] = name
            children.setdefault(int(parent), []).append(int(pid))
    found = {}
    waiting = [os.getpid()]
    while waiting:
        for pid in children.get(waiting.pop(), []):
            found[pid] = names[pid]
            waiting.append(pid)
    return found


def descendants():
    """Every living process below this one. Orphans come back to us, since we are their subreaper, so
    nothing that a test started can hide; and nothing of a test that runs beside it is in the list."""
    # A look at /proc is no snapshot: a process that gets a new parent in the middle of it may be missed once.
    return {**scan_descendants(), **scan_descendants()}


@pytest.fixture(scope="session", autouse=True)
def subreaper():
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


class Inner:
    """One person with a home directory, a run-time directory, perhaps a session bus, and perhaps a
    polkit that gives one answer to everything (tests/polkit/fake_polkit.py).

    Calling it runs innerctl; work is a directory that makes a good workspace."""

    def __init__(self, mode, polkit=None):
        self.mode = mode
        # Short, because a socket's path has at most 107 bytes.
        self.root = Path(tempfile.mkdtemp(prefix="inner-"))
        self.home, self.runtime, self.work = (self.root / n for n in ("home", "run", "work"))
        for directory in (self.home, self.runtime, self.work):
            directory.mkdir(mode=0o700)
        self.log = self.root / "log"
        self.polkit_log = self.root / "polkit-log"
        self.daemons = []
        self.env = {
            "HOME": str(self.home),
            "USER": os.environ.get("USER", "root"),
            "PATH": "/usr/bin:/bin",
            "LC_ALL": "C.UTF-8",
            "XDG_RUNTIME_DIR": str(self.runtime),
            "DBUS_SYSTEM_BUS_ADDRESS": f"unix:path={self.root}/no-system-bus",
            "G_DEBUG": "fatal-criticals",
            **{k: v for k, v in os.environ.items() if k.endswith("SAN_OPTIONS")},
        }
        if polkit is not None:
            self.start_polkit(polkit)
        if mode == "bus":
            self.env["DBUS_SESSION_BUS_ADDRESS"] = self.start_bus("session", self.runtime / "bus")

    def service_directory(self):
        installed = PREFIX / "share/dbus-1/services"
        if not VALGRIND:
            return installed
        directory = self.root / "services"
        directory.mkdir(exist_ok=True)
        text = (installed / "org.inner.Sandbox.service").read_text()
        text = re.sub(
            r"^Exec=(.*)$",
            rf"Exec=/usr/bin/valgrind -q --error-exitcode=99 --leak-check=full "
            rf"--errors-for-leak-kinds=definite --show-leak-kinds=definite --num-callers=30 "
            rf"--suppressions={SOURCE}/tests/valgrind.supp \1",
            re.sub(r"^SystemdService=.*\n", "", text, flags=re.MULTILINE),
            flags=re.MULTILINE,
        )
        (directory / "org.inner.Sandbox.service").write_text(text)
        return directory

    def start_bus(self, kind, path):
        """Starts a message bus of its own and gives its address."""
        config = self.root / f"{kind}.conf"
        config.write_text(
            f"<busconfig><type>{kind}</type><listen>unix:path={escape(str(path))}</listen>"
            f"<servicedir>{escape(str(self.service_directory()))}</servicedir>"
            '<auth>EXTERNAL</auth><policy context="default"><allow user="*"/>'
            '<allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/>'
            '<allow own="*"/></policy></busconfig>'
        )
        address, ready = os.pipe()
        self.start_daemon(
            ["dbus-daemon", f"--config-file={config}", "--nofork", f"--print-address={ready}"],
            pass_fds=[ready],
        )
        os.close(ready)
        with os.fdopen(address) as pipe:
            line = pipe.readline().strip()
        assert line, self.log.read_text()
        return line

    def start_daemon(self, command, **options):
        with self.log.open("ab") as log:
            options = {"stdout": log, **options}
            daemon = subprocess.Popen(
                command, env=self.env, stdin=subprocess.DEVNULL, stderr=log, **options
            )
        self.daemons.append(daemon)
        return daemon

    def start_polkit(self, answer):
        self.env["DBUS_SYSTEM_BUS_ADDRESS"] = self.start_bus("system", self.root / "system-bus")
        daemon = self.start_daemon(
            ["/usr/bin/python3", SOURCE / "tests/polkit/fake_polkit.py", answer, self.polkit_log],
            stdout=subprocess.PIPE,
        )
        assert daemon.stdout.readline() == b"ready\n", self.log.read_text()

    def asked_polkit(self):
        """What polkit was asked, in order."""
        if not self.polkit_log.exists():
            return []
        return [json.loads(line) for line in self.polkit_log.read_text().splitlines()]

    def command(self, *args):
        return [str(PREFIX / "bin/innerctl"), *map(str, args)]

    def popen(self, *args, env=None, cwd=None, **options):
        return subprocess.Popen(
            self.command(*args), env={**self.env, **(env or {})}, cwd=cwd or self.work, **options
        )

    def __call__(self, *args, input=None, timeout=60, env=None, cwd=None):
        """Runs innerctl to its end and gives the CompletedProcess, output as bytes."""
        stdin = {"input": input} if input is not None else {"stdin": subprocess.DEVNULL}
        return subprocess.run(
            self.command(*args), env={**self.env, **(env or {})}, cwd=cwd or self.work,
            capture_output=True, timeout=timeout * PATIENCE, **stdin,
        )

    def run(self, script, *options, **how):
        """Runs a shell script in a sandbox."""
        return self("run", "-p", "shell-oneshot", *options, "--arg", script, **how)

    def profile(self, name, text):
        """Writes a profile of the person's own, in TOML, and gives its name."""
        directory = self.home / ".config/inner/profiles"
        directory.mkdir(parents=True, exist_ok=True)
        (directory / f"{name}.toml").write_text(text)
        return name

    def path(self):
        """The directory where the service keeps its living sandboxes."""
        return self.runtime / "inner"

    def leftovers(self):
        """Processes, run-time directories and mounts that should not be there when all is over."""
        names = OURS - ({SERVICE} if self.mode == "bus" else set())
        left = [f"process {pid} {name}" for pid, name in descendants().items() if name in names]
        if self.path().is_dir():
            # Without a service that notes it, the exit code of a detached sandbox waits there, ten minutes long, for
            # the next one.
            left += [f"directory {p}" for p in self.path().iterdir()
                     if p.is_dir() and [f.name for f in p.iterdir()] != ["exit"]]
        left += [m for m in Path("/proc/self/mountinfo").read_text().splitlines() if str(self.root) in m]
        return left

    def close(self):
        left = []
        try:
            # Twice: a process whose parent ends during the look may be missed once.
            if not eventually(lambda: not self.leftovers() and not self.leftovers(), timeout=15):
                left = self.leftovers()
        finally:
            for daemon in reversed(self.daemons):
                daemon.terminate()
                daemon.wait(10)
            # A supervisor may be in its last moments, with a leak checker in them; one that stays is a failure.
            eventually(lambda: not OURS & set(descendants().values()), timeout=10)
            for pid, name in descendants().items():
                if name in OURS:
                    left.append(f"process {pid} {name} after the bus has gone")
                    os.kill(pid, signal.SIGKILL)
        log = self.log.read_text(errors="replace") if self.log.exists() else ""
        shutil.rmtree(self.root, ignore_errors=True)
        assert not left
        assert not COMPLAINTS.search(log), log


def one_sentence(result):
    """What innerctl said when it failed: one line for people, and nothing on stdout."""
    lines = result.stderr.decode().splitlines()
    assert len(lines) == 1, lines
    assert lines[0].startswith("innerctl: ")
    assert result.stdout == b""
    return lines[0]


def user_namespaces_work():
    bwrap = subprocess.run(
        ["bwrap", "--unshare-all", "--ro-bind", "/", "/", "true"], capture_output=True, text=True
    )
    return None if bwrap.returncode == 0 else bwrap.stderr.strip()


@pytest.fixture(scope="session")
def sandboxes_possible():
    problem = user_namespaces_work()
    if problem:
        pytest.skip(f"bubblewrap cannot make a sandbox here: {problem}")


@pytest.fixture(params=["bus", "private"])
def inner(request, sandboxes_possible):
    """Each test runs with a session bus and without one, and must leave nothing behind."""
    person = Inner(request.param)
    yield person
    person.close()


@pytest.fixture
def bus(sandboxes_possible):
    """For tests that need the session bus itself."""
    person = Inner("bus")
    yield person
    person.close()


@pytest.fixture
def private(sandboxes_possible):
    """For tests that need the service to be a child of innerctl."""
    person = Inner("private")
    yield person
    person.close()


@pytest.fixture(scope="session")
def internet(sandboxes_possible):
    """Moves this process, and all that it starts, into a network of its own."""
    from internet import the_internet, why_not

    problem = why_not()
    if problem:
        pytest.skip(problem)
    return the_internet()


@pytest.fixture(scope="session")
def without(tmp_path_factory):
    """Gives how to run a command on a kernel that seems to lack a feature."""
    program = tmp_path_factory.mktemp("without") / "without"
    subprocess.run(["gcc", "-o", program, SOURCE / "tests/attack/without.c"], check=True)

    def start(person, feature, *words):
        return subprocess.run([program, feature, *person.command(*words)], env=person.env, cwd=person.work, timeout=60 * PATIENCE,
                              stdin=subprocess.DEVNULL, capture_output=True)
    start.program = program
    return start
