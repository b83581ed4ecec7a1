# SPDX-License-Identifier: Apache-2.0
"""The verbs of “innerctl profile” that write, and init and reset: they never overwrite, never install what is
invalid, and leave nothing half done. test_profile_install.py has install."""

import json
import os
import stat
import subprocess

import pytest
from conftest import one_sentence
from own_profiles import ONESHOT, digest_of, files, own  # noqa: F401 (a fixture)
from terminal import Terminal

BAD_NAMES = ["../x", "a/b", "a..b", "..", ".hidden", "", "a\nb", "a\x1bb", "a\\b", "x" * 129, "~x", "x.toml",
             "x.xml", "\u0085"]


def editor(inner, script):
    """An editor that runs a shell script with the file as $1."""
    path = inner.root / "the editor"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return {"EDITOR": f"'{path}'"}


def described(inner, name, what="document"):
    done = inner("profile", "show", "--json", name)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)[what]


def values_of(inner, name):
    values = described(inner, name, "values")
    values.pop("name")
    return values


# new


@pytest.mark.parametrize("extends", [(), ("--extends", "shell-oneshot")])
@pytest.mark.parametrize("form", ["toml", "xml"])
def test_new(inner, own, form, extends):
    done = inner("profile", "new", "mine", "--format", form, *extends)
    path = own / f"mine.{form}"
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{path}\n".encode(), b"")
    assert files(own) == [path.name]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert described(inner, "mine", "name") == "mine"
    started = inner("run", "-p", "mine", "--no-interactive", "--entrypoint", "echo", "-a", "hello")
    assert (started.returncode, started.stdout) == (0, b"hello\n"), started


def test_new_makes_the_directory(inner):
    done = inner("profile", "new", "mine", "--json")
    path = inner.home / ".config/inner/profiles/mine.toml"
    assert json.loads(done.stdout) == {"name": "mine", "path": str(path)}
    assert path.is_file()
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_new_takes_a_name_that_needs_quotes(inner, own):
    for form in ("toml", "xml"):
        name = f"<a&b> \"c\" 'd' ü {form}"
        assert inner("profile", "new", name, "--format", form).returncode == 0
        assert f'name = "{name}"'.replace('"c"', '\\"c\\"') in described(inner, name)


def test_new_never_overwrites(inner, own):
    (own / "mine.toml").write_text(ONESHOT)
    for form in ("toml", "xml"):
        done = inner("profile", "new", "mine", "--format", form)
        assert done.returncode == 125
        assert "mine.toml” exists" in one_sentence(done) or "already as" in one_sentence(done)
    os.symlink("/nowhere", own / "link.toml")
    assert inner("profile", "new", "link").returncode == 125
    assert files(own) == ["link.toml", "mine.toml"]
    assert (own / "mine.toml").read_text() == ONESHOT


def test_new_of_what_cannot_be_extended(inner, own):
    done = inner("profile", "new", "mine", "--extends", "shell-onshot")
    assert done.returncode == 125
    assert "shell-oneshot" in done.stderr.decode() and "mine:7:11" in done.stderr.decode(), done.stderr
    assert files(own) == []


def test_new_extends_a_file(inner, own):
    (inner.work / "base.toml").write_text(ONESHOT)
    assert inner("profile", "new", "mine", "--extends", "./base.toml").returncode == 0
    assert f'extends = ["{inner.work}/base.toml"]' in described(inner, "mine")


@pytest.mark.parametrize("name", BAD_NAMES)
def test_bad_names(inner, own, name):
    (inner.work / "f.toml").write_text(ONESHOT)
    for words in (["new", name], ["clone", "shell", name],
                  ["install", "f.toml", "--name", name, "--sha256", digest_of(inner.work / "f.toml")]):
        done = inner("profile", *words)
        assert done.returncode == 125, words
        assert "\x1b" not in one_sentence(done)
    assert files(own) == []
    assert files(own.parent) == ["profiles"]


def test_new_and_edit(inner, own):
    how = editor(inner, 'sed -i "s/My own profile/Edited/" "$1"')
    assert inner("profile", "new", "mine", "--edit", env=how).returncode == 0
    assert "Edited" in (own / "mine.toml").read_text()


def test_a_read_only_directory(inner, own):
    if os.geteuid() == 0:
        pytest.skip("root may write everywhere")
    (own / "mine.toml").write_text(ONESHOT)
    own.chmod(0o555)
    try:
        for words in (["new", "x"], ["clone", "shell", "x"], ["edit", "mine"]):
            done = inner("profile", *words, env=editor(inner, "echo >> $1"))
            assert done.returncode == 125
            assert str(own) in one_sentence(done)
    finally:
        own.chmod(0o755)
    assert files(own) == ["mine.toml"]


