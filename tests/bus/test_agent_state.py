# SPDX-License-Identifier: Apache-2.0
"""The sanitised state of agents: a sandbox gets a private copy of logins and settings, without what starts
programs, and the host keeps its own."""

import json
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest
from conftest import descendants, eventually, one_sentence

SECRET = "secret-4711"
LOGINS = {
    ".claude/.credentials.json": {"claudeAiOauth": {"accessToken": SECRET}},
    ".gemini/oauth_creds.json": {"access_token": SECRET, "refresh_token": "r"},
    ".config/cursor/auth.json": {"accessToken": SECRET},
    ".local/share/opencode/auth.json": {"anthropic": {"type": "api", "key": SECRET}},
    ".codex/auth.json": {"OPENAI_API_KEY": SECRET, "tokens": None},
}
# Per agent: what of its settings is there inside, and what of it is not.
SETTINGS = {
    "claude": [(".claude/settings.json", {"model": "opus", "permissions": {"deny": ["Read(.env)"]}},
                {"hooks": {"Stop": [{"command": "evil"}]}, "mcpServers": {"x": {"command": "evil"}},
                 "apiKeyHelper": "evil", "statusLine": {"command": "evil"}, "env": {"K": "evil"},
                 "enabledPlugins": {"evil": True}}),
               (".claude.json", {"hasCompletedOnboarding": True, "oauthAccount": {"emailAddress": "a@b.c"}},
                {"mcpServers": {"x": "evil"}, "projects": {"/evil": {}}, "primaryApiKey": "evil"})],
    "gemini": [(".gemini/settings.json", {"security": {"auth": {"selectedType": "oauth-personal"}},
                                          "ui": {"theme": "Dark"}},
                {"mcpServers": {"x": {"command": "evil"}}, "tools": {"discoveryCommand": "evil"},
                 "hooks": {"x": "evil"}})],
    "cursor": [(".cursor/cli-config.json", {"version": 1, "permissions": {"allow": [], "deny": ["Shell(rm)"]}},
                {"mcpServers": {"x": "evil"}, "sandbox": {"mode": "evil"}})],
    "opencode": [(".config/opencode/opencode.json", {"model": "m", "theme": "t"},
                  {"mcp": {"x": {"command": ["evil"]}}, "plugin": ["evil"], "formatter": {"x": "evil"},
                   "provider": {"p": {"npm": "evil", "options": {"apiKey": "evil"}}}})],
    "codex": [],
    "copilot": [(".copilot/settings.json", {"theme": "dark", "model": "m"}, {"hooks": {"x": "evil"}})],
    "aider": [],
}
LOGIN_OF = {"claude": ".claude/.credentials.json", "gemini": ".gemini/oauth_creds.json",
            "cursor": ".config/cursor/auth.json", "opencode": ".local/share/opencode/auth.json",
            "codex": ".codex/auth.json"}


def put(home, path, value):
    path = home / path
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(value if isinstance(value, str) else json.dumps(value))
    return path


def set_up(home):
    for path, value in LOGINS.items():
        put(home, path, value)
    for files in SETTINGS.values():
        for path, kept, left_out in files:
            put(home, path, {**kept, **left_out})
    put(home, ".claude/skills/greet/SKILL.md", "say hello")
    put(home, ".codex/config.toml", "notify = ['evil']")
    put(home, ".aider.conf.yml", "openai-api-key: evil")
    put(home, ".env", "OPENAI_API_KEY=evil")


def snapshot(home):
    return {str(p): (p.lstat().st_mode, p.lstat().st_mtime_ns, p.read_bytes() if p.is_file() else None)
            for p in home.rglob("*") if "/.local/state" not in str(p)}


def agent_profile(inner, *agents, key="capabilities"):
    lists = json.dumps(list(agents))
    where = f"{key} = {lists}\n" if key == "capabilities" else f"[agent]\nstate = {lists}\n"
    return inner.profile("agent", where + '[sandbox]\nhome = "isolated"\nnetwork_mode = "off"\n'
                   '[entrypoint]\ncmd = "sh"\nargs = ["-c"]\n')


def run(inner, agent, script, *options, key="capabilities", **how):
    return inner("run", "-p", agent_profile(inner, agent, key=key), *options, "--arg", f"cd\n{script}", **how)


