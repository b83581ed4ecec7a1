# SPDX-License-Identifier: Apache-2.0
"""innerctl profile validate and show: every mistake with its place and what may have been meant."""

import json
import os
import re
import textwrap

import pytest
from conftest import PREFIX, one_sentence

PROFILES = ".config/inner/profiles"


def write(person, name, text, folder=PROFILES):
    path = person.home / folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(textwrap.dedent(text).lstrip("\n"))
    return path


def validate(person, *words, **how):
    """The exit code and the lines on stdout."""
    done = person("profile", "validate", *words, **how)
    return done.returncode, done.stdout.decode().splitlines()


def places(lines, path):
    """(line, column, kind) of each issue in the document."""
    found = []
    for line in lines:
        match = re.match(rf"{re.escape(str(path))}:(\d+):(\d+): (error|warning): .", line)
        if match:
            found.append((int(match[1]), int(match[2]), match[3]))
    return found


GOOD = """
    schema_version = "1"
    [entrypoint]
    cmd = "/bin/sh"
    interactive = true
    """


def test_nothing_to_say(inner):
    path = write(inner, "good.toml", GOOD)
    assert validate(inner, "good") == (0, [])
    assert validate(inner, path) == (0, [])


def test_all_mistakes_of_a_document_at_once(inner):
    path = write(inner, "bad.toml", """
        schema_version = "2"
        capabilites = ["claude"]
        [sandbox]
        home = "isolatd"
        network_mode = "open"
        limits = { memory = true }
        [mounts]
        "/data" = { dest = "/x", mode = "rx" }
        """)
    code, lines = validate(inner, "bad")
    assert code == 1
    assert places(lines, path) == [
        (1, 18, "error"), (2, 1, "error"), (4, 8, "error"), (6, 21, "error"), (8, 33, "error"),
    ], lines
    assert "did you mean “capabilities”?" in lines[1]
    assert "did you mean “isolated”?" in lines[2]
    # The readers' words of section 1.7: each is an error with what may be written.
    for key, wrong, near in [("home", "hom", "isolated"), ("git_dir", "protectd", "protected"),
                             ("network_mode", "allow-list", "allowlist"), ("cgroup_manager", "systemdd", "systemd")]:
        write(inner, "bad.toml", f'[sandbox]\n{key} = "{wrong}"\n')
        code, lines = validate(inner, "bad")
        assert code == 1 and places(lines, path) == [(2, len(key) + 4, "error")]
        assert near in lines[0]


def test_rules_in_the_order_of_the_document(inner):
    path = write(inner, "rules.toml", """
        schema_version = "1"
        capabilities = ["cluade"]
        [sandbox]
        network_mode = "allowlist"
        network_allow = ["api.example", "@githb"]
        allow = ["podman-socket",
                 "docker-sokcet"]
        git_dir = "rw"
        home_allow = ["~"]
        [mounts]
        "/no/such/directory" = { dest = "/x" }
        [entrypoint]
        cmd = "no-such-command"
        interactive = true
        [noop]
        block = ["rm -rf"]
        """)
    code, lines = validate(inner, "rules")
    assert code == 1
    assert places(lines, path) == [
        (2, 17, "error"), (5, 33, "error"), (7, 10, "error"), (8, 11, "warning"), (9, 15, "error"),
        (11, 1, "error"), (13, 7, "warning"), (16, 10, "error"),
    ], lines
    text = "\n".join(lines)
    for meant in ("claude", "@github", "docker-socket"):
        assert f"did you mean “{meant}”?" in text
    assert "Cannot mount “/no/such/directory”: it does not exist; make it, or correct the path" in text


def test_only_warnings(inner):
    path = write(inner, "loose.toml", """
        [sandbox]
        git_dir = "rw"
        [entrypoint]
        cmd = "/bin/sh"
        """)
    code, lines = validate(inner, "loose")
    assert code == 0 and places(lines, path) == [(2, 11, "warning")]
    # What no line stands for has the document's name.
    assert any(line.startswith(f"{path}: warning: ") and "timeout_seconds" in line for line in lines)


def test_mistakes_of_bases(inner):
    one = write(inner, "one.toml", "[sandbox]\nhom = 1\n")
    two = write(inner, "two.xml", '<profile version="1">\n <sandbox>\n  <hme/>\n </sandbox>\n</profile>\n')
    child = write(inner, "child.toml", 'extends = ["one", "./two.xml"]\n')
    code, lines = validate(inner, "child")
    assert code == 1 and len(lines) == 2
    assert places(lines, one) == [(2, 1, "error")]
    assert places(lines, two) == [(3, 3, "error")]

    # A base that is well-formed and breaks a rule, item by item
    write(inner, "one.toml", '[sandbox]\nrequire = ["landlock",\n  "landlok"]\n')
    write(inner, "child.toml", 'extends = "one"\n[sandbox]\nrequire = ["secomp"]\n' + textwrap.dedent(GOOD)[22:])
    code, lines = validate(inner, "child")
    assert code == 1
    assert places(lines, child) == [(3, 12, "error")] and "seccomp" in lines[0]
    assert places(lines, one) == [(3, 3, "error")] and "landlock" in lines[1]

    write(inner, "child.toml", 'extends = "oen"\n')
    code, lines = validate(inner, "child")
    assert code == 1 and places(lines, child) == [(1, 11, "error")]
    assert "did you mean “one”?" in lines[0]

    write(inner, "child.toml", 'extends = "one"\n')
    write(inner, "one.toml", 'extends = "child"\n')
    code, lines = validate(inner, "child")
    assert code == 1 and len(lines) >= 1 and "extends this profile in its turn" in "".join(lines)


