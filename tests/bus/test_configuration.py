# SPDX-License-Identifier: Apache-2.0
"""The configuration as people meet it: its layers, aliases, the verb "config", and what projects may not do."""

import json
import os
import subprocess

import pytest
from configuration import approve, planned, project_file, shown, user_file, write
from conftest import one_sentence
from terminal import Terminal

LIMITS = {"default_limits.memory", "default_limits.cpu", "default_limits.pids"}


def test_without_any_file(inner):
    found = shown(inner)
    assert found["values"].keys() == LIMITS | {"default_profile"}
    assert found["values"]["default_profile"] == "shell"
    assert found["values"]["default_limits.pids"] == 512
    assert found["origins"]["default_profile"] == ["default", 0, 0]
    assert {found["origins"][key][0] for key in LIMITS} == {"auto"}
    assert found["aliases"] == {} and found["warnings"] == []
    user = found["layers"][-1]
    assert user["path"] == f"{inner.home}/.config/inner/config.toml"
    assert (user["scope"], user["exists"], user["trusted"]) == ("user", False, True)


def test_show_for_people(inner):
    path = user_file(inner, 'log_dir = "~/logs"\n[aliases]\nb = "run -p shell-oneshot"\n')
    done = inner("config", "show")
    lines = [line.split() for line in done.stdout.decode().splitlines()]
    assert ["log_dir", f"{inner.home}/logs", f"{path}:1"] in lines
    assert ["default_limits.pids", "512", "(auto-detected)"] in lines
    assert ["default_profile", "shell", "(default)"] in lines
    assert ["aliases.b", "run", "-p", "shell-oneshot", f"{path}:3"] in lines
    assert ["user", "in", "force", str(path)] in lines


def test_layers(inner):
    user = user_file(inner, 'default_profile = "shell-oneshot"\n[default_limits]\nmemory = "1G"\n')
    project = project_file(inner, '[default_limits]\nmemory = "512M"\npids = 10000\n')
    found = shown(inner)
    assert found["values"]["default_profile"] == "shell-oneshot"
    assert found["values"]["default_limits.memory"] == "512M"
    assert found["values"]["default_limits.pids"] == 512
    assert found["origins"]["default_limits.memory"] == [str(project), 2, 10]
    assert found["origins"]["default_profile"] == [str(user), 1, 19]
    assert len(found["warnings"]) == 1 and "10000 becomes 512" in found["warnings"][0]
    assert [layer["scope"] for layer in found["layers"]][-2:] == ["user", "project"]

    only_user = shown(inner, "--global")
    assert only_user["values"]["default_limits.memory"] == "1G"
    assert "project" not in [layer["scope"] for layer in only_user["layers"]]
    local = shown(inner, "--local")
    assert local["values"] == {"default_limits.memory": "512M"}
    assert [layer["scope"] for layer in local["layers"]] == ["project"]
    assert inner("config", "show", "--local", "--global").returncode == 125


@pytest.mark.parametrize("name", [
    ".config/inner.toml", ".config/inner/config.toml", ".config/inner.local.toml",
    ".config/inner/config.local.toml", ".inner/config.toml", ".inner/config.local.toml", "inner.toml",
    "inner.local.toml",
])
def test_a_project_counts_once_it_is_approved(private, name):
    path = project_file(private, 'default_profile = "shell-oneshot"\n', name, approved=False)
    found = shown(private)
    assert found["values"]["default_profile"] == "shell"
    assert len(found["warnings"]) == 1 and f"innerctl profile trust {path}" in found["warnings"][0]
    layer = found["layers"][-1]
    assert not layer["trusted"] and len(layer["digest"]) == 64 and len(layer["asks"]) == 1

    approve(private, path)
    assert shown(private)["values"]["default_profile"] == "shell-oneshot"
    path.write_text('default_profile = "shell-oneshot" # and more\n')
    assert shown(private)["values"]["default_profile"] == "shell"


def test_the_default_profile(inner):
    user_file(inner, 'default_profile = "shell-oneshot"\n')
    assert planned(inner)["profile"] == "shell-oneshot"
    assert planned(inner, "-p", "claude-one-shot", "--no-network")["profile"] == "claude-one-shot"
    listed = json.loads(inner("profile", "list", "--json").stdout)
    assert [p["name"] for p in listed if p["default"]] == ["shell-oneshot"]
    assert b'name = "shell-oneshot"' in inner("profile", "show").stdout
    done = inner("run", "--arg", "echo hi")
    assert (done.returncode, done.stdout) == (0, b"hi\n"), done


