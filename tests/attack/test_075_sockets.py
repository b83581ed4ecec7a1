# SPDX-License-Identifier: Apache-2.0
"""Attack 75: a socket that a program of the host listens on stands in a mounted directory. A read-only mount keeps nobody from
connecting."""

import contextlib
import os
import socket
import subprocess
import sys

import pytest

from conftest import one_sentence

CONNECT = """
import socket, sys
for path in sys.argv[1:]:
    for kind in socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_SEQPACKET:
        with socket.socket(socket.AF_UNIX, kind) as client:
            try:
                client.connect(path)
                print("reached", path)
            except OSError as error:
                print("refused", error.errno)
"""


@contextlib.contextmanager
def listening(path, kind=socket.SOCK_STREAM, relative=False):
    with socket.socket(socket.AF_UNIX, kind) as server:
        if relative:
            # As a program does whose path would be too long, or that does not know better.
            code = "import os, socket, sys; os.chdir(sys.argv[1]); s = socket.socket(socket.AF_UNIX); s.bind('s'); s.listen(); print('go', flush=True); sys.stdin.read()"
            with subprocess.Popen([sys.executable, "-c", code, path.parent], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
                assert child.stdout.readline() == b"go\n"
                yield
                child.stdin.close()
            return
        server.bind(str(path))
        if kind != socket.SOCK_DGRAM:
            server.listen()
        yield


def outcomes(done):
    return {line.split()[0] for line in done.stdout.decode().splitlines()}


def connect(inner, paths, *options):
    arguments = [word for argument in ("-c", CONNECT, *map(str, paths)) for word in ("-a", argument)]
    done = inner("run", "-p", "shell-oneshot", *options, "--entrypoint", "python3", *arguments)
    assert done.returncode == 0, done
    return outcomes(done)


@pytest.mark.parametrize("kind", [socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_SEQPACKET])
def test_socket_in_the_workspace(inner, kind):
    deep = inner.work / "a/b"
    deep.mkdir(parents=True)
    path = deep / "s"
    with listening(path, kind):
        outside = subprocess.run([sys.executable, "-c", CONNECT, path], capture_output=True)
        assert b"reached" in outside.stdout, "the attack does not even work outside"
        assert connect(inner, [path, "/workspace/a/b/s"]) == {"refused"}
    assert path.is_socket()


@pytest.mark.parametrize("mode", ["ro", "rw", "copy"])
def test_socket_in_a_mount(inner, mode):
    data = inner.home / "data"
    data.mkdir()
    with listening(data / "s"):
        assert connect(inner, ["/data/s", "/workspace/../data/s"], "-m", f"{data}:/data:{mode}") == {"refused"}


def test_socket_in_a_shown_home(inner):
    inner.profile("shown", "extends = 'shell-oneshot'\n[sandbox]\nhome = 'host-ro'\nfilesystem = 'host'\n")
    (inner.home / "deep").mkdir()
    with listening(inner.home / "s"), listening(inner.home / "deep/s"):
        arguments = [word for argument in ("-c", CONNECT, inner.home / "s", inner.home / "deep/s") for word in ("-a", argument)]
        done = inner("run", "-p", "shown", "--entrypoint", "python3", *arguments)
        assert done.returncode == 0, done
        assert outcomes(done) == {"refused"}


def test_socket_without_a_name(inner):
    """Bound by a relative path: the kernel does not know where it is, only which inode."""
    with listening(inner.work / "s", relative=True):
        assert connect(inner, ["/workspace/s", inner.work / "s"]) == {"refused"}


def test_renamed_socket(inner):
    with listening(inner.work / "old"):
        os.rename(inner.work / "old", inner.work / "new")
        assert connect(inner, ["/workspace/new", inner.work / "new"]) == {"refused"}


OWN = """
import os, socket, sys
with socket.socket(socket.AF_UNIX) as server:
    server.bind(sys.argv[1]); server.listen()
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(sys.argv[1])
    os.unlink(sys.argv[1])
print("reached")
"""


@pytest.mark.parametrize("place", ["/tmp/s", "/workspace/s", "/dev/shm/s"])
def test_sockets_of_its_own_work(inner, place):
    done = inner("run", "-p", "shell-oneshot", "--entrypoint", "python3", *(w for a in ("-c", OWN, place) for w in ("-a", a)))
    assert outcomes(done) == {"reached"}, done


def landlock_abi():
    import ctypes

    return ctypes.CDLL(None).syscall(444, None, 0, 1)


def test_the_layer_can_be_demanded(inner):
    """A socket that appears later is kept off by the kernel from Landlock ABI 9 on; a profile may insist on that."""
    inner.profile("strict", "extends = 'shell-oneshot'\n[sandbox]\nrequire = ['sockets']\n")
    done = inner("run", "-p", "strict", "--arg", "true")
    if landlock_abi() < 9:
        assert done.returncode == 125
        assert "“sockets”" in one_sentence(done)
    else:
        assert done.returncode == 0, done


@pytest.mark.skipif(landlock_abi() < 9, reason="this kernel cannot keep anyone from a socket that appears later (SECURITY.md)")
def test_socket_that_appears_later(inner):
    process = inner.popen("run", "-p", "shell-oneshot", "--entrypoint", "python3", "-a", "-c", "-a",
                          "print('go', flush=True); input()\n" + CONNECT, "-a", "/workspace/s", stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdout.readline() == b"go\n"
    with listening(inner.work / "s"):
        output, _ = process.communicate(b"\n", timeout=30)
    assert b"refused" in output and b"reached" not in output
