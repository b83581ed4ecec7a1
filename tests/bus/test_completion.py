# SPDX-License-Identifier: Apache-2.0
"""Completion: what innerctl answers to a shell, and what bash, zsh and fish make of it."""

import json
import os
import pty
import re
import select
import shutil
import signal
import subprocess
import time

import pytest
from conftest import PATIENCE, PREFIX, SERVICE, descendants, eventually
from gi.repository import Gio, GLib

SCRIPTS = {
    "bash": PREFIX / "share/bash-completion/completions/innerctl",
    "zsh": PREFIX / "share/zsh/site-functions/_innerctl",
    "fish": PREFIX / "share/fish/vendor_completions.d/innerctl.fish",
}


def answer(person, *words, **how):
    """The candidates, each with what it is; what is left to the shell is under ""."""
    done = person("__complete", "--", *words, **how)
    assert (done.returncode, done.stderr) == (0, b""), done
    lines = done.stdout.decode().splitlines()
    assert all(line.count("\t") == 1 for line in lines), lines
    candidates = dict(line.split("\t") for line in lines)
    assert len(candidates) == len(lines), lines
    return candidates


def listed(text):
    """The verbs that a help lists."""
    return dict(re.findall(r"^  (\w+) +(\S.*)$", text, re.MULTILINE))


def verbs_of(person, *words):
    return listed(person(*words, "--help").stdout.decode())


def write_profile(directory, name, text='extends = "shell-oneshot"\n'):
    directory.mkdir(parents=True, exist_ok=True)
    (directory / f"{name}.toml").write_text(text)


def test_verbs(private):
    verbs = verbs_of(private)
    assert len(verbs) > 10
    assert answer(private, "") == verbs
    assert answer(private, "--no-bus", "pro") == {"profile": verbs["profile"]}
    assert answer(private, "profile", "") == verbs_of(private, "profile")
    assert answer(private, "--no") == {"--no-bus": "", "--no-ask": ""}
    assert answer(private, "nosuch", "") == answer(private, "help", "") == answer(private, "--version", "") == {}


def test_options_are_those_of_the_help(private):
    subverbs = [verb for verb in verbs_of(private) if "VERB" in private(verb, "--help").stdout.decode()]
    assert "profile" in subverbs
    commands = [[verb] for verb in verbs_of(private) if verb not in subverbs]
    commands += [[verb, subverb] for verb in subverbs for subverb in verbs_of(private, verb)]
    for command in commands:
        text = private(*command, "--help").stdout.decode()
        options = set(re.findall(r"^  (?:-\w, )?(--[\w-]+)", text, re.MULTILINE))
        assert set(answer(private, *command, "--")) == options, command
        assert {"--bus", "--help"} <= options
    assert answer(private, "run", "--network-") == {"--network-mode": "off, allowlist, open or host"}


@pytest.mark.parametrize("words,expected", [
    (["run", "--network-mode", ""], {"off", "allowlist", "open", "host"}),
    (["run", "-qn", "--network-mode=o"], {"--network-mode=off", "--network-mode=open"}),
    (["profile", "show", "--format", ""], {"toml", "xml"}),
    (["run", "--format="], {"--format=bwrap"}),
    (["run", "--args-file", ""], {""}),
    (["run", "--name", ""], set()),
    (["run", "--arg", "--pro"], set()),
    (["run", "-a", "-p", "--prof"], {"--profile"}),
    (["run", "x"], set()),
    (["run", "--", "--pro"], set()),
    (["run", "-a", "x", "--", ""], set()),
    (["exec", "x", ""], set()),
    (["exec", "-e", "HOM"], {"HOME"}),
    (["kill", "-s", "T"], {"TERM"}),
    (["completion", ""], {"bash", "zsh", "fish"}),
    (["completion", "bash", ""], set()),
    (["version", ""], set()),
    (["profile", "show", "shell", "s"], set()),
    (["run", "-p", "./"], {""}),
    (["run", "--nosuch", "--prof"], {"--profile"}),
    (["run", "--nosuch="], set()),
    (["run", "--no-bus=x"], set()),
    (["-"], {"--bus", "--no-bus", "--no-ask", "--verbose", "--help", "--version"}),
    (["run", "-p", "\xff"], set()),
])
def test_values(private, words, expected):
    assert set(answer(private, *words)) == expected


def test_what_the_shell_does_itself(private):
    assert answer(private, "run", "--args-file", "") == {"": "files"}
    assert answer(private, "run", "-w", "") == {"": "directories"}
    assert answer(private, "run", "--mount", "/u") == {"": "files"}