def test_a_directory_that_is_a_link(inner):
    """As managers of dotfiles make it."""
    real = inner.home / "dotfiles"
    real.mkdir()
    (inner.home / ".config/inner").mkdir(parents=True)
    (inner.home / ".config/inner/profiles").symlink_to(real)
    assert inner("profile", "new", "mine").returncode == 0
    assert inner("profile", "edit", "mine", env=editor(inner, 'echo "# x" >> "$1"')).returncode == 0
    assert inner("profile", "clone", "mine", "other", "--format", "xml").returncode == 0
    assert inner("init").returncode == 0
    assert files(real) == ["mine.toml", "other.xml"]
    assert (real / "mine.toml").read_text().endswith("# x\n")


# edit


def test_edit(inner, own):
    path = own / "mine.toml"
    path.write_text("# a comment\n" + ONESHOT)
    path.chmod(0o640)
    before = path.stat().st_ino
    how = editor(inner, f'[ "$(dirname "$1")" = {own} ] && sed -i s/mine/yours/ "$1"')
    done = inner("profile", "edit", "mine", env=how)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{path}\n".encode(), b"")
    assert path.read_text() == "# a comment\n" + ONESHOT.replace("mine", "yours")
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert path.stat().st_ino != before
    assert files(own) == ["mine.toml"]


def test_edit_json(inner, own):
    (own / "mine.toml").write_text(ONESHOT)
    for script, changed in (("true", False), ('echo "# x" >> "$1"', True)):
        done = inner("profile", "edit", "mine", "--json", env=editor(inner, script))
        assert json.loads(done.stdout) == {"name": "mine", "path": str(own / "mine.toml"), "changed": changed}


def test_the_copy_is_hidden_from_the_list(inner, own):
    (own / "mine.toml").write_text(ONESHOT)
    how = editor(inner, f"{inner.command()[0]} profile list > {inner.root}/list; ls -A {own} >> {inner.root}/list")
    assert inner("profile", "edit", "mine", env=how).returncode == 0
    listed = (inner.root / "list").read_text()
    names = [line.split()[0] for line in listed.splitlines()]
    assert any(name.startswith(".inner-draft-") for name in names)
    assert [name for name in names if "draft" in name and not name.startswith(".")] == []
    assert len([name for name in names if "draft" in name]) == 1


def test_edit_with_a_relative_base(inner, own):
    (own / "base.toml").write_text(ONESHOT)
    (own / "mine.toml").write_text('extends = "./base.toml"\n')
    done = inner("profile", "edit", "mine", env=editor(inner, 'echo "# x" >> "$1"'))
    assert done.returncode == 0, done.stderr


def test_edit_of_nothing(inner, own):
    path = own / "mine.toml"
    path.write_text(ONESHOT)
    # Reading changes the time of the last access.
    before = path.stat().st_ino, path.stat().st_mtime_ns
    done = inner("profile", "edit", "mine", env=editor(inner, 'touch "$1"'))
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"innerctl: nothing changed\n")
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == before


def test_an_invalid_edit_is_kept_aside(inner, own):
    path = own / "mine.toml"
    path.write_text(ONESHOT)
    done = inner("profile", "edit", "mine", env=editor(inner, 'echo "[sandbox]\nhoem = 1" >> "$1"'))
    lines = done.stderr.decode().splitlines()
    assert (done.returncode, done.stdout) == (125, b"")
    assert lines[0].startswith("innerctl: mine:5:1: error: ") and "did you mean “home”" in lines[0], lines
    assert f"{own}/.mine.invalid.toml" in lines[1]
    assert path.read_text() == ONESHOT
    assert (own / ".mine.invalid.toml").read_text() == ONESHOT + "[sandbox]\nhoem = 1\n"
    assert files(own) == [".mine.invalid.toml", "mine.toml"]
    assert b"invalid" not in inner("profile", "list").stdout
    assert inner("run", "-p", ".mine.invalid", "--arg", "true").returncode == 125


def test_an_invalid_profile_can_be_repaired(inner, own):
    (own / "mine.toml").write_text("nonsense\n")
    how = editor(inner, f"cat > \"$1\" <<'END'\n{ONESHOT}END")
    assert inner("profile", "edit", "mine", env=how).returncode == 0
    assert inner("run", "-p", "mine", "--arg", "true").returncode == 0