def test_a_default_profile_that_is_not_there(inner):
    path = user_file(inner, '\ndefault_profile = "shel-oneshot"\n')
    said = one_sentence(inner("run"))
    assert f"{path}:2:19: default_profile:" in said and "did you mean “shell-oneshot”" in said


def test_a_default_profile_by_its_path(inner):
    profile = write(inner.home / "mine/p.toml", 'schema_version = "1"\nextends = "shell-oneshot"\n')
    user_file(inner, 'default_profile = "~/mine/p.toml"\n')
    assert planned(inner)["profile-path"] == str(profile)


def test_a_broken_file_stops_everything_but_the_repair(inner):
    path = user_file(inner, "default_profil = 'x'\n")
    said = one_sentence(inner.run("true"))
    assert f"{path}:1:1: “default_profil” is not known here; did you mean “default_profile”?" in said
    assert one_sentence(inner("config", "show")).endswith("did you mean “default_profile”?")
    assert inner("config", "path").stdout.decode() == f"{path}\n"
    listed = inner("profile", "list", "--json")
    assert listed.returncode == 0 and not any(p["default"] for p in json.loads(listed.stdout))
    assert inner("profile", "show", "shell").returncode == 0


def test_limits_of_a_plan(inner):
    def limits(*options):
        return planned(inner, "-p", "shell-oneshot", *options)["limits"]

    assert limits()["pids"] == "512"
    user_file(inner, '[default_limits]\ncpu = 1.5\nmemory = "1G"\n')
    plan = planned(inner, "-p", "shell-oneshot", "--limit-memory", "256M")
    assert plan["limits"]["memory"] == "256M" and plan["limits"]["cpu"] == "1.5"
    assert any(w.startswith("default_limits.cpu:") for w in plan["warnings"])
    assert not any(w.startswith(("default_limits.memory:", "default_limits.pids:")) for w in plan["warnings"])
    assert "cannot be “lots”" in one_sentence(inner.run("true", "--limit-memory", "lots"))


def test_warnings_of_the_configuration_are_in_the_plan(inner):
    path = project_file(inner, "log_dir = '/x'\n", approved=False)
    assert any(f"“{path}” is not approved" in w for w in planned(inner, "-p", "shell-oneshot")["warnings"])
    assert inner.run("true").returncode == 0


# Aliases


def alias(inner, text, name="my"):
    user_file(inner, f"workspaces_path = '/w s'\n[aliases]\n{name} = {json.dumps(text)}\n")


@pytest.mark.parametrize("text,words,output", [
    ("run -p shell-oneshot --arg 'echo one'", (), "one"),
    ("run -p shell-oneshot --arg \"echo 'one  two'\"", (), "one  two"),
    ("run -p shell-oneshot --arg echo\\ one", (), "one"),
    ("run -p shell-oneshot", ("--arg", "echo more"), "more"),
    ("run -p shell-oneshot --arg 'printf %s,' --", ("a b", "c"), ","),
    ("run -p shell-oneshot --entrypoint echo -a", ("${workspaces_path}",), "${workspaces_path}"),
    ("run -p shell-oneshot --entrypoint echo -a ${workspaces_path}/x", (), "/w s/x"),
    ("run -p shell-oneshot --entrypoint echo -a $HOME", (), "$HOME"),
])
def test_an_alias(inner, text, words, output):
    alias(inner, text)
    done = inner("my", *words)
    assert (done.returncode, done.stdout.decode().rstrip("\n")) == (0, output), done


def test_an_alias_behind_common_options(private):
    alias(private, "version")
    assert private("--no-bus", "my", "--json").stdout.startswith(b"{")


def test_an_alias_never_shadows_a_verb(inner):
    alias(inner, "run -p shell-oneshot --arg 'echo shadow'", "version")
    assert inner("version").stdout.startswith(b"innerctl ")


@pytest.mark.parametrize("text,part", [
    ("other", "names neither other aliases nor programs"),
    ("/bin/sh -c id", "names neither other aliases nor programs"),
    ("my", "names neither other aliases nor programs"),
    ("!id", "names neither other aliases nor programs"),
    ("innerctl version", "names neither other aliases nor programs"),
    ("run --arg 'echo", "a quote (') begins in it"),
    ('run --arg "echo', 'a quote (") begins in it'),
    ("run \\", "ends with a backslash"),
])
def test_an_alias_that_cannot_be_used(private, text, part):
    alias(private, text)
    with (private.home / ".config/inner/config.toml").open("a") as file:
        file.write('other = "version"\n')
    done = private("my")
    assert done.returncode == 125
    said = one_sentence(done)
    assert part in said and "config.toml:3:6: The alias “my” cannot be used" in said


