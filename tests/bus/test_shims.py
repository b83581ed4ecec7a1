# SPDX-License-Identifier: Apache-2.0
"""Commands that a profile blocks or replaces: on PATH, by their absolute path, behind links, and nothing else."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

HEAD = '[sandbox]\nhome = "isolated"\nnetwork_mode = "off"\n[entrypoint]\ncmd = "/bin/sh"\nargs = ["-c"]\n'


def run(inner, text, script, *options, **how):
    return inner("run", "-p", inner.profile("shims", HEAD + text), *options, "--arg", script, **how)


def places(name):
    return [f"{d}/{name}" for d in ("/usr/local/bin", "/usr/bin", "/bin", "/usr/sbin", "/sbin") if Path(d, name).exists()]


def assert_blocked(done, name):
    assert done.returncode == 1, done
    assert done.stdout == b""
    lines = done.stderr.decode().splitlines()
    assert len(lines) == 2 and name in lines[0], lines


def test_blocked_wherever_it_is_called(inner):
    """The control: outside, and without the profile's words, the command works."""
    assert subprocess.run(["/usr/bin/id"], capture_output=True).returncode == 0
    assert run(inner, "", "id && /usr/bin/id").returncode == 0
    block = '[noop]\nblock = ["id"]\n'
    assert len(places("id")) >= 2
    for command in ["id", *places("id"), "/usr/bin/../bin/id", "cd /usr/bin; ./id", "ln -s /usr/bin/id /tmp/x; /tmp/x",
                    "/proc/self/root/usr/bin/id", "PATH=/usr/bin; id", "env -i id",
                    "/usr/bin/env id", "LD_PRELOAD=/nonexistent id 2>&1 >/dev/null | tail -n 2 >&2; false"]:
        assert_blocked(run(inner, block, command), "id")


def test_a_copy_is_a_copy_of_the_stand_in(private):
    done = run(private, '[noop]\nblock = ["id"]\n', "cp /usr/bin/id /tmp/x; /tmp/x")
    assert (done.returncode, done.stdout) == (126, b""), done


def test_another_name_for_it(private):
    """argv[0] says nothing, and neither does a descriptor."""
    code = ("import os,sys\nif sys.argv[1] == 'name': os.execv('/usr/bin/id', ['true'])\n"
            "os.execve(os.open('/usr/bin/id', os.O_RDONLY), ['true'], {})")
    for how in ("name", "descriptor"):
        assert_blocked(run(private, '[noop]\nblock = ["id"]\n', f'python3 -c "{code}" {how}'), "id")


def test_what_is_not_installed(inner):
    assert_blocked(run(inner, '[noop]\nblock = ["no-such-command"]\n', "no-such-command --version"), "no-such-command")


def test_other_commands_work(inner):
    done = run(inner, '[noop]\nblock = ["id", "cat"]\n', "ls /usr/bin/id && uname && /usr/bin/tac /etc/hostname")
    assert (done.returncode, done.stderr) == (0, b""), done


def test_a_shell_can_be_blocked(inner):
    """No shell has a part in blocking, so bash and dash can be blocked too; here the command is env."""
    name = inner.profile("shims", HEAD + '[noop]\nblock = ["sh", "bash", "dash"]\n')
    for word in ("sh", "/bin/sh", "bash", "/usr/bin/bash"):
        assert_blocked(inner("run", "-p", name, "--entrypoint", "env", "--arg", word), "sh")


def test_replaced(inner):
    """The replacement gets the same words, also empty ones and ones with blanks."""
    rewrite = '[noop.rewrite]\nid = "printf"\n'
    for command in ("id", *places("id")):
        done = run(inner, rewrite, f"{command} '<%s>' 'a b' '' '*' -x")
        assert (done.returncode, done.stdout) == (0, b"<a b><><*><-x>"), done
    done = run(inner, '[noop.rewrite]\nid = "/usr/bin/env"\n', "X=1 id sh -c 'exit 7'")
    assert done.returncode == 7, done


def test_docker_is_podman(inner):
    """As in shell-containers; podman is a program of the workspace here."""
    tools = inner.work / "tools"
    tools.mkdir()
    for name in ("podman", "podman-compose"):
        (tools / name).write_text('#!/bin/sh\necho "$(basename "$0") $*"\n')
        (tools / name).chmod(0o755)
    text = f'[env]\npath_prepend = ["{tools}"]\n[noop.rewrite]\ndocker = "podman"\ndocker-compose = "podman-compose"\n'
    done = run(inner, text, "docker run -it x; docker-compose up -d")
    assert done.stdout == b"podman run -it x\npodman-compose up -d\n", done
    for place in places("docker"):
        assert run(inner, text, f"{place} ps").stdout == b"podman ps\n"


def test_replacement_that_is_missing(inner):
    done = run(inner, '[noop.rewrite]\nid = "no-such-command"\n', "id")
    assert done.returncode == 127, done
    assert b"no-such-command" in done.stderr


def test_no_circle(inner):
    """A path or a link of the sandbox that leads back to the stand-in is not run."""
    done = run(inner, '[noop.rewrite]\nid = "/usr/bin/id"\n', "timeout 10 id")
    assert done.returncode == 127, done
    done = run(inner, '[noop.rewrite]\nid = "mine"\n', "mkdir /tmp/p; ln -s /usr/bin/id /tmp/p/mine; PATH=/tmp/p:$PATH timeout 10 id")
    assert done.returncode == 127, done