@pytest.mark.parametrize("agent", SETTINGS)
def test_what_the_sandbox_sees(private, agent):
    set_up(private.home)
    done = run(private, agent, "find . -type f | sort; echo ==; find . -type f -exec cat {} +")
    assert done.returncode == 0, done.stderr
    names, contents = done.stdout.decode().split("==\n", 1)
    files = [path for path, _, _ in SETTINGS[agent]]
    files += [LOGIN_OF[agent]] if agent in LOGIN_OF else []
    files += [".claude/skills/greet/SKILL.md"] if agent == "claude" else []
    assert names.splitlines() == sorted(f"./{path}" for path in files)
    assert (SECRET in contents) == (agent in LOGIN_OF)
    assert "evil" not in contents
    for path, kept, _ in SETTINGS[agent]:
        assert json.loads(run(private, agent, f"cat {path}").stdout) == kept


def test_by_agent_state(inner):
    set_up(inner.home)
    done = run(inner, "codex", "cat .codex/auth.json", key="state")
    assert json.loads(done.stdout) == LOGINS[".codex/auth.json"], done.stderr


def test_the_copy_is_the_sandboxs_and_the_file_the_hosts(inner):
    """It can be rewritten, replaced and removed; the host's files stay as they are, and the next sandbox
    begins with them."""
    set_up(inner.home)
    script = ("f=.claude/.credentials.json; test $(stat -c %a $f) = 600 && echo renewed > $f.new && "
              "mv $f.new $f && cat $f && rm -r .claude/skills .claude.json && mkdir .claude/new && "
              "echo x > .claude/projects/x && rm -r .claude && ls -A")
    inner("version")
    agent_profile(inner, "claude")
    (inner.home / ".local/state").mkdir()
    before = snapshot(inner.home)
    for _ in range(2):
        done = run(inner, "claude", script)
        assert (done.returncode, done.stdout) == (0, b"renewed\n"), done
        # The profile is written anew by each run of this test.
        after = snapshot(inner.home)
        assert {k: v for k, v in after.items() if "/.config/inner" not in k} == \
            {k: v for k, v in before.items() if "/.config/inner" not in k}


def test_two_sandboxes_share_nothing(inner):
    set_up(inner.home)
    name = agent_profile(inner, "claude")
    script = "cd; echo $MARK >> .claude/.credentials.json; touch .claude/projects/$MARK; echo up; cat; " \
             "cat .claude/.credentials.json; ls .claude/projects"
    processes = [inner.popen("run", "-p", name, "-e", f"MARK=mark-{i}", "--arg", script, stdin=subprocess.PIPE,
                             stdout=subprocess.PIPE) for i in range(2)]
    assert [p.stdout.readline() for p in processes] == [b"up\n"] * 2
    texts = [p.communicate()[0] for p in processes]
    for i, text in enumerate(texts):
        assert text.count(b"mark-%d" % i) == 2 and b"mark-%d" % (1 - i) not in text


def secrets_in_processes():
    found = []
    for pid in descendants():
        for file in ("cmdline", "environ"):
            try:
                data = Path("/proc", str(pid), file).read_bytes()
            except OSError:
                continue
            if SECRET.encode() in data:
                found.append((pid, file, data))
    return found


def holds_secret(path):
    try:
        return path.is_file() and not path.is_symlink() and SECRET.encode() in path.read_bytes()
    except OSError:
        return False


