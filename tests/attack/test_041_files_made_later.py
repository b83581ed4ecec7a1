# SPDX-License-Identifier: Apache-2.0
"""Attack 41: what is guarded or hidden is a rule, not the list of what was there at the start: files that come later,
under other names and in other places, are judged when the sandbox has ended."""

from guards import run, told, write_profile


def test_own_guards_on_what_comes_later(inner):
    profile = write_profile(inner, "guarded", 'guard = ["keys", "deploy.sh"]')
    result = run(inner, "mkdir keys; echo x > keys/new.pem; echo x > tmp; mv tmp deploy.sh; ls", profile=profile)
    assert result.stdout == b"attack.py\ndeploy.sh\nkeys\n" or result.stdout == b"deploy.sh\nkeys\n"
    assert not (inner.work / "keys").exists() and not (inner.work / "deploy.sh").exists()
    assert told(result, inner.work / "keys") or told(result, inner.work / "keys/new.pem")


def test_by_detours(inner):
    """Renamed into place, linked into place, and made by the name of a descriptor."""
    run(inner, "mkdir d; echo evil > d/tasks.json; mv d .vscode; echo evil > x; ln x .envrc; ln -s x .tool-versions; "
               "exec 7> .mcp.json; echo evil >&7")
    assert sorted(path.name for path in inner.work.iterdir()) == ["x"]