def test_in_german(private):
    """Descriptions are translated; what a word is, is found by its English name."""
    german = {"LC_ALL": "C.UTF-8", "LANGUAGE": "de"}
    translated = private("--help", env=german).stdout.decode()
    if translated == private("--help").stdout.decode():
        pytest.skip("the C library translates nothing in this locale")
    assert answer(private, "", env=german) == listed(translated)
    assert answer(private, "exec", "--work", env=german) != answer(private, "exec", "--work")
    assert set(answer(private, "run", "-p", "shell-o", env=german)) == {"shell-oneshot"}
    assert answer(private, "run", "-w", "", env=german) == {"": "directories"}


def test_no_words_at_all(private):
    for words in ([], ["--"]):
        done = private("__complete", *words)
        assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_profiles(inner):
    write_profile(inner.home / ".config/inner/profiles", "my-own", 'extends = "shell"\ndescription = "Mine"\n')
    write_profile(inner.work / ".inner/profiles", "of-project", 'description = "a\\tb\\u001bc"\n')
    write_profile(inner.work / ".inner/profiles", "broken", "nonsense")
    found = answer(inner, "run", "-p", "")
    assert {"shell", "shell-oneshot", "my-own", "of-project", "broken"} <= set(found)
    assert found["my-own"] == "Mine"
    assert set(answer(inner, "profile", "show", "of")) == {"of-project"}
    assert set(answer(inner, "run", "--profile=of")) == {"--profile=of-project"}
    assert "of-project" not in answer(inner, "run", "-p", "", cwd=inner.home)


def test_sandboxes(inner):
    for name in ("one", "two"):
        assert inner.run("sleep 1000", "-d", "--name", name, "--timeout", "1000").returncode == 0
    ids = {row["Name"]: row["Id"] for row in json.loads(inner("ps", "--json").stdout)}
    for verb in ("stop", "kill", "wait", "inspect", "exec"):
        found = answer(inner, verb, "")
        assert found == {word: "shell-oneshot" for word in [*ids, *ids.values()]}, verb
    assert set(answer(inner, "stop", "one", "tw")) == {"two"}
    assert set(answer(inner, "exec", "--env", "A=b", ids["two"][:8])) >= {ids["two"]}
    assert inner("stop", "-t", "0", "two").returncode == 0
    assert set(answer(inner, "stop", "")) == {"one", ids["one"]}
    assert inner("stop", "-t", "0", "one").returncode == 0
    assert answer(inner, "stop", "") == {}


def test_aliases(inner):
    """They are offered like verbs, and what follows one is completed as what it stands for."""
    config = inner.home / ".config/inner/config.toml"
    config.parent.mkdir(parents=True, mode=0o700)
    config.write_text('[aliases]\nshow-it = "profile show"\necho = "run -p shell-oneshot -- -c"\n'
                      'loop = "loop"\nproject = "run -p"\nopen = "run --\'"\n')
    config.chmod(0o600)
    assert answer(inner, "sho") == {"show-it": "profile show"}
    assert set(answer(inner, "")) == {*verbs_of(inner), "show-it", "echo", "loop", "project", "open"}
    assert set(answer(inner, "show-it", "shell-o")) == {"shell-oneshot"}
    assert set(answer(inner, "show-it", "--ex")) == {"--explain"}
    assert set(answer(inner, "project", "shell-o")) == {"shell-oneshot"}
    for nothing in ("echo", "loop", "open", "nosuch"):
        assert answer(inner, nothing, "--") == {}, nothing
    assert answer(inner, "profile", "sho") == {"show": verbs_of(inner, "profile")["show"]}
    config.write_text("nonsense")
    assert answer(inner, "sho") == answer(inner, "show-it", "") == {}
    assert answer(inner, "vers") == {"version": verbs_of(inner)["version"]}


def test_privileges_are_those_of_the_service(bus):
    connection = Gio.DBusConnection.new_for_address_sync(
        bus.env["DBUS_SESSION_BUS_ADDRESS"],
        Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT | Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION,
    )
    privileges = connection.call_sync(
        "org.inner.Sandbox", "/org/inner/Sandbox", "org.freedesktop.DBus.Properties", "Get",
        GLib.Variant("(ss)", ("org.inner.Sandbox", "Privileges")), None, 0, -1,
    ).unpack()[0]
    assert {"host-network", "podman-socket"} <= set(privileges)
    # Nobody asks for it by name.
    assert "trust-profile" not in privileges
    assert answer(bus, "run", "--allow", "") == privileges
    connection.close_sync()