def test_an_alias_with_workspaces_path_and_none_set(private):
    user_file(private, '[aliases]\nmy = "run -w ${workspaces_path}/x"\n')
    assert "set workspaces_path" in one_sentence(private("my"))


def test_an_alias_of_a_project(inner):
    path = project_file(inner, '[aliases]\nours = "run -n -p shell-oneshot"\n', approved=False)
    below = inner.work / "src/deep"
    below.mkdir(parents=True)
    done = inner("ours", cwd=below)
    assert done.returncode == 126
    said = one_sentence(done)
    assert f"an alias of “{path}”, which is not approved" in said
    assert f"“innerctl profile trust {path}”" in said

    approve(inner, path)
    assert inner("ours", cwd=below).returncode == 0
    assert inner("ours", cwd=inner.home).returncode == 125


def test_the_nearest_alias_wins_but_an_unapproved_one_does_not(inner):
    alias(inner, "run -p shell-oneshot --arg 'echo user'")
    path = project_file(inner, "[aliases]\nmy = \"run -p shell-oneshot --arg 'echo project'\"\n", approved=False)
    assert inner("my").stdout == b"user\n"
    approve(inner, path)
    assert inner("my").stdout == b"project\n"


def test_did_you_mean(inner):
    alias(inner, "version", "deploy")
    assert "did you mean “innerctl deploy”?" in one_sentence(inner("delpoy"))
    assert "did you mean “innerctl doctor”?" in one_sentence(inner("docter"))
    assert "“innerctl --help” lists them" in one_sentence(inner("zzzzzz"))
    assert inner("zzzzzz").returncode == 125


@pytest.mark.parametrize("word", [b"\xff", b"a\x1b[2J", b"", b"-x", b"a b", b"../x"])
def test_words_that_are_nothing(private, word):
    done = subprocess.run([*private.command(), word], env=private.env, cwd=private.work, capture_output=True,
                          stdin=subprocess.DEVNULL, timeout=30)
    assert done.returncode == 125
    assert b"\x1b" not in done.stderr and b"is no verb" in done.stderr


def test_a_sandbox_cannot_change_what_words_mean(inner):
    """Attacks 64 and 65: what is written into the workspace changes nothing for the next run."""
    script = ("mkdir .inner; printf '[aliases]\\nx = \"version\"\\n[default_limits]\\npids = 1\\n'"
              " > .inner/config.toml; echo 'default_profile = \"claude-one-shot\"' > inner.toml")
    done = inner.run(script)
    assert done.returncode == 0, done
    # The guards take it back; without them it would change nothing either.
    assert not (inner.work / ".inner").exists() and not (inner.work / "inner.toml").exists()
    subprocess.run(["sh", "-c", script], cwd=inner.work, check=True)
    assert inner("x").returncode == 126
    found = shown(inner)
    assert found["values"]["default_profile"] == "shell"
    assert found["values"]["default_limits.pids"] == 512


# config path and config edit


def editor(inner, script):
    """An editor that is a script; $1 is the file."""
    path = write(inner.root / "editor", f"#!/bin/sh\n{script}\n")
    path.chmod(0o700)
    return {"EDITOR": str(path)}


def copies(directory):
    return [p for p in directory.iterdir() if p.name.startswith(".inner-edit-config")]


def test_path(inner):
    assert inner("config", "path").stdout.decode() == f"{inner.home}/.config/inner/config.toml\n"
    assert inner("config", "path", "--local").stdout.decode() == f"{inner.work}/.inner/config.toml\n"
    path = project_file(inner, "")
    below = inner.work / "src"
    below.mkdir()
    assert inner("config", "path", "--local", cwd=below).stdout.decode() == f"{path}\n"
    assert json.loads(inner("config", "path", "--json").stdout) == {"path": f"{inner.home}/.config/inner/config.toml"}


def test_path_follows_xdg(inner):
    env = {"XDG_CONFIG_HOME": str(inner.root / "elsewhere")}
    assert inner("config", "path", env=env).stdout.decode() == f"{inner.root}/elsewhere/inner/config.toml\n"


