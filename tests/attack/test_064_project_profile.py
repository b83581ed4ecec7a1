# SPDX-License-Identifier: Apache-2.0
"""Attacks 64 and 65: a profile that the sandboxed program itself may have written. What an approval changes
about it is in tests/polkit/test_approval.py."""

EVIL = 'schema_version = "1"\nname = "{name}"\n[sandbox]\nnetwork_mode = "host"\n[entrypoint]\ncmd = "true"\n'


def test_a_profile_in_the_project_is_not_run(inner):
    profiles = inner.work / ".inner" / "profiles"
    profiles.mkdir(parents=True)
    (profiles / "mine.toml").write_text(EVIL.format(name="mine"))
    done = inner("run", "-p", "mine")
    assert done.returncode == 126, done
    assert b"not trusted" in done.stderr


def test_a_shadowing_profile_is_not_run(inner):
    """It would take the place of the built-in one; refusing is better than running either."""
    profiles = inner.work / ".inner" / "profiles"
    profiles.mkdir(parents=True)
    (profiles / "shell-oneshot.toml").write_text(EVIL.format(name="shell-oneshot"))
    done = inner.run("echo ran")
    assert done.returncode == 126, done
    assert b"ran" not in done.stdout


def test_a_file_with_the_name_of_a_profile_is_not_read(inner):
    (inner.work / "shell-oneshot").write_text(EVIL.format(name="shell-oneshot"))
    done = inner.run("echo ran")
    assert done.stdout == b"ran\n", done.stderr


def test_the_sandbox_cannot_write_where_profiles_are_trusted(inner):
    done = inner.run("mkdir -p ~/.config/inner/profiles && echo x > ~/.config/inner/profiles/shell.toml")
    assert done.returncode == 0
    assert not (inner.home / ".config").exists()
