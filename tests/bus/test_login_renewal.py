# SPDX-License-Identifier: Apache-2.0
"""A login that an agent renews in a sandbox: taken over whole where the profile allows it, also when programs of ours
are killed; else discarded and told."""

import json
import os
import signal
import stat
import threading
import time
from pathlib import Path

import pytest
from conftest import SERVICE, descendants, eventually

AGENTS = {
    "claude": (".claude/.credentials.json",
               {"claudeAiOauth": {"accessToken": "old", "refreshToken": "r", "expiresAt": 1, "scopes": ["a"]},
                "mcpOAuth": {"x": "mine"}},
               {"claudeAiOauth": {"accessToken": "new", "refreshToken": "r2", "expiresAt": 2, "scopes": ["a"]}}),
    "gemini": (".gemini/oauth_creds.json", {"access_token": "old", "refresh_token": "1//r", "expiry_date": 1, "extra": "mine"},
               {"access_token": "new", "refresh_token": "1//r", "expiry_date": 2}),
    "cursor": (".config/cursor/auth.json", {"accessToken": "old", "refreshToken": "r", "extra": "mine"},
               {"accessToken": "new", "refreshToken": "r2"}),
    "opencode": (".local/share/opencode/auth.json",
                 {"anthropic": {"type": "oauth", "access": "old", "refresh": "r", "expires": 1},
                  "openai": {"type": "api", "key": "mine"}},
                 {"anthropic": {"type": "oauth", "access": "new", "refresh": "r2", "expires": 2},
                  "https://evil.example": {"type": "wellknown", "key": "x", "token": "x"},
                  "openai": {"type": "wellknown", "key": "evil"}}),
    "codex": (".codex/auth.json", {"auth_mode": "chatgpt", "tokens": {"access_token": "old", "refresh_token": "r",
                                                                      "id_token": "i", "account_id": "a"}, "extra": "mine"},
              {"auth_mode": "chatgpt", "tokens": {"access_token": "new", "refresh_token": "r2", "id_token": "i2",
                                                  "account_id": "evil"}}),
}
EXPECTED = {
    "claude": {"claudeAiOauth": {"accessToken": "new", "refreshToken": "r2", "expiresAt": 2, "scopes": ["a"]},
               "mcpOAuth": {"x": "mine"}},
    "gemini": {"access_token": "new", "refresh_token": "1//r", "expiry_date": 2, "extra": "mine"},
    "cursor": {"accessToken": "new", "refreshToken": "r2", "extra": "mine"},
    "opencode": {"anthropic": {"type": "oauth", "access": "new", "refresh": "r2", "expires": 2},
                 "openai": {"type": "api", "key": "mine"}},
    "codex": {"auth_mode": "chatgpt", "tokens": {"access_token": "new", "refresh_token": "r2", "id_token": "i2",
                                                 "account_id": "a"}, "extra": "mine"},
}


def login_of(inner, agent):
    return inner.home / AGENTS[agent][0]


def set_up(inner, agent="claude", write_back=True):
    path = login_of(inner, agent)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(AGENTS[agent][1]))
    path.chmod(0o600)
    inner.profile("renew", f'capabilities = ["{agent}"]\n[agent]\nwrite_back = {str(write_back).lower()}\n'
                           '[sandbox]\nhome = "isolated"\nnetwork_mode = "off"\n[entrypoint]\ncmd = "sh"\nargs = ["-c"]\n')
    (inner.work / "new.json").write_text(json.dumps(AGENTS[agent][2]))
    return path


def renew(agent="claude"):
    """As agents do it: a new file in the place of the old one."""
    path = AGENTS[agent][0]
    return f"cp /workspace/new.json ~/{path}.tmp && mv ~/{path}.tmp ~/{path}"


def run(inner, script, *options, **how):
    return inner("run", "-p", "renew", *options, "--arg", script, **how)


def no_traces(inner):
    """Nothing else in the home directory changed: no temporary file, no copy."""
    return [p for p in inner.home.rglob("*") if ".inner-" in p.name or p.name.endswith(".tmp")] == []


