# SPDX-License-Identifier: Apache-2.0
"""Attack 29: descriptors from outside as ways to other files. A directory goes nowhere in; and a file that the
command was given as a stream cannot be opened again by its name in /proc, to write what was given for reading."""

import os
import subprocess

from attacks import Attack, make_tests

CODE = """
def beside():
    for fd in range(1024):
        for way in ("..", "etc", "."):
            try:
                os.close(os.open(way, os.O_RDONLY, dir_fd=fd))
                return
            except OSError:
                pass
    raise Stopped("nothing")
attack("a directory among the descriptors", beside)
"""


class Leaked:
    """A directory that everything which is started inherits."""

    def __init__(self, _person):
        self.fd = os.open("/etc", os.O_RDONLY)

    def __enter__(self):
        os.dup2(self.fd, 77, inheritable=True)
        return {}

    def __exit__(self, *_):
        os.close(77)
        os.close(self.fd)


ATTACKS = [Attack("openat", CODE, {"*": "nothing"}, setup=Leaked)]
somebody, _, test_inside = make_tests(ATTACKS)

AGAIN = """
import os, stat
for name, fd, flags in (("write input", 0, os.O_WRONLY | os.O_TRUNC), ("read output", 1, os.O_RDONLY),
                        ("read errors", 2, os.O_RDONLY)):
    for path in (f"/proc/self/fd/{fd}", f"/proc/{os.getpid()}/task/{os.getpid()}/fd/{fd}",
                 ("/dev/stdin", "/dev/stdout", "/dev/stderr")[fd]):
        try:
            again = os.open(path, flags | os.O_NONBLOCK)
            # Where output is recorded, it is a pipe; it leads nowhere but to what was written just now.
            word = "nothing" if stat.S_ISFIFO(os.fstat(again).st_mode) else "through"
        except OSError as error:
            word = error.errno
        os.write(2, f"{name}: {word}\\n".encode())
"""
HONEST = "cat /dev/stdin; echo to-errors >> /dev/stderr; echo to-output >> /dev/stdout; cat <(echo substitution)"


def streams(inner, command):
    given, log, errors = (inner.home / name for name in ("given", "log", "errors"))
    given.write_text("given\n")
    log.write_text("written before\n")
    errors.write_text("before\n")
    with given.open() as stdin, log.open("a") as stdout, errors.open("a") as stderr:
        done = subprocess.run(command, env=inner.env, cwd=inner.work, stdin=stdin, stdout=stdout, stderr=stderr, timeout=60)
    return done.returncode, given.read_text(), log.read_text(), errors.read_text()


def test_outside_it_works(inner):
    _, given, _, errors = streams(inner, ["python3", "-c", AGAIN])
    assert given == "" and errors.count("through") == 9, errors


def test_streams_stay_what_they_are(inner):
    status, given, log, errors = streams(
        inner, inner.command("run", "-p", "shell-oneshot", "--entrypoint", "python3", "-a", "-c", "-a", AGAIN))
    assert status == 0, errors
    assert given == "given\n" and log == "written before\n"
    assert "through" not in errors and errors.count("write input: 13\n") == 3 and errors.count(": ") == 9, errors


def test_honest_use_of_their_names(inner):
    status, given, log, errors = streams(
        inner, inner.command("run", "-p", "shell-oneshot", "--entrypoint", "bash", "-a", "-c", "-a", HONEST))
    assert (status, given, log, errors) == (0, "given\n", "written before\ngiven\nto-output\nsubstitution\n", "before\nto-errors\n")