def test_a_change_meanwhile_is_not_lost(inner, own):
    path = own / "mine.toml"
    path.write_text(ONESHOT)
    other = ONESHOT + "# from elsewhere\n"
    (inner.root / "other").write_text(other)
    how = editor(inner, f'cp {inner.root}/other {path}; echo "# mine" >> "$1"')
    done = inner("profile", "edit", "mine", env=how)
    assert done.returncode == 125
    assert b"changed by somebody else" in done.stderr
    assert path.read_text() == other
    assert (own / ".mine.invalid.toml").read_text() == ONESHOT + "# mine\n"


def test_a_profile_that_vanished_meanwhile(inner, own):
    path = own / "mine.toml"
    path.write_text(ONESHOT)
    done = inner("profile", "edit", "mine", env=editor(inner, f'rm {path}; echo "# mine" >> "$1"'))
    assert done.returncode == 125
    assert files(own) == [".mine.invalid.toml"]


@pytest.mark.parametrize("script", ['exit 3', 'kill -9 $$', 'rm "$1"', 'rm "$1"; mkfifo "$1"',
                                    'rm "$1"; ln -s /etc/passwd "$1"'])
def test_an_editor_that_fails(inner, own, script):
    path = own / "mine.toml"
    path.write_text(ONESHOT)
    done = inner("profile", "edit", "mine", env=editor(inner, script))
    assert done.returncode == 125
    one_sentence(done)
    assert path.read_text() == ONESHOT
    assert files(own) == ["mine.toml"]


def test_an_editor_that_fails_after_a_change(inner, own):
    (own / "mine.toml").write_text(ONESHOT)
    done = inner("profile", "edit", "mine", env=editor(inner, 'echo "# x" >> "$1"; exit 1'))
    assert done.returncode == 125
    assert (own / "mine.toml").read_text() == ONESHOT
    assert (own / ".mine.invalid.toml").read_text() == ONESHOT + "# x\n"


@pytest.mark.parametrize("variables, word", [
    ({"EDITOR": "/nowhere/editor"}, "EDITOR"), ({"VISUAL": "'x", "EDITOR": "true"}, "VISUAL"),
    ({"VISUAL": "/nowhere/editor", "EDITOR": "true"}, "VISUAL"), ({"EDITOR": "  "}, "EDITOR"),
])
def test_an_editor_that_cannot_be_started(inner, own, variables, word):
    (own / "mine.toml").write_text(ONESHOT)
    done = inner("profile", "edit", "mine", env=variables)
    assert done.returncode == 125
    assert word in one_sentence(done)


def test_the_words_of_the_editor(inner, own):
    (own / "mine.toml").write_text(ONESHOT)
    how = editor(inner, f'printf "%s|" "$@" > {inner.root}/words')
    done = inner("profile", "edit", "mine", env={"VISUAL": how["EDITOR"] + " --wait 'a b'", "EDITOR": "false"})
    assert done.returncode == 0, done.stderr
    assert (inner.root / "words").read_text().startswith("--wait|a b|/")


@pytest.mark.parametrize("name, word", [("shell", "clone"), ("none", "profile new"), ("theirs", "profile trust")])
def test_what_is_not_edited(inner, own, name, word):
    theirs = inner.work / ".inner/profiles/theirs.toml"
    theirs.parent.mkdir(parents=True)
    theirs.write_text(ONESHOT)
    done = inner("profile", "edit", name, env=editor(inner, f"touch {inner.root}/ran"))
    assert done.returncode == 125
    assert word in one_sentence(done)
    assert not (inner.root / "ran").exists()


def test_a_symbolic_link_is_not_edited(inner, own):
    (own / "mine.toml").symlink_to(inner.work / "f.toml")
    (inner.work / "f.toml").write_text(ONESHOT)
    done = inner("profile", "edit", "mine", env=editor(inner, f"touch {inner.root}/ran"))
    assert done.returncode == 125
    assert "symbolic link" in one_sentence(done)
    assert not (inner.root / "ran").exists()