@pytest.mark.parametrize("content", [None, b"\0", b"x" * 2_000_000, b"[" * 50_000], ids=["fifo", "nul", "big", "deep"])
def test_hostile_documents(inner, content):
    path = write(inner, "hostile.toml", "")
    if content is None:
        path.unlink()
        os.mkfifo(path)
    else:
        path.write_bytes(content)
    code, lines = validate(inner, "hostile")
    assert code == 1 and len(lines) == 1 and lines[0].startswith(f"{path}:1:")
    assert validate(inner, path)[0] == 1


def test_all(inner):
    shadowed = PREFIX / "share/inner/profiles/shell.xml"
    write(inner, "good.toml", GOOD)
    own = write(inner, "shell.toml", "[sandbox]\nhme = 1\n")
    done = inner("profile", "validate", "--all", "--json")
    results = json.loads(done.stdout)
    assert done.returncode == 1
    assert [one["profile"] for one in results].count("shell") == 2
    broken = [one for one in results if any(i["severity"] == "error" for i in one["issues"])]
    # What extends the one of that name is broken with it.
    assert sorted(one["profile"] for one in broken) == ["shell", "shell-containers", "shell-oneshot"]
    assert {i["path"] for one in broken for i in one["issues"]} == {str(own)}

    code, lines = validate(inner, "--all")
    # A base is told about once.
    assert code == 1 and places(lines, own) == [(2, 1, "error")] and not places(lines, shadowed)
    own.unlink()
    assert validate(inner, "--all")[0] == 0


def test_json(inner):
    path = write(inner, "bad.toml", '[sandbox]\nrequire = ["landlok"]\n[entrypoint]\ninteractive = true\n')
    done = inner("profile", "validate", "--json", "bad")
    assert done.returncode == 1 and done.stderr == b""
    assert json.loads(done.stdout) == [{"profile": "bad", "issues": [{
        "severity": "error", "path": str(path), "line": 2, "column": 12, "key": "sandbox.require",
        "message": "“landlok” is no word for “sandbox.require”; did you mean “landlock”?",
    }]}]
    assert json.loads(inner("profile", "validate", "--json", "shell").stdout) == [{"profile": "shell", "issues": []}]


def test_what_is_not_there(inner):
    done = inner("profile", "validate", "shel")
    assert done.returncode == 125 and "did you mean “shell”?" in one_sentence(done)
    assert inner("profile", "validate", "--all", "shell").returncode == 125
    # The others are told about.
    path = write(inner, "bad.toml", "hme = 1\n")
    done = inner("profile", "validate", "no-such-profile-at-all", "bad")
    assert done.returncode == 125 and str(path).encode() in done.stdout


def test_of_whose_environment(inner):
    """It is that of who asks, and not that of a service that runs already."""
    path = write(inner, "env.toml", textwrap.dedent(GOOD).lstrip() + "[env.set]\nA = \"$INNER_TEST_VARIABLE/x\"\n")
    code, lines = validate(inner, "env")
    assert code == 0 and (6, 1, "warning") in places(lines, path) and "INNER_TEST_VARIABLE" in lines[0]
    assert validate(inner, "env", env={"INNER_TEST_VARIABLE": "/tmp"}) == (0, [])


def test_builtin(inner):
    """None has anything to say where what it runs is installed and its agent is set up."""
    tools = inner.home / ".local/bin"
    tools.mkdir(parents=True)
    entries = json.loads(inner("profile", "list", "--json").stdout)
    assert len(entries) >= 4
    for entry in entries:
        explained = json.loads(inner("profile", "show", "--json", entry["name"]).stdout)
        command = explained["values"].get("entrypoint.cmd", "sh")
        if not command.startswith("/") and not os.path.exists(f"/usr/bin/{command}"):
            (tools / command).write_text("#!/bin/sh\n")
    env = {"PATH": f"/usr/bin:/bin:{tools}"}
    for entry in entries:
        done = inner("profile", "validate", "--json", entry["path"], env=env)
        issues = json.loads(done.stdout)[0]["issues"]
        assert done.returncode == 0
        # Here nobody is logged in, and those with podman open more of the kernel on purpose.
        expected = {"capabilities", "agent.state"}
        expected |= {"sandbox.allow"} if entry["name"].endswith("-containers") else set()
        assert [i for i in issues if i["key"] not in expected] == []


