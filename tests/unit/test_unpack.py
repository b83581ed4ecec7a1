# SPDX-License-Identifier: Apache-2.0
"""inner-init and the pack of copies of agents' files (inner-init-protocol.h)."""

import os
import stat
import struct

import pytest
from supervisor_rig import BASE, Sandbox, memfd, run

MAGIC = 0x496E5031
DIRECTORY, FILE, LINK = range(3)
PACK_FD = 4
HOME = "/home/ada"
WITH_HOME = [*BASE, "--perms", "0700", "--tmpfs", HOME]
SHOW = ["sh", "-c", f"cd {HOME}; find . -mindepth 1 -printf '%P %y %m %l\\n' | sort; cat $(find . -type f) </dev/null"]


def text(value):
    return os.fsencode(value) + b"\0"


def entry(kind, path, data=b"", mode=0o600, path_size=None, size=None):
    path = path if isinstance(path, bytes) else text(path)
    return struct.pack("=IIII", kind, mode, len(path) if path_size is None else path_size,
                       len(data) if size is None else size) + path + data


def pack(*entries, magic=MAGIC, home=HOME):
    return struct.pack("=II", magic, len(text(home))) + text(home) + b"".join(entries)


def unpack(data, argv=SHOW, **keywords):
    fd = memfd(data)
    values, output = run(argv, base=keywords.pop("base", WITH_HOME), fds={PACK_FD: fd}, **keywords)
    os.close(fd)
    assert values["code"] == 0, output
    return output


def fails(data, base=WITH_HOME, extra=()):
    fd = memfd(data)
    with Sandbox(["true"], base=base, extra=extra, fds={PACK_FD: fd}) as sandbox:
        os.close(fd)
        values = sandbox.failed()
    assert "copies of the agents' files" in values["message"], values


def test_files_directories_and_links():
    out = unpack(pack(
        entry(DIRECTORY, ".a", mode=0o755), entry(FILE, ".a/b/c", b"hello\n", 0o644),
        entry(FILE, ".a/run", b"", 0o755), entry(LINK, ".a/link", text("/etc/passwd")),
    ))
    assert out.splitlines() == [".a d 755 ", ".a/b d 700 ", ".a/b/c f 644 ", ".a/link l 777 /etc/passwd",
                                ".a/run f 755 ", "hello"]


def test_without_a_pack_nothing_happens():
    values, out = run(SHOW, base=WITH_HOME)
    assert (values["code"], out) == (0, "")


def test_the_command_does_not_get_the_pack():
    out = unpack(pack(entry(FILE, "x", b"secret")), ["ls", "-l", "/proc/self/fd"])
    assert "memfd" not in out


def test_modes():
    """Permission bits only, whatever the pack says."""
    out = unpack(pack(entry(FILE, "s", b"", 0o6755), entry(DIRECTORY, "d", mode=0o7755)))
    assert out.splitlines() == ["d d 755 ", "s f 755 "]


def test_the_copy_can_be_replaced():
    script = f"cd {HOME} && echo new > x && mv x y && cat y && rm y && rmdir d"
    assert unpack(pack(entry(FILE, "x", b"old"), entry(DIRECTORY, "d", mode=0o700)),
                  ["sh", "-c", script]) == "new\n"


def test_many_files():
    files = [entry(FILE, f"d/{i % 50}/{i}", bytes(1000)) for i in range(2000)]
    assert unpack(pack(*files), ["sh", "-c", f"find {HOME} -type f -size 1000c | wc -l"]) == "2000\n"


@pytest.mark.parametrize("path", ["m/x", "m/d/x"])
def test_nothing_is_written_through_a_mount(tmp_path, path):
    """Attack 35: what stands below a mount is the host's."""
    (tmp_path / "d").mkdir()
    fails(pack(entry(FILE, path, b"x")), extra=["--bind", str(tmp_path), f"{HOME}/m"])
    assert sorted(os.listdir(tmp_path)) == ["d"] and not os.listdir(tmp_path / "d")


@pytest.mark.parametrize("kind", [FILE, DIRECTORY])
@pytest.mark.parametrize("target", ["/tmp", "d", f"{HOME}/d"])
def test_nothing_is_written_through_a_link(kind, target):
    fails(pack(entry(DIRECTORY, "d", mode=0o700), entry(LINK, "l", text(target)), entry(kind, "l/x")))


def test_what_is_there_is_not_overwritten(tmp_path):
    file = tmp_path / "f"
    file.write_text("mine")
    fails(pack(entry(FILE, "m", b"x")), extra=["--bind", str(file), f"{HOME}/m"])
    assert file.read_text() == "mine" and stat.S_IMODE(file.stat().st_mode) & 0o044


@pytest.mark.parametrize("data", [
    b"x", pack(magic=1), pack(home="/nowhere"), pack(b"short"),
    pack(entry(FILE, "..", b"x")), pack(entry(FILE, "../x", b"x")), pack(entry(FILE, "", b"x")),
    pack(entry(FILE, "a/../x", b"x")), pack(entry(FILE, "/tmp/x", b"x")), pack(entry(FILE, "a//x", b"x")),
    pack(entry(FILE, "a/", b"x")), pack(entry(FILE, ".", b"x")), pack(entry(7, "x")),
    pack(entry(FILE, "x", b"x", size=2)), pack(entry(FILE, "x", b"", size=0xFFFFFFFF)),
    pack(entry(FILE, b"x")), pack(entry(FILE, b"x\0y\0")), pack(entry(FILE, "x", path_size=0)),
    pack(entry(LINK, "x", b"no end")), pack(entry(LINK, "x")),
])
def test_damaged(data):
    fails(data)
