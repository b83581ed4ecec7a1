# SPDX-License-Identifier: Apache-2.0
"""The multi-source workspace, word for word: two source trees, a project's configuration and profile, an alias.

What differs from the example: "inner" is spelled "innerctl", and runs without a terminal add --no-interactive and give the
shell something to do. The profile that this one extends brings an allowlist; so the gateway runs, and nobody is reached."""

import pytest
from configuration import approve, planned, write
from conftest import one_sentence
from terminal import Terminal

CONFIG = '''workspaces_path = "~/Projects/workspaces"

[aliases]
myapp = "run -p myapp-workspace"
'''

PROFILE = '''schema_version = "1"
name = "myapp-workspace"
description = "Interactive session with myapp (rw) and mylib sources (ro)"
extends = "shell-with-claude"

[mounts]
"~/Projects/myapp" = { dest = "${workspaces_path}/myapp", mode = "rw" }
"~/Projects/mylib" = { dest = "${workspaces_path}/mylib", mode = "ro" }

[entrypoint]
workdir = "${workspaces_path}/myapp"
'''

HERE = ("--no-interactive",)


class Projects:
    """The directory layout of the example."""

    def __init__(self, inner, in_project):
        self.inner = inner
        self.top = inner.home / "Projects"
        write(self.top / "myapp/main.c", "the application\n")
        write(self.top / "mylib/lib.h", "the library\n")
        (self.top / "workspaces").mkdir()
        self.config = write(self.top / ".inner/config.toml", CONFIG)
        places = {True: self.top / ".inner/profiles", False: inner.home / ".config/inner/profiles"}
        self.profile = write(places[in_project] / "myapp-workspace.toml", PROFILE)

    def approve(self):
        approve(self.inner, self.config)
        approve(self.inner, self.profile)

    def __call__(self, *words):
        """innerctl, in ~/Projects."""
        return self.inner(*words, cwd=self.top)


@pytest.fixture(params=["profile of the user", "profile of the project"])
def projects(request, inner):
    return Projects(inner, request.param == "profile of the project")


def test_the_alias(projects):
    projects.approve()
    done = projects("myapp", *HERE, "--", "-c",
                    "pwd; cat main.c ../mylib/lib.h; echo new > made; echo no > ../mylib/made; ls ..")
    assert done.returncode == 0, done.stderr
    workspaces = projects.top / "workspaces"
    assert done.stdout.decode().split("\n") == [
        f"{workspaces}/myapp", "the application", "the library", "myapp", "mylib", ""]
    assert b"Read-only file system" in done.stderr
    assert (projects.top / "myapp/made").read_text() == "new\n"
    assert not (projects.top / "mylib/made").exists()
    # Nothing is made on the host, where the reference makes the mount points.
    assert list(workspaces.iterdir()) == []


def test_the_alias_on_a_terminal(projects):
    """The interactive session of the example: it lands in workspaces/myapp."""
    projects.approve()
    with Terminal(projects.inner, "myapp", cwd=projects.top) as terminal:
        terminal.type("echo at-$PWD; cat main.c; ls ..; exit 3\n")
        terminal.expect(f"at-{projects.top}/workspaces/myapp")
        terminal.expect("the application")
        assert terminal.end() == 3, terminal.seen


def test_one_shot(projects):
    projects.approve()
    done = projects("run", "-p", "myapp-workspace", *HERE, "--arg=-c", "--arg", "cat main.c")
    assert (done.returncode, done.stdout) == (0, b"the application\n"), done


def test_another_directory_to_start_in(projects):
    projects.approve()
    done = projects("run", "-p", "myapp-workspace", "-w", "../Projects/workspaces/mylib", *HERE, "--", "-c",
                    "pwd; cat lib.h; echo no > made")
    assert done.stdout.decode() == f"{projects.top}/workspaces/mylib\nthe library\n", done
    assert done.returncode != 0 and not (projects.top / "mylib/made").exists()


def test_one_more_mount(projects):
    projects.approve()
    cache = projects.inner.root / "build-cache"
    cache.mkdir()
    done = projects("run", "-p", "myapp-workspace", "-m", f"{cache}:/cache:rw", *HERE, "--", "-c",
                    "cat main.c > /cache/x")
    assert done.returncode == 0, done
    assert (cache / "x").read_text() == "the application\n"


def test_from_below(projects):
    """The configuration of ~/Projects holds in the directories below it, too."""
    projects.approve()
    done = projects.inner("myapp", *HERE, "--", "-c", "pwd", cwd=projects.top / "myapp")
    assert done.stdout.decode() == f"{projects.top}/workspaces/myapp\n", done


def test_the_plan_shows_the_source_trees(projects):
    projects.approve()
    plan = planned(projects.inner, "-p", "myapp-workspace", *HERE, cwd=projects.top)
    mounts = {m["destination"]: (m["kind"], m["source"]) for m in plan["mounts"] if m["reason"] == "profile"}
    workspaces = f"{projects.top}/workspaces"
    assert mounts[f"{workspaces}/myapp"] == ("rw", f"{projects.top}/myapp")
    assert mounts[f"{workspaces}/mylib"] == ("ro", f"{projects.top}/mylib")
    assert plan["network"] == "allowlist"
    assert (plan["workspace"], plan["directory"]) == ("", f"{workspaces}/myapp")
    assert not any(m["reason"] == "workspace" for m in plan["mounts"])


def test_before_the_configuration_is_approved(projects):
    approve(projects.inner, projects.profile)
    done = projects("myapp", *HERE)
    assert done.returncode == 126 and f"profile trust {projects.config}" in one_sentence(done)
    done = projects("run", "-p", "myapp-workspace", *HERE)
    assert done.returncode == 125 and "set workspaces_path" in one_sentence(done)


def test_before_the_profile_is_approved(inner):
    projects = Projects(inner, in_project=True)
    approve(inner, projects.config)
    done = projects("myapp", *HERE, "--", "-c", "echo ran")
    assert done.returncode == 126 and done.stdout == b"", done


def test_with_the_mounts_on_the_command_line(inner):
    """Under "When to use an alias vs a profile": a mount that is source and destination alike."""
    projects = Projects(inner, in_project=False)
    myapp, mylib = projects.top / "myapp", projects.top / "mylib"
    done = projects("run", "-p", "shell-oneshot", "-w", myapp, "-m", f"{myapp}:{myapp}:rw",
                    "-m", f"{mylib}:{mylib}:ro", "--arg", f"pwd; cat {mylib}/lib.h; echo new > made")
    assert done.stdout.decode() == f"{myapp}\nthe library\n", done
    assert (myapp / "made").exists()