def test_privileges_can_be_asked_for(private):
    for key in answer(private, "run", "--allow", ""):
        refused = private.run("true", "--allow", key).stderr.decode()
        assert "no privilege" not in refused and "not part of this version" not in refused


def test_a_service_that_hangs(bus):
    assert bus("ps").returncode == 0
    service = next(pid for pid, name in descendants().items() if name == SERVICE)
    os.kill(service, signal.SIGSTOP)
    try:
        start = time.monotonic()
        assert answer(bus, "stop", "") == {}
        assert time.monotonic() - start < 10 * PATIENCE, "a call has 25 seconds"
        assert set(answer(bus, "run", "--net")) == {"--network", "--network-mode"}, "they need no service"
    finally:
        os.kill(service, signal.SIGCONT)


def test_nobody_is_asked_and_nothing_is_said(private):
    """No bus, no service on it, and a bus that is none."""
    broken = {"DBUS_SESSION_BUS_ADDRESS": f"unix:path={private.root}/nothing"}
    assert answer(private, "stop", "", env=broken) == {}
    assert answer(private, "--bus", "stop", "") == {}
    assert answer(private, "stop", "--bus", "") == {}
    assert "shell" in answer(private, "run", "-p", "", env=broken)


@pytest.mark.parametrize("shell", SCRIPTS)
def test_script(private, shell):
    done = private("completion", shell)
    assert (done.returncode, done.stdout) == (0, SCRIPTS[shell].read_bytes())
    assert f"{PREFIX}/bin/innerctl __complete --".encode() in done.stdout
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    checked = subprocess.run([shell, "-n", SCRIPTS[shell]], capture_output=True, text=True)
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, "", "")


def test_no_script(private):
    assert private("completion").returncode == private("completion", "tcsh").returncode == 125


def bash_replies(person, *words):
    """What the function gives to bash, without a terminal."""
    script = (
        'source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _innerctl; '
        "printf '%s\\0' \"${COMPREPLY[@]}\""
    )
    done = subprocess.run(
        ["bash", "-c", script, "bash", SCRIPTS["bash"], *words],
        env=person.env, cwd=person.work, capture_output=True, timeout=30 * PATIENCE,
    )
    assert (done.returncode, done.stderr) == (0, b""), done
    return [reply for reply in done.stdout.decode().split("\0") if reply]


@pytest.mark.parametrize("words,expected", [
    (["innerctl", "ver"], ["version"]),
    (["innerctl", "run", "--profile", "=", "shell-"], ["shell-oneshot"]),
    (["innerctl", "run", "--profile", "="], ["shell", "shell-oneshot"]),
    (["innerctl", "run", "-a", "a", ":", "b", "--workd", ""], []),
    (["innerctl", "run", "-m", "/a", ":", "/b", "--detac"], ["--detach"]),
    (["innerctl", "run", "-p", '"shell-'], ["shell-oneshot"]),
    (["innerctl", "run", "-p", "'s\\"], ["shell", "shell-oneshot"]),
    (["innerctl", "run", "-p", "a/$(touch x)`touch x`"], []),
    (["innerctl", "run", "--", "--pro"], []),
])
def test_bash_without_a_terminal(private, words, expected):
    # The profiles of agents are many and change.
    replies = [word for word in bash_replies(private, *words) if re.match("-|shell|version", word)]
    assert sorted(word for word in replies if word != "shell-with-claude" and word != "shell-containers") == expected
    assert list(private.work.iterdir()) == []


START = {
    "bash": ["bash", "--norc", "--noprofile", "-i"],
    "zsh": ["zsh", "-f", "-i"],
    "fish": ["fish", "--no-config", "-i"],
}
# A stand-in notes the words that it gets: nothing shows better what a line means.
PREPARE = {
    "bash": "source {script}; innerctl() {{ printf '%s\\n' \"$@\" > {note}; }}\r",
    "zsh": "fpath=({script.parent} $fpath); autoload -U compinit; compinit -u -D; "
           "innerctl() {{ printf '%s\\n' \"$@\" > {note} }}\r",
    "fish": "source {script}; function innerctl; printf '%s\\n' $argv > {note}; end\r",
}