@pytest.mark.parametrize("agent", AGENTS)
def test_taken_over(inner, agent):
    path = set_up(inner, agent)
    path.chmod(0o640)
    done = run(inner, renew(agent))
    assert done.returncode == 0, done
    assert json.loads(path.read_text()) == EXPECTED[agent]
    assert stat.S_IMODE(path.stat().st_mode) == 0o640 and path.stat().st_nlink == 1
    assert done.stderr.decode().count("\n") == 1 and agent in done.stderr.decode(), done
    assert no_traces(inner)


def test_nothing_changed(inner):
    path = set_up(inner)
    before = path.stat()
    done = run(inner, "cat ~/.claude/.credentials.json > /dev/null")
    assert (done.returncode, done.stderr) == (0, b"")
    assert path.stat() == before or path.stat()[:7] == before[:7]


def test_discarded_where_it_is_not_allowed(inner):
    path = set_up(inner, write_back=False)
    before = path.read_bytes()
    done = run(inner, renew())
    assert path.read_bytes() == before
    assert b"agent.write_back" in done.stderr, done
    assert no_traces(inner)


def test_the_host_wins(inner):
    """The agent runs on the host, too, and renews its login there while the sandbox runs."""
    path = set_up(inner)
    theirs = {"claudeAiOauth": {"accessToken": "theirs", "refreshToken": "t", "expiresAt": 9}}
    ready = inner.work / "ready"
    client = inner.popen("run", "-p", "renew", "--arg", f"touch ready; while [ -e ready ]; do sleep 0.05; done; {renew()}",
                         stderr=-1)
    assert eventually(ready.exists)
    path.write_text(json.dumps(theirs))
    ready.unlink()
    _, said = client.communicate(timeout=30)
    assert json.loads(path.read_text()) == theirs
    assert b"yours changed meanwhile" in said
    assert no_traces(inner)


def test_after_a_stop(inner):
    """Also when the command is killed, and PID 1 with it."""
    path = set_up(inner)
    started = run(inner, f"{renew()}; touch ready; trap '' TERM; while :; do sleep 1; done", "-d")
    name = started.stdout.decode().strip()
    assert eventually((inner.work / "ready").exists)
    inner("kill", "-s", "KILL", name)
    waited = inner("wait", name)
    assert json.loads(path.read_text()) == EXPECTED["claude"], waited


def test_after_the_time_limit(inner):
    path = set_up(inner)
    done = run(inner, f"{renew()}; sleep 1000", "--timeout", "1")
    assert done.returncode == 124
    assert json.loads(path.read_text()) == EXPECTED["claude"], done


@pytest.mark.parametrize("script,word", [
    ("rm -f ~/{0} && ln -s /etc/passwd ~/{0}", "symbolic link"),
    ("rm -f ~/{0} && mkfifo ~/{0}", "regular file"),
    ("rm -f ~/{0} && mkdir ~/{0}", "regular file"),
    ("head -c 3000000 /dev/zero > ~/{0}", "too large"),
    ("head -c 300000 /dev/zero | tr '\\0' '[' > ~/{0}", "nested too deeply"),
    ("echo nonsense > ~/{0}", "JSON"),
    ("chmod 0 ~/{0}", "ermission"),
])
def test_hostile_contents(inner, script, word):
    path = set_up(inner)
    before = path.read_bytes()
    begin = time.monotonic()
    done = run(inner, script.format(AGENTS["claude"][0]))
    assert path.read_bytes() == before
    if not (word == "ermission" and os.getuid() == 0):
        assert word in done.stderr.decode(), done
    assert time.monotonic() - begin < 20
    assert no_traces(inner)


def test_removed_inside(inner):
    path = set_up(inner)
    before = path.read_bytes()
    done = run(inner, "rm ~/.claude/.credentials.json; rmdir ~/.claude/todos; mv ~/.claude ~/elsewhere")
    assert (done.returncode, done.stderr) == (0, b""), done
    assert path.read_bytes() == before


def test_reader_on_the_host_sees_a_whole_file(bus):
    path = set_up(bus)
    seen = set()
    stop = threading.Event()

    def watch():
        while not stop.is_set():
            seen.add(path.read_bytes())

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        for i in range(12):
            (bus.work / "new.json").write_text(json.dumps({"claudeAiOauth": {"accessToken": f"new{i}", "expiresAt": i + 2}}))
            assert run(bus, renew()).returncode == 0
    finally:
        stop.set()
        thread.join()
    tokens = [json.loads(text)["claudeAiOauth"]["accessToken"] for text in seen]
    assert json.loads(path.read_text())["claudeAiOauth"]["accessToken"] == "new11"
    assert len(set(tokens)) >= 5