def test_edit_again(inner, own):
    """On a terminal, a mistake need not be the end."""
    path = own / "mine.toml"
    path.write_text(ONESHOT)
    how = editor(inner, f'if [ -e {inner.root}/again ]; then sed -i s/hoem/home/ "$1"; else '
                        f'printf "[sandbox]\\nhoem = \\"isolated\\"\\n" >> "$1"; touch {inner.root}/again; fi')
    with Terminal(inner, "profile", "edit", "mine", env=how) as terminal:
        assert b"mine:5:1: error: " in terminal.expect("[Y/n]")
        terminal.type("\n")
        assert terminal.end() == 0, terminal.seen
    assert path.read_text() == ONESHOT + '[sandbox]\nhome = "isolated"\n'
    assert files(own) == ["mine.toml"]


@pytest.mark.parametrize("answer", ["n\n", "\x04", "\x03", "what\n"])
def test_edit_no_more(inner, own, answer):
    (own / "mine.toml").write_text(ONESHOT)
    with Terminal(inner, "profile", "edit", "mine", env=editor(inner, 'echo hoem >> "$1"')) as terminal:
        terminal.expect("[Y/n]")
        terminal.type(answer)
        terminal.expect(".mine.invalid.toml")
        assert terminal.end() == 125
    assert files(own) == [".mine.invalid.toml", "mine.toml"]
    assert (own / "mine.toml").read_text() == ONESHOT


def test_keys_belong_to_the_editor(inner, own):
    """Ctrl-C in it does not end innerctl."""
    (own / "mine.toml").write_text(ONESHOT)
    how = editor(inner, 'trap "echo \'# interrupted\' >> \\"$1\\"; exit 0" INT\necho ready; while :; do sleep 0.1; done')
    with Terminal(inner, "profile", "edit", "mine", env=how) as terminal:
        terminal.expect("ready")
        terminal.type("\x03")
        assert terminal.end() == 0, terminal.seen
    assert (own / "mine.toml").read_text().endswith("# interrupted\n")


# clone


@pytest.mark.parametrize("form", ["toml", "xml"])
@pytest.mark.parametrize("source", ["shell", "shell-oneshot", "claude-interactive", "claude-one-shot"])
def test_clone(inner, own, source, form):
    done = inner("profile", "clone", source, "mine", "--format", form)
    assert (done.returncode, done.stdout) == (0, f"{own}/mine.{form}\n".encode()), done
    assert described(inner, "mine", "name") == "mine"
    assert described(inner, "mine", "values")["name"] == "mine"
    assert values_of(inner, "mine") == values_of(inner, source)


def test_clone_names_relative_bases_in_full(inner, own):
    (own / "sub").mkdir()
    (own / "sub/base.toml").write_text(ONESHOT)
    (own / "mine.toml").write_text('extends = ["./sub/base.toml", "shell-oneshot", "~/x \\"y\\".toml"]\n')
    (inner.home / 'x "y".toml').write_text(ONESHOT)
    for form in ("toml", "xml"):
        done = inner("profile", "clone", "mine", f"copy-{form}", "--format", form)
        assert done.returncode == 0, done
        assert (f'extends = ["{own}/sub/base.toml", "shell-oneshot", "~/x \\"y\\".toml"]'
                in described(inner, f"copy-{form}"))
        # What it extends is not trusted by its place, and a copy does not change that.
        assert inner("run", "-p", f"copy-{form}", "--arg", "true").returncode == 126


def test_clone_of_a_description_like_a_key(inner, own):
    """Texts cannot pass for the lines that are replaced."""
    text = 'name = \\"x\\"\\nextends = [\\"y\\"]\\n[sandbox]'
    (own / "mine.toml").write_text(f'description = "\\nname = \\"evil\\"\\n{text}"\nextends = "shell-oneshot"\n')
    assert inner("profile", "clone", "mine", "copy").returncode == 0
    assert values_of(inner, "copy") == values_of(inner, "mine")
    assert described(inner, "copy", "values")["name"] == "copy"


def test_clone_never_overwrites(inner, own):
    (own / "mine.toml").write_text(ONESHOT)
    assert inner("profile", "clone", "shell", "mine").returncode == 125
    assert (own / "mine.toml").read_text() == ONESHOT
    # In the other notation it would be shadowed, or shadow: not even with --force.
    assert inner("profile", "clone", "shell", "mine", "--format", "xml", "--force").returncode == 125
    assert files(own) == ["mine.toml"]
    assert inner("profile", "clone", "shell", "mine", "--force").returncode == 0
    assert values_of(inner, "mine") == values_of(inner, "shell")


