# SPDX-License-Identifier: Apache-2.0
"""Attack 40: a later mount uncovers what an earlier one covered. Here it is the workspace, which is writable and
stands at two places."""

import pytest

from conftest import one_sentence


@pytest.fixture
def library(inner):
    """A directory in the workspace, with a file in it and one beside it."""
    directory = inner.work / "lib"
    directory.mkdir()
    (directory / "file").write_text("lib\n")
    (inner.work / "beside").write_text("beside\n")
    return directory


WRITE = "for p in {places}; do echo evil > $p && echo written; done 2>/dev/null; cat {first}"


@pytest.mark.parametrize("destination", ["{work}/lib", "/workspace/lib"])
def test_a_read_only_part_of_the_workspace(inner, library, destination):
    places = f"{inner.work}/lib/file /workspace/lib/file {inner.work}/lib/new /workspace/lib/new"
    done = inner.run(WRITE.format(places=places, first="/workspace/lib/file"),
                     "-m", f"{library}:{destination.format(work=inner.work)}:ro")
    assert done.returncode == 0, done.stderr
    assert done.stdout == b"lib\n"
    assert [path.name for path in library.iterdir()] == ["file"]
    # The rest of the workspace stays writable.
    assert inner.run("echo more >> beside").returncode == 0
    assert (inner.work / "beside").read_text() == "beside\nmore\n"


def test_a_read_only_file_in_the_workspace(inner, library):
    done = inner.run(WRITE.format(places=f"{inner.work}/beside /workspace/beside", first="/workspace/beside"),
                     "-m", f"{inner.work}/beside:/workspace/beside:ro")
    assert done.stdout == b"beside\n", done
    assert (inner.work / "beside").read_text() == "beside\n"


def test_another_directory_in_a_place_of_the_workspace(inner, library):
    data = inner.home / "data"
    data.mkdir()
    (data / "x").write_text("data\n")
    done = inner.run(f"cat /workspace/lib/x {inner.work}/lib/x; ls lib", "-m", f"{data}:/workspace/lib")
    assert done.stdout == b"data\ndata\nx\n", done


def test_a_profile_says_so(inner, library):
    inner.profile("part", f'extends = "shell-oneshot"\n[mounts]\n"{library}" = {{ dest = "/workspace/lib", mode = "ro" }}\n')
    done = inner("run", "-p", "part", "--arg", "echo evil > lib/file; cat lib/file")
    assert done.stdout == b"lib\n", done


@pytest.mark.parametrize("destination,part", [
    ("/workspace/none", "nothing in the workspace"),
    ("/workspace/none/deeper", "nothing in the workspace"),
    ("{work}/none", "nothing in the workspace"),
    ("/workspace/link", "symbolic link"),
    ("/workspace/link/sub", "symbolic link"),
    ("/workspace/beside", "a file on a file"),
])
def test_nothing_is_made_in_the_workspace(inner, library, destination, part):
    """Attacks 33 and 37: neither a placeholder nor a mount that a planted link leads elsewhere."""
    outside = inner.home / "outside"
    (outside / "sub").mkdir(parents=True)
    (inner.work / "link").symlink_to(outside)
    before = sorted(path.name for path in inner.work.iterdir())
    done = inner.run("true", "-m", f"{library}:{destination.format(work=inner.work)}:ro")
    assert done.returncode == 125
    assert part in one_sentence(done)
    assert sorted(path.name for path in inner.work.iterdir()) == before


def test_something_over_a_secret_of_the_workspace(inner):
    """Attack 42: the person covers a file; at both places, and nothing inside uncovers it."""
    (inner.work / ".env").write_text("secret\n")
    (inner.home / "empty").touch()
    done = inner.run(f"cat .env {inner.work}/.env; rm -f .env; mv .env x; ln .env y; cp -a .env z; cat .env x y z; echo end",
                     "-m", f"{inner.home}/empty:/workspace/.env")
    assert done.stdout == b"end\n", done
    assert (inner.work / ".env").read_text() == "secret\n"