def test_edit_a_new_file(inner):
    done = inner("config", "edit", env=editor(inner, "echo 'default_profile = \"shell-oneshot\"' >> \"$1\""))
    assert (done.returncode, done.stderr) == (0, b""), done
    path = inner.home / ".config/inner/config.toml"
    assert path.read_text().startswith("# The configuration of Inner.")
    assert path.stat().st_mode & 0o777 == 0o600
    assert shown(inner)["values"]["default_profile"] == "shell-oneshot"
    assert copies(path.parent) == []


def test_every_line_of_the_first_text_is_valid(inner):
    done = inner("config", "edit", env=editor(inner, "sed -i -e '1d' -e 's/^# //' \"$1\""))
    assert done.returncode == 0, done
    found = shown(inner)
    assert found["aliases"].keys() == {"build"} and found["warnings"] == []
    assert found["values"]["default_limits.memory"] == "4G"


def test_edit_keeps_what_is_not_valid_aside(inner):
    path = user_file(inner, "log_dir = '/logs'\n")
    done = inner("config", "edit", env=editor(inner, "printf 'colour = 1\\n[default_limits]\\npids = -1\\n' > \"$1\""))
    assert done.returncode == 125
    assert path.read_text() == "log_dir = '/logs'\n"
    said = done.stderr.decode()
    assert "line 1, column 1: “colour” is not known here" in said
    assert "line 3, column 8: “default_limits.pids” must not be negative" in said
    [aside] = copies(path.parent)
    assert str(aside) in said and aside.read_text().startswith("colour = 1")


def test_edit_and_change_nothing(inner):
    path = user_file(inner, "log_dir = '/logs'\n")
    done = inner("config", "edit", "--json", env=editor(inner, "true"))
    assert done.returncode == 0 and b"nothing changed" in done.stderr
    assert json.loads(done.stdout) == {"path": str(path), "changed": False}
    assert copies(path.parent) == []
    for script, code in (("true", 0), ("exit 3", 125)):
        new = inner("config", "edit", "--local", env=editor(inner, script))
        assert new.returncode == code and not (inner.work / ".inner").exists()
    (inner.work / ".inner").mkdir()
    assert inner("config", "edit", "--local", env=editor(inner, "true")).returncode == 0
    assert (inner.work / ".inner").is_dir()


def test_edit_again(inner):
    """On a terminal, a mistake need not be the end."""
    path = user_file(inner, "log_dir = '/logs'\n")
    how = editor(inner, f'if [ -e {inner.root}/again ]; then sed -i s/colour/log_dir/ "$1"; else '
                        f'echo "colour = \'/x\'" > "$1"; touch {inner.root}/again; fi')
    with Terminal(inner, "config", "edit", env=how) as terminal:
        assert b"line 1, column 1: " in terminal.expect("[Y/n]")
        terminal.type("\n")
        assert terminal.end() == 0, terminal.seen
    assert path.read_text() == "log_dir = '/x'\n" and copies(path.parent) == []


def test_nothing_that_was_written_is_lost(inner):
    """What is too large to be read stays where the editor left it, and so does what finds its place taken."""
    path = user_file(inner, "log_dir = '/logs'\n")
    done = inner("config", "edit", env=editor(inner, 'yes "# long" | head -c 2000000 > "$1"'))
    assert done.returncode == 125
    [aside] = copies(path.parent)
    assert str(aside) in done.stderr.decode() and aside.stat().st_size == 2000000
    aside.unlink()

    taken = path.parent / ".inner-edit-config.invalid.toml"
    taken.symlink_to(path)
    done = inner("config", "edit", env=editor(inner, 'echo "colour = 1" > "$1"'))
    assert done.returncode == 125 and taken.is_symlink() and path.read_text() == "log_dir = '/logs'\n"
    [aside] = [p for p in copies(path.parent) if p != taken]
    assert str(aside) in done.stderr.decode() and aside.read_text() == "colour = 1\n"


def test_edit_repairs_a_broken_file(inner):
    path = user_file(inner, "colour = 1\n")
    path.chmod(0o640)
    done = inner("config", "edit", env=editor(inner, "echo 'log_dir = \"/logs\"' > \"$1\""))
    assert (done.returncode, path.read_text()) == (0, 'log_dir = "/logs"\n'), done
    assert path.stat().st_mode & 0o777 == 0o640


def test_an_editor_that_fails(inner):
    path = user_file(inner, "log_dir = '/logs'\n")
    done = inner("config", "edit", env=editor(inner, "exit 3"))
    assert done.returncode == 125 and copies(path.parent) == []
    done = inner("config", "edit", env=editor(inner, "echo x > \"$1\"; exit 3"))
    assert done.returncode == 125 and len(copies(path.parent)) == 1
    assert path.read_text() == "log_dir = '/logs'\n"
    assert inner("config", "edit", env={"EDITOR": "/no/such/editor"}).returncode == 125