def test_force_replaces_files_only(inner, own):
    (own / "d.toml").mkdir()
    (own / "l.toml").symlink_to(inner.work / "target")
    os.mkfifo(own / "f.toml")
    for name in "dlf":
        done = inner("profile", "clone", "shell", name, "--force")
        assert done.returncode == 125, done
        one_sentence(done)
    assert files(own) == ["d.toml", "f.toml", "l.toml"]
    assert not (inner.work / "target").exists()


def test_clone_launders_nothing(inner, own):
    """Attack 64: a copy would be trusted and not hardened."""
    theirs = inner.work / ".inner/profiles/shell.toml"
    theirs.parent.mkdir(parents=True)
    theirs.write_text(ONESHOT)
    for word in ("shell", str(theirs), "./.inner/profiles/shell.toml"):
        done = inner("profile", "clone", word, "mine")
        assert done.returncode == 126
        assert "profile install" in one_sentence(done)
    assert files(own) == []


# convert


def test_convert(inner, own):
    (own / "mine.toml").write_text("# comment\n" + ONESHOT + '[env.set]\nA = "<b>"\n')
    xml = inner("profile", "convert", "mine", "--to", "xml")
    assert xml.returncode == 0 and xml.stdout.startswith(b"<?xml"), xml
    assert xml.stderr == b"innerctl: comments are not kept\n"
    done = inner("profile", "convert", "mine", "--to", "xml", "-o", "out.xml", "--json")
    assert json.loads(done.stdout) == {"name": "mine", "path": f"{inner.work}/out.xml"}
    assert (inner.work / "out.xml").read_bytes() == xml.stdout
    back = inner("profile", "convert", "./out.xml", "--to", "toml")
    assert back.stdout.decode() == described(inner, "mine")


def test_convert_never_overwrites(inner, own):
    (inner.work / "out").write_text("precious")
    assert inner("profile", "convert", "shell", "--to", "toml", "-o", "out").returncode == 125
    assert (inner.work / "out").read_text() == "precious"
    assert inner("profile", "convert", "shell", "--to", "toml", "-o", "out", "--force").returncode == 0
    assert (inner.work / "out").read_text().startswith("schema_version")
    assert inner("profile", "convert", "shell", "--to", "toml", "-o", "/nowhere/x").returncode == 125
    assert inner("profile", "convert", "shell", "--to", "yaml").returncode == 125
    assert inner("profile", "convert", "shell").returncode == 125
    assert [p for p in os.listdir(inner.work) if "draft" in p] == []


def test_convert_warns_of_relative_bases(inner, own):
    (own / "base.toml").write_text(ONESHOT)
    (own / "mine.toml").write_text('extends = "./base.toml"\n')
    assert b"./base.toml" in inner("profile", "convert", "mine", "--to", "xml", "-o", "out.xml").stderr
    assert b"base" not in inner("profile", "convert", "mine", "--to", "xml", "-o", own / "m2.xml").stderr


@pytest.mark.parametrize("words", [
    ("convert", "mine", "--to", "toml"), ("convert", "mine", "--to", "xml"), ("show", "mine"),
    ("show", "mine", "--resolved"), ("show", "mine", "--format", "xml"), ("show",),
])
def test_a_document_on_a_terminal(inner, own, words):
    """C1 controls and bidirectional marks are text in TOML and in XML. Nothing is left out of a long line."""
    evil = "a\u009b31mb\u202ec " + "é" * 5000 + "\u2066"
    (own / "mine.toml").write_text(f'extends = "shell-oneshot"\n# a\ttab\ndescription = "{evil}"\n')
    (inner.home / ".config/inner/config.toml").write_text('default_profile = "mine"\n')
    raw = inner("profile", *words)
    assert raw.returncode == 0 and evil in raw.stdout.decode()
    with Terminal(inner, "profile", *words) as terminal:
        assert terminal.end() == 0
        shown = terminal.seen.decode().replace("\r\n", "\n")
    assert not set("\u009b\u202e\u2066") & set(shown)
    assert "a\\u009b31mb\\u202ec " + "é" * 5000 + "\\u2066" in shown
    # All else is the same, and a tab is not spelt out.
    for mark in "\u009b\u202e\u2066":
        shown = shown.replace(f"\\u{ord(mark):04x}", mark)
    assert raw.stdout.decode() == shown.replace("innerctl: comments are not kept\n", "")


# init and reset