# kill -9

def pids(name):
    return [pid for pid, found in descendants().items() if found == name]


def kill_all(name):
    for pid in pids(name):
        os.kill(pid, signal.SIGKILL)


def start(inner):
    """A sandbox that renews its login when the file “go” appears, and ends."""
    started = run(inner, f"touch ready; until [ -e go ]; do sleep 0.05; done; {renew()}", "-d")
    assert started.returncode == 0, started
    assert eventually((inner.work / "ready").exists)
    return started.stdout.decode().strip()


def test_the_next_service_finishes(bus):
    """The service is killed while the sandbox runs."""
    path = set_up(bus)
    name = start(bus)
    kill_all(SERVICE)
    (bus.work / "go").touch()
    assert eventually(lambda: not pids("bwrap"))
    time.sleep(0.3)
    waited = bus("wait", name)
    assert json.loads(path.read_text()) == EXPECTED["claude"], waited
    assert b"has the new one" in waited.stderr
    assert no_traces(bus)


def test_the_service_is_killed_before_it_takes_it_over(bus):
    """It is stopped when the end is told, and killed: the supervisor leaves a note for the next one."""
    path = set_up(bus)
    name = start(bus)
    (service,) = pids(SERVICE)
    os.kill(service, signal.SIGSTOP)
    (bus.work / "go").touch()
    note = bus.path() / name / "logins"
    assert eventually(lambda: not pids("bwrap"))
    assert eventually(note.exists)
    os.kill(service, signal.SIGKILL)
    assert eventually(lambda: not pids("inner-superviso"), timeout=15)
    assert json.loads(path.read_text()) == AGENTS["claude"][1]
    assert stat.S_IMODE(note.stat().st_mode) == 0o600
    waited = bus("wait", name)
    assert json.loads(path.read_text()) == EXPECTED["claude"], waited
    assert not note.exists() and no_traces(bus)


def test_the_supervisor_is_killed(inner):
    """The sandbox dies with it, and what it had is told to be lost."""
    path = set_up(inner)
    before = path.read_bytes()
    ready = inner.work / "ready"
    client = inner.popen("run", "-p", "renew", "--arg", f"{renew()}; touch ready; sleep 1000", stderr=-1)
    assert eventually(ready.exists)
    kill_all("inner-superviso")
    _, said = client.communicate(timeout=30)
    assert path.read_bytes() == before
    assert b"torn down" in said, said
    assert no_traces(inner)


def test_all_are_killed(bus):
    path = set_up(bus)
    before = path.read_bytes()
    start(bus)
    kill_all(SERVICE)
    kill_all("inner-superviso")
    assert eventually(lambda: not pids("bwrap"))
    assert bus("ps").returncode == 0
    assert path.read_bytes() == before
    assert eventually(lambda: b"torn down" in bus.log.read_bytes())
    assert not [p for p in bus.path().iterdir() if p.is_dir()] and no_traces(bus)


def test_killed_at_any_moment(bus):
    """The service is killed after 0 to 60 ms of its work, thirty times: the login is the old or the new one, whole, and
    in the end the new one."""
    path = set_up(bus)
    for i in range(30):
        (bus.work / "new.json").write_text(json.dumps({"claudeAiOauth": {"accessToken": f"new{i}", "expiresAt": i + 2}}))
        for leftover in ("go", "ready"):
            (bus.work / leftover).unlink(missing_ok=True)
        name = start(bus)
        old = json.loads(path.read_text())["claudeAiOauth"]["accessToken"]
        (bus.work / "go").touch()
        assert eventually(lambda: not pids("bwrap"))
        time.sleep(i * 0.002)
        kill_all(SERVICE)
        assert json.loads(path.read_text())["claudeAiOauth"]["accessToken"] in (old, f"new{i}")
        assert eventually(lambda: not pids("inner-superviso"), timeout=15)
        bus("ps")
        assert json.loads(path.read_text())["claudeAiOauth"]["accessToken"] == f"new{i}", i
        assert no_traces(bus)
        bus("wait", name)
    assert Path(path).stat().st_nlink == 1