class Terminal:
    """A shell that a person types into."""

    def __init__(self, person, shell):
        self.note = person.root / "note"
        self.output = b""
        env = {**person.env, "TERM": "xterm", "PS1": "", "XDG_DATA_HOME": str(person.root / "data"),
               "INPUTRC": "/dev/null", "HISTFILE": str(person.root / "history")}
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.chdir(person.work)
            os.execvpe(START[shell][0], START[shell], env)
        self.settle(1)
        self.type(PREPARE[shell].format(script=SCRIPTS[shell], note=self.note), 0.5)

    def settle(self, quiet):
        """Reads until nothing has come for a while."""
        while select.select([self.fd], [], [], quiet * PATIENCE)[0]:
            try:
                self.output += os.read(self.fd, 65536)
            except OSError:
                return

    def type(self, keys, quiet=0.3):
        os.write(self.fd, keys.encode())
        self.settle(quiet)

    def words(self, line):
        """The words that a line becomes in which tab is typed."""
        self.note.unlink(missing_ok=True)
        os.write(self.fd, f"{line}\r".encode())
        text = eventually(lambda: self.note.exists() and self.note.read_text(), 5)
        # The next line is for the shell, not for a terminal that is still that of the command.
        self.settle(0.1)
        return text.splitlines() if text else self.output.decode(errors="replace")

    def close(self):
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.fd)


@pytest.fixture(params=START)
def terminal(request, private):
    if shutil.which(request.param) is None:
        pytest.skip(f"{request.param} is not installed")
    write_profile(private.work / ".inner/profiles", "plain")
    (private.work / "file name").touch()
    (private.work / "directory").mkdir()
    terminal = Terminal(private, request.param)
    yield terminal
    terminal.close()


def complete(terminal, line, wanted, clean=str):
    """The words that a shell makes of the line. A slow machine may say nothing within the two seconds that a person
    waits: then the person tries again."""
    for _ in range(3):
        words = [clean(word) for word in terminal.words(line)]
        if words == wanted:
            break
    return words


def test_in_a_terminal(terminal):
    for line, words in [
        ("innerctl prof\tsh\tplai\t", ["profile", "show", "plain"]),
        ("innerctl run --prof\tpl\t", ["run", "--profile", "plain"]),
        ("innerctl run --profile=pl\t", ["run", "--profile=plain"]),
        ("innerctl run --args-file fi\t", ["run", "--args-file", "file name"]),
        ("innerctl run --args-file=fi\t", ["run", "--args-file=file name"]),
        ("innerctl run -w di\t", ["run", "-w", "directory"]),
        ("innerctl run -- pl\t", ["run", "--", "pl"]),
        ("innerctl exec plai\t", ["exec", "plai"]),
    ]:
        # zsh takes the slash of a directory back.
        assert complete(terminal, line, words, lambda word: word.rstrip("/")) == words, line


HOSTILE = [
    "p1 space", "p2'single", 'p3"double', "p4$(touch x)", "p5`touch x`", "p6;touch x", "p7&touch x", "p8|touch x",
    "p9>x", "pa*", "pb!!", "pc#x", "pd${HOME}", "pe{a,b}", "pf=g", "pg:h", "ph[a]", "pi(touch x)", "pjä–",
    "pk=(touch x)", "p0 -- touch x", "pm%n", "pn^x", "po<x", "pp?",
]
INVISIBLE = ["q1\nq2", "q3\tx", "q4\x1b[31m", "q5\x7f", "q6\u202ex", "q7\u200b", "q8\r"]


def test_hostile_names(terminal, private):
    """What a project calls its profiles never runs, and arrives as it is."""
    directory = private.work / ".inner/profiles"
    for name in HOSTILE + INVISIBLE:
        write_profile(directory, name)
    before = sorted(private.work.iterdir())
    assert set(HOSTILE) <= set(answer(private, "run", "-p", ""))
    assert answer(private, "run", "-p", "q") == {}
    for name in HOSTILE:
        assert complete(terminal, f"innerctl run -p {name[:2]}\t", ["run", "-p", name]) == ["run", "-p", name], name
    # Inside quotes that are open, it may be left out instead.
    for quote in "\"'":
        for name in HOSTILE[3:6]:
            terminal.note.unlink(missing_ok=True)
            terminal.type(f"innerctl run -p {quote}{name[:2]}\t\t\r")
            terminal.type(f"{quote}\r")
            terminal.type("\x03")
    terminal.type("innerctl run -p \t\t\x03")
    assert sorted(private.work.iterdir()) == before