def test_start_refuses_errors_and_names_their_place(inner):
    path = write(inner, "bad.toml", '[entrypoint]\ncmd = "true"\n[noop]\nblock = ["a b"]\n')
    done = inner("run", "-p", "bad")
    assert done.returncode == 125 and f"{path}:4:10: " in one_sentence(done)


SHOWN = """
    schema_version = "1"
    capabilities = ["claude"]
    [sandbox]
    network_mode = "allowlist"
    network_allow = ["@maven", "x.example:8443", "@npm"]
    network_deny = ["@go"]
    allow = ["display"]
    """


def test_show_ends_with_the_network(inner):
    write(inner, "net.toml", SHOWN)
    text = inner("profile", "show", "net").stdout.decode()
    comments = [line for line in text.splitlines() if line.startswith("#")]
    assert comments[0] == "# network: allowlist" and text.splitlines()[-len(comments):] == comments
    assert "#   allow repo1.maven.org  [group:@maven]" in comments
    assert "#   allow x.example:8443  [profile]" in comments
    assert "#   allow @npm  [profile]" in comments
    assert "#   allow api.anthropic.com  [agent:claude]" in comments
    assert "#   deny  sum.golang.org  [group:@go]" in comments
    assert b"#" not in inner("profile", "show", "net", "--format", "xml").stdout
    assert json.loads(inner("profile", "show", "net", "--json").stdout)["document"] + "# network" in text
    # What is shown is a profile again.
    copy = write(inner, "copy.toml", text)
    assert validate(inner, copy)[0] == 0


def test_show_of_the_default(inner):
    lines = inner("profile", "show").stdout.decode().splitlines()
    assert lines[0].startswith("# shell") and lines[0].endswith("shell.xml")
    assert lines[-1] == "# network: off"
    assert not inner("profile", "show", "shell").stdout.startswith(b"#")


def test_explain(inner):
    write(inner, "net.toml", SHOWN)
    text = inner("profile", "show", "--explain", "net").stdout.decode()
    sections = text.split("\n\n")
    assert len(sections) == 4
    assert re.search(r"^sandbox.network_mode +allowlist +.*net.toml:4$", sections[0], flags=re.MULTILINE)
    assert re.search(r"^display +The sandbox uses your screen", sections[1], flags=re.MULTILINE)
    assert re.search(r"^deny +sum.golang.org +group:@go$", sections[2], flags=re.MULTILINE)
    assert re.search(r"^claude +a copy of your Claude Code login", sections[3], flags=re.MULTILINE)
    # A profile that asks for nothing has no such sections.
    assert "\n\n" not in inner("profile", "show", "--explain", "shell").stdout.decode().strip()


def test_explain_item_by_item(inner):
    """Where a list or a map has items of several documents, each is shown with its own place."""
    base = write(inner, "base.toml", textwrap.dedent(SHOWN) + textwrap.dedent("""
        [env.set]
        A = "1"
        B = "2"
        [mounts]
        "/usr/share" = { dest = "/share" }
        """).lstrip())
    child = write(inner, "child.toml", """
        extends = "base"
        [sandbox]
        network_allow = ["@npm", "y.example"]
        network_deny = ["z.example"]
        [env.set]
        B = "3"
        C = "4"
        [mounts]
        "/usr/lib" = { dest = "/a b", mode = "ro" }
        """)
    lines = [line.split() for line in inner("profile", "show", "--explain", "child").stdout.decode().splitlines()]
    rows = [line for line in lines if line and line[0].startswith(("sandbox.network_", "env.set", "mounts"))]
    assert rows == [
        ["sandbox.network_mode", "allowlist", f"{base}:4"],
        ["sandbox.network_allow", "@maven", f"{base}:5"],
        ["sandbox.network_allow", "x.example:8443", f"{base}:5"],
        ["sandbox.network_allow", "@npm", f"{base}:5"],
        ["sandbox.network_allow", "y.example", f"{child}:3"],
        ["sandbox.network_deny", "@go", f"{base}:6"],
        ["sandbox.network_deny", "z.example", f"{child}:4"],
        ["mounts", "/usr/share", "/share", "ro", f"{base}:12"],
        ["mounts", "/usr/lib", "'/a", "b'", "ro", f"{child}:9"],
        ["env.set", "A=1", f"{base}:9"],
        ["env.set", "B=3", f"{child}:6"],
        ["env.set", "C=4", f"{child}:7"],
    ], rows
    origins = json.loads(inner("profile", "show", "--json", "child").stdout)["item-origins"]
    assert origins["env.set"] == [[str(base), 9, 1], [str(child), 6, 1], [str(child), 7, 1]]
    assert origins["sandbox.allow"] == [[str(base), 7, 10]]


def test_no_document_writes_our_comments(inner):
    """Attack 32: a pattern with a line break would put lines of its own behind the document."""
    write(inner, "evil.toml", '[sandbox]\nnetwork_allow = ["a\\nname = \\"evil\\"\\u202e"]\n')
    text = inner("profile", "show", "evil").stdout.decode()
    tail = text[text.index("# network"):]
    assert all(line.startswith("#") for line in tail.splitlines()) and "\u202e" not in tail