def test_edit_does_not_overwrite_what_came_meanwhile(inner):
    path = user_file(inner, "log_dir = '/logs'\n")
    done = inner("config", "edit", env=editor(
        inner, f"echo 'log_dir = \"/other\"' > {path}; echo 'log_dir = \"/mine\"' > \"$1\""))
    assert done.returncode == 125 and b"changed by somebody else" in done.stderr
    assert path.read_text() == 'log_dir = "/other"\n'
    assert len(copies(path.parent)) == 1


def test_editing_ends_an_approval(inner):
    path = project_file(inner, "[aliases]\nours = 'run -n -p shell-oneshot'\n")
    assert inner("ours").returncode == 0
    done = inner("config", "edit", "--local", env=editor(inner, "echo 'more = \"ps\"' >> \"$1\""))
    assert done.returncode == 0, done
    assert f"“innerctl profile trust {path}”" in done.stderr.decode()
    assert inner("ours").returncode == 126


@pytest.mark.parametrize("make", [
    lambda path: os.mkfifo(path), lambda path: path.symlink_to("/etc/passwd"), lambda path: path.mkdir(),
])
def test_edit_touches_no_special_file(private, make):
    """Attacks 35 and 46: an agent may have put anything there."""
    path = private.work / ".inner/config.toml"
    path.parent.mkdir()
    make(path)
    # Not the time of the last access, which reading a link changes.
    before = path.lstat()[:7] + path.lstat()[8:]
    done = private("config", "edit", "--local", env=editor(private, "echo 'log_dir = \"/x\"' > \"$1\""), timeout=20)
    assert done.returncode == 125 and str(path) in one_sentence(done)
    assert path.lstat()[:7] + path.lstat()[8:] == before and copies(path.parent) == []


def test_an_agent_swaps_the_copy(private):
    """The copy is in the project, too: what is installed is never a link that was put in its place."""
    secret = write(private.home / "secret", "log_dir = '/secret'\n")
    done = private("config", "edit", "--local", env=editor(private, f"rm \"$1\"; ln -s {secret} \"$1\""))
    assert done.returncode == 125
    assert not (private.work / ".inner/config.toml").exists()


# The bus


def validate(person, path):
    import gi
    gi.require_version("Gio", "2.0")
    from gi.repository import Gio, GLib

    connection = Gio.DBusConnection.new_for_address_sync(
        person.env["DBUS_SESSION_BUS_ADDRESS"],
        Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT | Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION, None, None)
    try:
        return connection.call_sync(
            "org.inner.Sandbox", "/org/inner/Sandbox", "org.inner.Sandbox", "ValidateProfile",
            GLib.Variant("(sa{sv})", (str(path), {})), None, Gio.DBusCallFlags.NONE, 10000, None).unpack()[0]
    finally:
        connection.close_sync(None)


def test_validate_takes_files_of_the_configuration(bus):
    from gi.repository import GLib

    path = user_file(bus, "colour = 1\nlog_dir = 'x'\n")
    issues = validate(bus, path)
    assert [(i["severity"], i["line"], i["column"], i["key"]) for i in issues] == [("error", 1, 1, "")]
    path.write_text("log_dir = 'x'\n")
    assert [(i["line"], i["column"], i["key"]) for i in validate(bus, path)] == [(1, 11, "log_dir")]
    path.write_text("log_dir = '/x'\n")
    assert validate(bus, path) == []
    path.unlink()
    with pytest.raises(GLib.Error, match="ProfileNotFound"):
        validate(bus, path)

    # A profile is one whatever its name.
    profile = write(bus.home / ".config/inner/profiles/config.toml", 'schema_version = "1"\n')
    assert [i["key"] for i in validate(bus, profile) if i["severity"] == "error"] == []
    profile.write_text("log_dir = '/x'\n")
    assert len(validate(bus, profile)) == 1


@pytest.mark.parametrize("directory", ["relative", "/a/../b", "/a\n", "/" + "x" * 5000])
def test_directories_that_are_none(bus, directory):
    done = subprocess.run(
        ["gdbus", "call", "--session", "--dest", "org.inner.Sandbox", "--object-path", "/org/inner/Sandbox",
         "--method", "org.inner.Sandbox.GetConfiguration", json.dumps(directory)],
        env=bus.env, capture_output=True, timeout=30)
    assert done.returncode != 0 and b"InvalidOption" in done.stderr
