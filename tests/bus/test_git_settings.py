# SPDX-License-Identifier: Apache-2.0
"""The git configuration of a sandbox: the person's harmless settings, what the profile sets, and nothing that runs or
is secret."""

import os
import subprocess

import pytest
from conftest import one_sentence

SECRET = "secret-4711"
HEAD = '[sandbox]\nhome = "isolated"\nnetwork_mode = "off"\n[entrypoint]\ncmd = "sh"\nargs = ["-c"]\n'


def run(inner, text, script, *options, **how):
    return inner("run", "-p", inner.profile("git", HEAD + text), *options, "--arg", script, **how)


def git(inner, *words, cwd=None):
    return subprocess.run(["git", *words], env=inner.env, cwd=cwd or inner.home, check=True, capture_output=True).stdout


def inside(inner, text="[git]\nstrip_sections = []\n"):
    """What git inside says, as bytes: name -> values."""
    done = run(inner, text, "git config --global --list -z")
    assert done.returncode == 0, done.stderr
    values = {}
    for entry in done.stdout.split(b"\0")[:-1]:
        key, _, value = entry.partition(b"\n")
        values.setdefault(key.decode(), []).append(value)
    return values


def set_up(inner):
    marker = inner.root / "ran"
    for key, value in {
        "user.name": "Ada", "user.email": "ada@example.org", "pull.rebase": "true", "alias.co": "checkout",
        "alias.evil": f"!touch {marker}", "core.pager": f"touch {marker}", "core.sshCommand": f"touch {marker}",
        "core.hooksPath": str(inner.root), "core.fsmonitor": f"touch {marker}", "core.editor": f"touch {marker}",
        "credential.helper": f"!touch {marker}", "filter.x.smudge": f"touch {marker}", "diff.external": f"touch {marker}",
        "http.extraHeader": f"Authorization: {SECRET}", f"url.https://u:{SECRET}@example.org/.insteadOf": "x:",
        "github.token": SECRET, "user.signingKey": SECRET, "gpg.program": f"touch {marker}",
    }.items():
        git(inner, "config", "--global", key, value)
    return marker


def test_what_goes_in(inner):
    marker = set_up(inner)
    assert inside(inner) == {"user.name": [b"Ada"], "user.email": [b"ada@example.org"], "pull.rebase": [b"true"],
                             "alias.co": [b"checkout"]}
    done = run(inner, "[git]\nstrip_sections = []\n", "cat ~/.gitconfig; ls -A ~ ~/.config")
    assert SECRET.encode() not in done.stdout
    assert not marker.exists()


def test_only_if_the_profile_names_git(inner):
    set_up(inner)
    done = run(inner, "", "ls -A ~")
    assert b".gitconfig" not in done.stdout


def test_commits_work(inner):
    set_up(inner)
    git(inner, "init", "-q", cwd=inner.work)
    done = run(inner, "[git]\nstrip_sections = []\n", "echo x > f && git add f && git commit -qm one && git log --format=%an:%ae")
    assert (done.returncode, done.stdout) == (0, b"Ada:ada@example.org\n"), done


def test_strip_and_overrides(inner):
    set_up(inner)
    values = inside(inner, '[git]\nstrip_sections = ["alias", "user.email"]\n[git.overrides]\n"user.name" = "Agent"\n'
                           '"push.default" = "nothing"\n"remote.a.b.url" = "x"\n"core.pager" = "cat"\n')
    assert values == {"user.name": [b"Agent"], "pull.rebase": [b"true"], "push.default": [b"nothing"],
                      "remote.a.b.url": [b"x"], "core.pager": [b"cat"]}


def test_values_arrive_as_they_are(inner):
    """Carriage returns, quotation marks, backslashes, and several values of a key."""
    nasty = ["\r", "a\rb\r", 'say "hi"', "c:\\x\\", "# no comment ; neither", " blanks ", "two\nlines", "tab\t", "ä€", ""]
    for value in nasty:
        git(inner, "config", "--global", "--add", "safe.directory", value)
    assert inside(inner) == {"safe.directory": [value.encode() for value in nasty]}


def test_override_with_special_characters(inner):
    value = 'a\\b"c\rd#e;f'
    toml = '[git.overrides]\n"user.name" = "a\\\\b\\"c\\rd#e;f"\n'
    assert inside(inner, toml) == {"user.name": [value.encode()]}


def test_both_files_and_includes(inner):
    xdg = inner.home / ".config/git/config"
    xdg.parent.mkdir(parents=True)
    xdg.write_text("[user]\n\tname = Xdg\n\temail = xdg@example.org\n")
    (inner.home / "more").write_text("[init]\n\tdefaultBranch = main\n[core]\n\tpager = evil\n")
    (inner.home / ".gitconfig").write_text("[user]\n\tname = Home\n[include]\n\tpath = more\n[include]\n\tpath = ~/missing\n")
    assert inside(inner) == {"user.name": [b"Xdg", b"Home"], "user.email": [b"xdg@example.org"], "init.defaultbranch": [b"main"]}
    assert run(inner, "[git]\nstrip_sections = []\n", "git config user.name").stdout == b"Home\n"


def test_a_link_of_a_manager_of_dotfiles(inner):
    (inner.home / "dotfiles").mkdir()
    (inner.home / "dotfiles/gitconfig").write_text("[user]\n\tname = Linked\n")
    (inner.home / ".gitconfig").symlink_to("dotfiles/gitconfig")
    assert inside(inner) == {"user.name": [b"Linked"]}


def test_it_is_read_only(inner):
    set_up(inner)
    before = (inner.home / ".gitconfig").read_bytes()
    done = run(inner, "[git]\nstrip_sections = []\n",
               "git config --global user.name Evil; echo x >> ~/.gitconfig; rm -f ~/.gitconfig; mv ~/.gitconfig x; git config user.name")
    assert done.stdout == b"Ada\n", done
    assert (inner.home / ".gitconfig").read_bytes() == before


def test_a_mistake_in_it(inner):
    """It is told, nothing of it is carried in, and what the profile sets is there."""
    (inner.home / ".gitconfig").write_text("[user\n")
    assert inside(inner, '[git.overrides]\n"user.name" = "Agent"\n') == {"user.name": [b"Agent"]}
    plan = run(inner, '[git.overrides]\n"user.name" = "Agent"\n', "true", "-n")
    assert str(inner.home / ".gitconfig") in plan.stdout.decode() + plan.stderr.decode()


def test_the_same_setting_twice(private):
    done = run(private, '[git.overrides]\n"push.default" = "a"\n"Push.Default" = "b"\n', "true")
    assert done.returncode == 125
    assert "twice" in one_sentence(done)


def test_a_fifo_holds_nobody_up(private):
    """Attack 46."""
    os.mkfifo(private.home / ".gitconfig")
    done = run(private, "[git]\nstrip_sections = []\n", "echo ran", timeout=20)
    assert done.stdout == b"ran\n", done


@pytest.mark.parametrize("name", ["claude-one-shot"])
def test_agents_profiles(private, name):
    set_up(private)
    done = private("run", "-p", name, "--no-network", "--entrypoint", "sh", "--arg=-c", "--arg", "git config --global --list")
    assert b"user.name=Ada" in done.stdout and SECRET.encode() not in done.stdout, done
