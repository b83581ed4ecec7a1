# SPDX-License-Identifier: Apache-2.0
"""Attack 32: words, paths and names that look like options, end words, or hold line ends and quotes."""

import os

import pytest

HOSTILE = ["--bind", "--", "-v", "--help", "--ro-bind / /", "--args 9", "$(touch owned)", "`touch owned`", "; touch owned", "a\nb",
           "--share-net\0"[:-1], "'", '"', "\\", "*"]


@pytest.mark.parametrize("word", HOSTILE)
def test_words_are_words(private, word):
    done = private("run", "-p", "shell-oneshot", "--entrypoint", "printf", "-a", "%s|", "--", word, "x")
    assert done.returncode == 0, done.stderr
    assert done.stdout.decode() == f"{word}|x|"
    assert not os.listdir(private.work)
    refused = private("run", "-p", "shell-oneshot", f"--entrypoint={word}")
    assert refused.returncode in (126, 127), refused


@pytest.mark.parametrize("name", ["--bind", "-x", "--dev-bind ", "a b", "'", "$(id)", "ä", "*"])
def test_directories_are_directories(inner, name):
    """As the workspace, and as a mount's source and destination."""
    directory = inner.work / name
    directory.mkdir()
    (directory / "file").write_text("it\n")
    done = inner("run", "-p", "shell-oneshot", "-w", directory, "--arg", "cat file; ls -A / | wc -l; ls /usr/bin/env")
    assert done.returncode == 0 and done.stdout.startswith(b"it\n"), done
    plain = inner.run("ls -A / | wc -l")
    assert done.stdout.split()[1] == plain.stdout.split()[0]
    if ":" not in name:
        done = inner("run", "-p", "shell-oneshot", "-m", f"{directory}:/data/{name}:ro", "--entrypoint", "cat", "-a",
                     f"/data/{name}/file")
        assert done.stdout == b"it\n", done.stderr


def test_line_ends_in_directories_are_refused(private):
    for name in ("a\nb", "ä\t", "\x1b[2J"):
        (private.work / name).mkdir()
        done = private("run", "-p", "shell-oneshot", "-w", private.work / name, "--arg", "true")
        assert done.returncode == 125 and len(done.stderr.splitlines()) == 1 and b"\x1b" not in done.stderr


@pytest.mark.parametrize("given", ["A=1\nB=2", "A=--setenv", "A=\n"])
def test_variables_are_variables(private, given):
    done = private("run", "-p", "shell-oneshot", "-e", given, "--entrypoint", "python3", "-a", "-c", "-a",
                   "import os; print(repr(os.environ.get('A')), 'B' in os.environ)")
    if done.returncode == 0:
        assert done.stdout.decode() == f"{given[2:]!r} False\n"
    else:
        assert done.returncode == 125 and len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("name", ["", "1A", "A B", "A\nB"])
def test_no_strange_names_of_variables(private, name):
    done = private("run", "-p", "shell-oneshot", "-e", f"{name}=x", "--arg", "true")
    assert done.returncode == 125, done
