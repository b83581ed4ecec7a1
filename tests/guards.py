# SPDX-License-Identifier: Apache-2.0
"""What the tests of guarded paths share: real repositories, and a look at what is left of them."""

import contextlib
import json
import os
import re
import shutil
import stat
import subprocess
from pathlib import Path

from conftest import SOURCE

IDENTITY = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org"]


def host_environment(inner, **more):
    return {"HOME": str(inner.home), "PATH": "/usr/bin:/bin", "GIT_CONFIG_NOSYSTEM": "1", "LC_ALL": "C.UTF-8",
            "GIT_TERMINAL_PROMPT": "0", "GIT_EDITOR": "true", **more}


def git(inner, *words, cwd=None, check=True, **more):
    """Real git, on the host, as the person."""
    done = subprocess.run(["git", *IDENTITY, *map(str, words)], cwd=cwd or inner.work, capture_output=True,
                          env=host_environment(inner, **more), stdin=subprocess.DEVNULL, timeout=60)
    assert not check or done.returncode == 0, done.stderr
    return done


def make_repository(inner, directory=None):
    directory = directory or inner.work
    directory.mkdir(parents=True, exist_ok=True)
    git(inner, "init", "-q", "-b", "main", ".", cwd=directory)
    git(inner, "config", "user.name", "Ada", cwd=directory)
    git(inner, "config", "user.email", "ada@example.org", cwd=directory)
    (directory / "file").write_text("one\n")
    git(inner, "add", "file", cwd=directory)
    git(inner, "commit", "-q", "-m", "one", cwd=directory)
    return directory


def scratch_copy(inner, name="scratch"):
    copy = inner.root / name
    shutil.copytree(inner.work, copy, symlinks=True)
    return copy


def outside(inner, script, cwd):
    """The attack without a sandbox, to prove that it works at all."""
    return subprocess.run(["bash", "-c", script], cwd=cwd, env=host_environment(inner), capture_output=True,
                          timeout=60)


def listing(directory, leave_out=()):
    """Everything in a directory: type, mode and content; looked at again if something vanished in the middle."""
    while True:
        with contextlib.suppress(FileNotFoundError):
            return look(directory, leave_out)


def look(directory, leave_out):
    found = {}
    for folder, folders, names in os.walk(directory):
        for name in folders + names:
            path = Path(folder, name)
            short = str(path.relative_to(directory))
            if any(short == out or short.startswith(out + "/") for out in leave_out):
                continue
            mode = path.lstat().st_mode
            content = None
            if stat.S_ISLNK(mode):
                content = os.readlink(path)
            elif stat.S_ISREG(mode):
                content = path.read_bytes()
            found[short] = (oct(mode), content)
    return found


def run(inner, script, *options, **how):
    """Runs a script in a sandbox. Gives the result and what is told of guarded paths, as Wait tells it."""
    directory = Path(how.pop("workspace", inner.work))
    result = inner("run", "-p", how.pop("profile", "shell-oneshot"), "-w", directory, *options, "--arg",
                   f"cd {directory}; {script}", **how)
    return result


def told(result, path):
    """The line about a path."""
    lines = [line for line in result.stderr.decode().splitlines()
             if line.startswith("innerctl: “") and str(path) in line.split("”")[0]]
    return lines[0] if lines else None


def kept(inner):
    """What is kept of the sandbox's versions: name without its number -> path."""
    found = {}
    for path in sorted((inner.home / ".local/state/inner/runs").glob("*/guard/*")):
        found[path.name.split("-", 1)[1]] = path
    return found


def table():
    """The rows of the one table of guarded paths: (path, kind)."""
    text = (SOURCE / "service/policy/inner-guarded.c").read_text()
    body = text[text.index("inner_guarded_paths[] = {"):]
    return re.findall(r'\{ "([^"]+)", INNER_GUARDED_(\w+) \}', body)


def report_only():
    text = (SOURCE / "service/policy/inner-guarded.c").read_text()
    return set(re.findall(r'\[INNER_GUARDED_(\w+)\] = \{ "[\w-]+", TRUE', text))


def inspect(inner, identity):
    return json.loads(inner("inspect", "--json", identity).stdout)


def write_profile(inner, name, sandbox):
    return inner.profile(name, f'schema_version = "1"\nname = "{name}"\n\n[entrypoint]\ncmd = "sh"\nargs = ["-c"]\n\n'
                         f"[sandbox]\n{sandbox}\n")