@pytest.mark.parametrize("text,word", [
    ('[noop]\nblock = ["../x"]\n', "../x"), ('[noop]\nblock = ["a b"]\n', "a b"), ('[noop]\nblock = ["-x"]\n', "-x"),
    ('[noop]\nblock = ["a;b"]\n', "a;b"), ('[noop.rewrite]\na = "b c"\n', "b c"), ('[noop.rewrite]\na = "$(b)"\n', "$(b)"),
    ('[noop.rewrite]\n"a/b" = "c"\n', "a/b"), ('[noop.rewrite]\na = "a"\n', "“a”"),
    ('[noop]\nblock = ["a"]\n[noop.rewrite]\nb = "a"\n', "“a”"), ('[noop.rewrite]\na = "b"\nb = "c"\n', "“b”"),
])
def test_unsafe_names_are_refused(private, text, word):
    done = run(private, text, "true")
    assert done.returncode == 125, done
    assert word in done.stderr.decode()


def test_a_shared_program_is_not_covered(inner):
    """A link to what other commands need, too, such as busybox: the others work, and the plan says what does not hold."""
    tools = inner.root / "tools"
    tools.mkdir()
    multi = tools / "multi"
    multi.write_text('#!/bin/sh\necho "as $(basename "$0")"\n')
    multi.chmod(0o755)
    # In the base view: only root can put something there.
    if not os.access("/usr/local/bin", os.W_OK):
        link = next((p for p in Path("/usr/bin").iterdir()
                     if p.is_symlink() and p.resolve().parent == Path("/usr/bin") and p.resolve().name != p.name
                     and p.resolve().is_file() and "." not in p.name and p.name[0].isalpha()), None)
        if link is None:
            pytest.skip("no command here is a link to another one")
        name, target = link.name, link.resolve()
        plan = run(inner, f'[noop]\nblock = ["{name}"]\n', "true", "-n")
        assert f"“{link}”" in plan.stdout.decode() + plan.stderr.decode()
        assert f"“{target}”" in plan.stdout.decode() + plan.stderr.decode()
        assert_blocked(run(inner, f'[noop]\nblock = ["{name}"]\n', f"exec {name}"), name)
        same = run(inner, f'[noop]\nblock = ["{name}"]\n', f"cmp {target} {target} && head -c 4 {target}")
        assert same.returncode == 0 and same.stdout == target.open("rb").read(4), same
        return
    spot = Path("/usr/local/bin")
    made = [spot / f"inner-test-{os.getpid()}-{n}" for n in ("multi", "one", "two")]
    try:
        shutil.copy(multi, made[0])
        made[1].symlink_to(made[0])
        made[2].symlink_to(made[0])
        done = run(inner, f'[noop]\nblock = ["{made[1].name}"]\n', f"{made[2]}; {made[0]}; {made[1].name}")
        assert_blocked(subprocess.CompletedProcess([], done.returncode, b"", done.stderr), made[1].name)
        assert done.stdout.decode() == f"as {made[2].name}\nas {made[0].name}\n"
    finally:
        for path in made:
            path.unlink(missing_ok=True)


def test_path_of_the_request(inner):
    """“-e PATH” does not lead around it."""
    assert_blocked(run(inner, '[noop]\nblock = ["no-such-command"]\n', "exec no-such-command", "-e", "PATH=/usr/bin"),
                   "no-such-command")


def test_it_cannot_be_taken_away(inner):
    script = ("rm -f /run/inner/bin/id /run/inner/shims /run/inner/inner-shim 2>/dev/null; mv /run/inner /run/other 2>/dev/null;"
              "echo > /run/inner/shims; umount /usr/bin/id; ls /run/inner /run/inner/bin; id")
    done = run(inner, '[noop]\nblock = ["id"]\n', script)
    assert done.returncode == 1
    assert done.stdout.split() == [b"/run/inner:", b"bin", b"inner-init", b"inner-shim", b"shims", b"/run/inner/bin:", b"id"]


def test_it_holds_for_further_commands(inner):
    started = inner("run", "-d", "-p", inner.profile("shims", HEAD + '[noop]\nblock = ["id"]\n'), "--arg", "sleep 1000")
    name = started.stdout.decode().strip()
    try:
        for command in ("id", "/usr/bin/id"):
            done = inner("exec", name, "--", command)
            assert done.returncode == 1 and b"blocked" in done.stderr, done
    finally:
        inner("stop", name)


def test_dry_run_can_be_pasted(private):
    """With more files than a shell has descriptors of one digit."""
    text = '[git.overrides]\n"user.name" = "X"\n[noop]\nblock = ["id"]\n'
    plan = run(private, text, "git config user.name; ls ~/.gitconfig; id", "-n", "--format", "bwrap")
    assert plan.returncode == 0, plan.stderr
    env = {**private.env, "TMPDIR": str(private.root)}
    before = set(private.root.iterdir())
    done = subprocess.run(["sh"], input=plan.stdout, env=env, cwd="/", capture_output=True, timeout=30)
    assert done.returncode == 1 and b"blocked" in done.stderr, done
    assert done.stdout.decode() == f"X\n{private.home}/.gitconfig\n"
    assert set(private.root.iterdir()) == before