def test_no_secret_is_in_the_open(inner):
    """Neither in a process's words nor in a file outside of the home, and none is left by kill -9."""
    set_up(inner.home)
    name = agent_profile(inner, "claude", "codex")
    with inner.popen("run", "-p", name, "--arg", "cd; grep -c 4711 .claude/.credentials.json; exec sleep 1000",
                     stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"1\n", process.stderr.read()
        assert secrets_in_processes() == []
        assert [p for p in inner.runtime.rglob("*") if holds_secret(p)] == []
        for pid, comm in descendants().items():
            if comm in ("inner-superviso", "inner-sandboxd", "inner-init"):
                os.kill(pid, signal.SIGKILL)
        process.kill()
    assert eventually(lambda: not [n for n in descendants().values() if n in ("sleep", "inner-init", "bwrap")])
    assert [p for p in inner.root.rglob("*") if holds_secret(p) and inner.home not in p.parents] == []
    # Clean up what a killed service leaves: the next one does.
    assert inner("ps").returncode == 0


def test_a_dry_run_names_files_and_reads_none(inner):
    set_up(inner.home)
    name = agent_profile(inner, "claude", "codex")
    (inner.home / ".claude/settings.json").write_text("no json " + SECRET)
    for path in (inner.home / p for p in (".claude/settings.json", ".claude/.credentials.json")):
        path.chmod(0)
    for form in (["--json"], [], ["--format", "bwrap"]):
        done = inner("run", "-n", *form, "-p", name, "--arg", "true")
        assert done.returncode == 0, done.stderr
        assert SECRET.encode() not in done.stdout + done.stderr
    plan = json.loads(inner("run", "-n", "--json", "-p", name, "--arg", "true").stdout)
    copies = {m["source"]: m for m in plan["mounts"] if m["reason"] == "agent" and m["kind"] == "copy"}
    assert str(inner.home / ".claude/.credentials.json") in copies
    assert str(inner.home / ".codex/auth.json") in copies
    assert not plan["warnings"] or not any("login" in w for w in plan["warnings"])
    assert {m["destination"] for m in plan["mounts"] if m["kind"] == "directory"} >= \
        {str(inner.home / ".claude/projects")}


def test_no_secret_crosses_the_bus(bus):
    """Attack 71."""
    set_up(bus.home)
    name = agent_profile(bus, "claude")
    assert bus("version").returncode == 0
    log = bus.root / "monitor"
    with log.open("wb") as file:
        monitor = subprocess.Popen(["dbus-monitor", "--address", bus.env["DBUS_SESSION_BUS_ADDRESS"]], env=bus.env,
                                   stdout=file, stderr=file)
        assert eventually(lambda: b"NameAcquired" in log.read_bytes())
        done = bus("run", "-p", name, "--arg", "cat ~/.claude/.credentials.json")
        assert SECRET.encode() in done.stdout
        assert bus("run", "-n", "-p", name, "--arg", "true").returncode == 0
        assert eventually(lambda: b"Plan" in log.read_bytes())
        time.sleep(0.2)
        monitor.terminate()
        monitor.wait()
    assert b"Start" in log.read_bytes()
    assert SECRET.encode() not in log.read_bytes()


def warnings(inner, name, *options, **how):
    done = inner("run", "-n", "--json", "-p", name, *options, "--arg", "true", **how)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)["warnings"]


def test_a_missing_login_says_what_to_do(inner):
    name = agent_profile(inner, "claude")
    [warning] = [w for w in warnings(inner, name) if w.startswith("claude:")]
    assert ".claude/.credentials.json" in warning and "ANTHROPIC_API_KEY" in warning
    assert not [w for w in warnings(inner, name, "-e", "ANTHROPIC_API_KEY=k") if w.startswith("claude:")]
    assert run(inner, "claude", "ls -A").stdout == b".claude\n"


def test_invalid_settings_are_left_out_and_told(private):
    """What is wrong with them is told where the service talks, and never in their own words."""
    set_up(private.home)
    put(private.home, ".claude/settings.json", '{"model": "' + SECRET)
    done = run(private, "claude", "ls -A .claude")
    assert done.returncode == 0
    assert b"settings.json" not in done.stdout and b".credentials.json" in done.stdout
    assert b"settings.json" in done.stderr and b"is not copied" in done.stderr
    assert SECRET.encode() not in done.stderr


def test_settings_may_be_a_link(inner):
    """As managers of dotfiles make it."""
    put(inner.home, "dotfiles/claude.json", {"model": "opus", "hooks": "evil"})
    (inner.home / ".claude").mkdir()
    (inner.home / ".claude/settings.json").symlink_to("../dotfiles/claude.json")
    done = run(inner, "claude", "test ! -L .claude/settings.json && cat .claude/settings.json")
    assert json.loads(done.stdout) == {"model": "opus"}


def test_a_mount_in_the_way(inner):
    done = run(inner, "claude", "true", "-m", f"{inner.work}:{inner.home}/.claude:rw")
    assert done.returncode == 125
    assert "claude" in one_sentence(done)
    assert not list(inner.work.iterdir())


def test_an_unknown_agent(inner):
    done = run(inner, "cluade", "true")
    assert done.returncode == 125
    assert "“claude”" in one_sentence(done)


def test_a_large_tree(inner):
    """More files than a message carries descriptors."""
    for i in range(1500):
        put(inner.home, f".claude/skills/{i % 30}/{i}", f"file {i}")
    done = run(inner, "claude", "find .claude/skills -type f | wc -l; cat .claude/skills/29/1499")
    assert done.stdout == b"1500\nfile 1499", done.stderr


def test_a_home_that_is_kept(inner):
    """Each sandbox begins with the host's login, whatever the last one left in its place."""
    set_up(inner.home)
    name = inner.profile("kept", 'capabilities = ["claude"]\n[sandbox]\nhome = "persistent"\nnetwork_mode = "off"\n'
                   '[entrypoint]\ncmd = "sh"\nargs = ["-c"]\n')
    for _ in range(3):
        done = inner("run", "-p", name, "--arg", "cat ~/.claude/.credentials.json; echo evil > ~/.claude/.credentials.json")
        assert (done.returncode, SECRET.encode() in done.stdout) == (0, True), done