def test_init(inner):
    config = inner.home / ".config/inner"
    done = inner("init")
    assert done.returncode == 0
    assert done.stdout.decode().splitlines() == [str(config / "profiles"), str(config / "config.toml")]
    assert 'default_profile = "shell"' in (config / "config.toml").read_text()
    assert b"profile list" in done.stderr
    (config / "config.toml").write_text("# mine\n")
    again = inner("init", "--json")
    assert json.loads(again.stdout) == {"made": [], "found": [str(config / "profiles"), str(config / "config.toml")]}
    assert (config / "config.toml").read_text() == "# mine\n"
    assert files(config / "profiles") == []


def test_init_local(inner):
    done = inner("init", "--local")
    place = inner.work / ".inner"
    assert done.stdout.decode().splitlines() == [str(place), str(place / "profiles"), str(place / "config.toml")]
    assert b"innerctl profile trust .inner/config.toml" in done.stderr
    # It asks for nothing: every line is a comment.
    assert all(line.startswith("#") or not line for line in (place / "config.toml").read_text().splitlines())
    assert inner("init", "--local").stdout == b""
    assert not (inner.home / ".config/inner").exists()


def test_the_texts_of_init_are_toml(inner):
    """With every example taken in."""
    tomllib = pytest.importorskip("tomllib")
    inner("init")
    inner("init", "--local")
    for path in (inner.home / ".config/inner/config.toml", inner.work / ".inner/config.toml"):
        tomllib.loads(path.read_text())
        lines = [line.removeprefix("# ") for line in path.read_text().splitlines()]
        keys = tomllib.loads("\n".join(line for line in lines if " = " in line or line.startswith("[")))
        assert {"default_profile", "aliases", "default_limits"} <= set(keys)
        assert set(keys) <= {"default_profile", "aliases", "default_limits", "workspaces_path", "log_dir"}


@pytest.mark.parametrize("place", [".inner", ".inner/profiles"])
def test_init_follows_no_planted_link(inner, place):
    """Attack 33."""
    elsewhere = inner.root / "elsewhere"
    elsewhere.mkdir()
    link = inner.work / place
    link.parent.mkdir(exist_ok=True)
    link.symlink_to(elsewhere)
    done = inner("init", "--local")
    assert done.returncode == 125
    assert place in one_sentence(done)
    assert files(elsewhere) == []


def test_init_local_keeps_a_planted_config(inner):
    (inner.work / ".inner").mkdir()
    (inner.work / ".inner/config.toml").symlink_to(inner.root / "target")
    assert inner("init", "--local").returncode == 0
    assert not (inner.root / "target").exists()


def test_reset(inner, own):
    for name in ("shell.toml", "shell-oneshot.xml", "other.toml"):
        (own / name).write_text("broken")
    (own / "shell.toml.bak-1").write_text("older")
    refused = inner("reset", input=b"y\n")
    assert (refused.returncode, refused.stdout) == (126, b"")
    assert refused.stderr.decode().splitlines()[-1] == (
        "innerctl: There is no terminal to ask on, so nothing was changed; use “--force” to move these "
        "profiles aside")
    assert files(own) == ["other.toml", "shell-oneshot.xml", "shell.toml", "shell.toml.bak-1"]
    done = inner("reset", "--force")
    assert sorted(done.stdout.decode().splitlines()) == [f"{own}/shell-oneshot.xml.bak-1", f"{own}/shell.toml.bak-2"]
    assert (own / "shell.toml.bak-1").read_text() == "older"
    assert files(own) == ["other.toml", "shell-oneshot.xml.bak-1", "shell.toml.bak-1", "shell.toml.bak-2"]
    assert inner.run("true").returncode == 0
    again = inner("reset", "--json")
    assert (again.returncode, json.loads(again.stdout)) == (0, [])


@pytest.mark.parametrize("answer, code", [("y\n", 0), ("\n", 126), ("\x03", 126)])
def test_reset_on_a_terminal(inner, own, answer, code):
    (own / "shell.toml").write_text(ONESHOT)
    with Terminal(inner, "reset") as terminal:
        assert b"shell.toml" in terminal.expect("[y/N]")
        terminal.type(answer)
        assert terminal.end() == code
    assert files(own) == (["shell.toml.bak-1"] if code == 0 else ["shell.toml"])


def test_every_verb_has_help(inner):
    for words in (["profile", v] for v in ("new", "edit", "clone", "convert", "install", "trust")):
        done = inner(*words, "--help")
        assert done.returncode == 0 and b"--json" in done.stdout, words
        assert inner(*words).returncode == 125
        assert inner(*words, "--nothing").returncode == 125
    assert subprocess.run(inner.command("profile"), env=inner.env, capture_output=True).returncode == 125
