# SPDX-License-Identifier: Apache-2.0
"""What privileges open, with the real thing behind each: podman's service, agents of ssh and gpg, screens of
X11 and Wayland, credentials. The polkit here says yes; tests/polkit is about who may."""

import json
import os
import pwd
import shutil
import signal
import socket
import subprocess
import threading
from pathlib import Path

import pytest

from conftest import Inner, eventually, one_sentence

UID = os.getuid()
INSIDE = f"/run/user/{UID}"


@pytest.fixture
def person(sandboxes_possible):
    person = Inner("private", polkit="allow")
    person.helpers = []
    yield person
    for helper in reversed(person.helpers):
        helper.terminate()
        helper.wait(10)
    person.close()


def needs(*programs):
    missing = [p for p in programs if shutil.which(p) is None]
    return pytest.mark.skipif(bool(missing), reason=f"not installed: {', '.join(missing)}")


def start(person, *command, **how):
    log = (person.root / "helper-log").open("ab")
    env = {**person.env, **how.pop("env", {})}
    helper = subprocess.Popen(list(map(str, command)), env=env, stdout=how.pop("stdout", log), stderr=log, **how)
    person.helpers.append(helper)
    return helper


def privileges(person):
    return [asked["action"].removeprefix("org.inner.sandbox.") for asked in person.asked_polkit()]


def listen(path):
    """A socket that answers one line to whoever connects, for what is not installed here."""
    path.parent.mkdir(parents=True, exist_ok=True)
    server = socket.socket(socket.AF_UNIX)
    server.bind(str(path))
    server.listen()

    def serve():
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            connection.sendall(b"hello from the engine\n")
            connection.close()

    threading.Thread(target=serve, daemon=True).start()
    return server


CONNECT = """/usr/bin/python3 -c '
import socket, sys
s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]); sys.stdout.write(s.makefile().readline())' """


# podman


@pytest.fixture
def podman(person):
    sock = person.runtime / "podman/podman.sock"
    sock.parent.mkdir()
    start(person, "podman", "system", "service", "--time=0", f"unix://{sock}")
    if not eventually(sock.exists, 20):
        pytest.skip("rootless podman cannot serve here: " + (person.root / "helper-log").read_text()[-300:])
    yield sock
    # What keeps podman's own user namespace alive does not end with the service.
    for pidfile in person.runtime.glob("**/pause.pid"):
        os.kill(int(pidfile.read_text()), signal.SIGKILL)


@needs("podman")
def test_podman(person, podman):
    done = person.run(f"ls -A {INSIDE} {INSIDE}/podman; echo $DOCKER_HOST; "
                      "podman --remote version --format '{{.Server.Version}}'; podman --remote info | head -c 5",
                      "--allow", "podman-socket")
    version = subprocess.run(["podman", "--version"], capture_output=True, text=True).stdout.split()[-1]
    lines = done.stdout.decode().split("\n")
    # Of the run-time directory only this socket.
    assert lines[:5] == [f"{INSIDE}:", "podman", "", f"{INSIDE}/podman:", "podman.sock"], done
    assert lines[5:8] == [f"unix://{INSIDE}/podman/podman.sock", version, "host:"], done
    assert privileges(person) == ["podman-socket"]


# An image of this machine's own shell, for podman without a registry.
IMAGE = """set -e
mkdir -p rootfs/bin rootfs/proc rootfs/sys rootfs/dev rootfs/tmp
cp /bin/sh /usr/bin/id rootfs/bin
for f in $(ldd /bin/sh /usr/bin/id | grep -o '/lib[^ ]*' | sort -u); do mkdir -p rootfs/$(dirname $f); cp $f rootfs/$f; done
tar -C rootfs -c . | podman import -q - localhost/tiny > /dev/null
"""


def subordinate_ids():
    return all(any(line.startswith(f"{pwd.getpwuid(UID).pw_name}:") for line in open(f"/etc/sub{kind}"))
               for kind in ("uid", "gid"))


needs_ids = pytest.mark.skipif(not subordinate_ids(), reason="this user has no subordinate ids")


@needs("podman", "newuidmap")
@needs_ids
def test_podman_in_the_sandbox(person):
    """Rootless containers in it, with more than one user, and without any podman outside."""
    script = IMAGE + """podman run --rm --network=none localhost/tiny /bin/sh -c 'id -u; echo in a container' 2>&1
        podman run --rm localhost/tiny --user 1000 2>/dev/null || podman run --rm --user 1000 localhost/tiny /bin/id -u 2>&1"""
    done = person.run(script, "--allow", "nested-user-ns", timeout=120)
    assert done.stdout.split(b"\n")[:2] == [b"0", b"in a container"], done
    assert done.stdout.endswith(b"\n1000\n"), done
    assert privileges(person) == ["nested-user-ns"]
    done = person.run("podman info", timeout=60)
    assert done.returncode != 0


@needs("podman", "newuidmap")
@needs_ids
@pytest.mark.parametrize("name", ["shell-containers", "claude-containers"])
def test_profiles_with_containers(person, podman, name):
    """“docker” is podman's client, and what it starts is started by the podman outside. Where that cannot run a
    container (crun refuses control groups of both kinds), its words come through all the same; tests/system has a
    machine where it can."""
    env = person.env
    subprocess.run(["sh", "-c", IMAGE], env=env, cwd=person.root, check=True, capture_output=True)
    try:
        probe = subprocess.run(["podman", "run", "--rm", "--network=none", "localhost/tiny", "/bin/sh", "-c", "echo ok"],
                               env=env, capture_output=True)
        done = person("run", "-p", name, "--no-interactive", "--no-network", "--entrypoint", "sh", "--arg=-c", "--arg",
                      "docker run --rm --network=none localhost/tiny /bin/sh -c 'echo ok'; podman info --format "
                      "'{{.Host.RemoteSocket.Path}}'", timeout=120)
        if probe.stdout == b"ok\n":
            assert done.stdout.startswith(b"ok\n"), done
        else:
            assert probe.stderr.strip().split(b": ")[-1] in done.stderr, (probe, done)
        assert done.stdout.endswith(f"unix://{person.runtime}/podman/podman.sock\n".encode()), done
        assert privileges(person) == ["nested-user-ns", "podman-socket"]
    finally:
        subprocess.run(["podman", "rmi", "-af"], env=env, capture_output=True)
        subprocess.run(["podman", "unshare", "rm", "-rf", person.home / ".local"], env=env, capture_output=True)


def test_podman_is_not_there(person):
    done = person.run("true", "--allow", "podman-socket")
    assert done.returncode == 125
    assert "podman.socket" in one_sentence(done)
    # Nobody is asked for what cannot be had.
    assert person.asked_polkit() == []


def test_without_privilege_no_socket(person):
    listen(person.runtime / "podman/podman.sock")
    done = person.run("ls -A /run/user; env | grep -c podman")
    assert b"podman" not in done.stdout and b"0\n" in done.stdout
    done = person.run("true", "-m", f"{person.runtime}/podman/podman.sock:/x:rw")
    assert done.returncode == 125 and "podman-socket" in one_sentence(done)


def test_docker_stand_in(person):
    """There is no docker here: a socket in its place, in the run-time directory of a rootless one."""
    if os.path.exists("/run/docker.sock"):
        pytest.skip("this machine has a docker")
    listen(person.runtime / "docker.sock")
    done = person.run(CONNECT + "/run/docker.sock; " + CONNECT + "/var/run/docker.sock; echo $DOCKER_HOST",
                      "--allow", "docker-socket")
    assert done.stdout == b"hello from the engine\n" * 2 + b"unix:///run/docker.sock\n", done
    assert privileges(person) == ["docker-socket"]


def test_a_link_opens_nothing_else(person):
    """Attack 74: podman's place leads to docker's socket."""
    listen(person.runtime / "docker.sock")
    (person.runtime / "podman").mkdir()
    (person.runtime / "podman/podman.sock").symlink_to(person.runtime / "docker.sock")
    done = person.run("true", "--allow", "podman-socket")
    assert done.returncode == 125 and "docker-socket" in one_sentence(done)
    assert person.asked_polkit() == []


# Agents


@pytest.fixture
def ssh_agent(person):
    sock = person.root / "agent"
    start(person, "ssh-agent", "-D", "-a", sock)
    assert eventually(sock.exists)
    person.env["SSH_AUTH_SOCK"] = str(sock)
    key = person.root / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "mine", "-f", key], check=True)
    subprocess.run(["ssh-add", "-q", key], env=person.env, check=True)
    return key


@needs("ssh-agent", "ssh-keygen")
@pytest.mark.parametrize("word", ["ssh-agent", "agent-sockets"])
def test_ssh_agent(person, ssh_agent, word):
    shutil.copy(ssh_agent.with_suffix(".pub"), person.work / "key.pub")
    done = person.run("ssh-add -l; echo text > text; ssh-keygen -Y sign -f key.pub -n file text", "--allow", word)
    assert b" mine (ED25519)" in done.stdout, done
    assert (person.work / "text.sig").read_text().startswith("-----BEGIN SSH SIGNATURE")
    assert privileges(person) == ["agent-sockets"]
    # Attack 73: without the privilege there is none, and the variable leads nowhere.
    done = person.run("ssh-add -l", env={"SSH_AUTH_SOCK": person.env["SSH_AUTH_SOCK"]})
    assert done.returncode == 2 and b"mine" not in done.stdout


@needs("gpg", "gpg-agent", "gpgconf")
def test_gpg_agent(person):
    home = person.home / ".gnupg"
    home.mkdir(mode=0o700)
    env = person.env
    subprocess.run(["gpg", "--batch", "--quiet", "--passphrase", "", "--quick-gen-key", "ada@example.org",
                    "ed25519", "sign"], env=env, check=True, capture_output=True)
    subprocess.run(["gpgconf", "--launch", "gpg-agent"], env=env, check=True)
    try:
        public = subprocess.run(["gpg", "--export", "ada@example.org"], env=env, check=True,
                                capture_output=True).stdout
        (person.work / "public").write_bytes(public)
        script = "mkdir -m 700 ~/.gnupg; gpg -q --import public 2>/dev/null; echo text | gpg -q --batch --sign -a"
        done = person.run(script, "--allow", "gpg-agent")
        assert done.stdout.startswith(b"-----BEGIN PGP MESSAGE"), done
        assert privileges(person) == ["agent-sockets"]
        # The agent for restricted use gives no key away.
        done = person.run("mkdir -m 700 ~/.gnupg; gpg -q --import public 2>/dev/null; "
                          "gpg -q --batch --export-secret-keys -a", "--allow", "gpg-agent")
        assert b"PRIVATE KEY" not in done.stdout, done
        done = person.run(script)
        assert b"PGP MESSAGE" not in done.stdout
        # Attack 73: the keys alone are no way to the agent, whose socket lies beside them here.
        assert (person.home / ".gnupg/S.gpg-agent").exists()
        done = person.run("gpg -k; find ~/.gnupg -type s; ls -A ~/.gnupg", "--allow", "gpg-keys")
        assert b"ada@example.org" in done.stdout and b"S." not in done.stdout, done
    finally:
        subprocess.run(["gpgconf", "--kill", "gpg-agent"], env=env)


def test_no_agent(person):
    for word in ("ssh-agent", "gpg-agent", "agent-sockets"):
        done = person.run("true", "--allow", word)
        assert done.returncode == 125 and word in one_sentence(done)
    assert person.asked_polkit() == []


@pytest.mark.parametrize("place", ["run/bus", "run/systemd/private", "run/pulse/native"])
def test_the_variable_opens_nothing_else(person, place):
    """Attacks 66 and 73: the privilege is for agents, whatever the caller's variable names."""
    listen(person.root / place)
    done = person.run("true", "--allow", "ssh-agent", env={"SSH_AUTH_SOCK": str(person.root / place)})
    assert done.returncode == 125 and "cannot be mounted" in one_sentence(done)
    assert person.asked_polkit() == []


# Screens


@pytest.fixture
def x11(person):
    if not Path("/tmp/.X11-unix").is_dir() or os.stat("/tmp/.X11-unix").st_uid != 0:
        pytest.skip("/tmp/.X11-unix is not root's, so that X servers have no socket there")
    number = 100 + os.getpid() % 900
    cookie = person.home / ".Xauthority"
    subprocess.run(["xauth", "-f", cookie, "add", f"{socket.gethostname()}/unix:{number}", ".", "0123456789abcdef" * 2],
                   check=True, capture_output=True)
    start(person, "Xvfb", f":{number}", "-screen", "0", "640x480x24", "-nolisten", "tcp", "-noreset", "-auth", cookie)
    if not eventually(Path(f"/tmp/.X11-unix/X{number}").exists, 20):
        pytest.skip("Xvfb does not start here: " + (person.root / "helper-log").read_text()[-300:])
    person.env["DISPLAY"] = f":{number}"
    return f":{number}"


@needs("Xvfb", "xauth", "xclip", "xdpyinfo")
def test_x11(person, x11):
    clip = start(person, "xclip", "-selection", "clipboard", "-quiet", stdin=subprocess.PIPE)
    clip.stdin.write(b"from outside")
    clip.stdin.close()
    done = person.run("xdpyinfo | grep dimensions; timeout 10 xclip -selection clipboard -o", "--allow", "display")
    assert b"640x480" in done.stdout and done.stdout.endswith(b"from outside"), done
    assert privileges(person) == ["display"]
    # Attack 72
    done = person.run(f"ls -A /tmp; DISPLAY={x11} xdpyinfo", env={"DISPLAY": x11})
    assert done.returncode == 1 and b"X11" not in done.stdout


@needs("Xvfb", "xauth", "xdpyinfo")
def test_x11_takes_the_cookie(person, x11):
    """Without it the server refuses, so the test above is about the cookie that was passed."""
    done = person.run("xdpyinfo", "--allow", "display", env={"XAUTHORITY": "/nonexistent"})
    assert done.returncode == 1, done


@needs("Xvfb", "xauth", "xclip")
def test_clipboard_key(person, x11):
    person.profile("clip", 'extends = "shell-oneshot"\n[sandbox]\nclipboard = true\n')
    done = person("run", "-p", "clip", "--arg", "test -S /tmp/.X11-unix/X* && echo $DISPLAY")
    assert done.stdout.decode().strip() == x11, done
    assert privileges(person) == ["display"]


@needs("weston", "weston-info")
def test_wayland(person):
    start(person, "weston", "--backend=headless-backend.so", "--socket=wayland-1", "--idle-time=0",
          env={"DISPLAY": ""})
    if not eventually((person.runtime / "wayland-1").exists, 20):
        pytest.skip("weston does not start here: " + (person.root / "helper-log").read_text()[-300:])
    person.env["WAYLAND_DISPLAY"] = "wayland-1"
    done = person.run(f"weston-info; ls -A {INSIDE}", "--allow", "display")
    assert b"wl_compositor" in done.stdout, done
    assert done.stdout.endswith(b"\nwayland-1\n")
    assert person.run("weston-info", env={"WAYLAND_DISPLAY": "wayland-1"}).returncode != 0


def test_no_screen(person):
    done = person.run("true", "--allow", "display", env={"DISPLAY": "far.example:0"})
    assert done.returncode == 125 and "DISPLAY" in one_sentence(done)


# Files


def test_credentials_by_key(person):
    for name in (".ssh", ".aws"):
        (person.home / name).mkdir()
        (person.home / name / "secret").write_text(f"of {name}")
    (person.home / ".netrc").write_text("machine x")
    script = "cat ~/.ssh/secret ~/.aws/secret ~/.netrc 2>/dev/null; (echo x > ~/.ssh/new) 2>/dev/null || echo ' ro'"
    assert person.run(script).stdout == b" ro\n"
    assert person.run(script, "--allow", "ssh-keys").stdout == b"of .ssh ro\n"
    assert person.run(script, "--allow", "netrc", "--allow", "aws-credentials").stdout == b"of .awsmachine x ro\n"
    assert privileges(person) == ["expose-credentials"] * 2
    # The privilege itself lets mounts name any, to read.
    done = person.run("cat /k/secret", "--allow", "expose-credentials", "-m", "~/.ssh:/k:ro")
    assert done.stdout == b"of .ssh", done
    for mode, word in (("rw", "expose-credentials"), ("ro", "netrc")):
        done = person.run("true", "--allow", word, "-m", f"~/.ssh:/k:{mode}")
        assert done.returncode == 125 and "cannot be mounted" in one_sentence(done)


def test_host_credentials(person):
    (person.home / ".ssh").mkdir()
    (person.home / ".gnupg").mkdir()
    person.profile("c", 'extends = "shell-oneshot"\n[sandbox]\ncredentials = "host"\n')
    done = person("run", "-p", "c", "--arg", "ls -A ~")
    assert done.stdout == b".ssh\n", done
    assert privileges(person) == ["expose-credentials"]
    person.profile("c", 'extends = "shell-oneshot"\n[sandbox]\ncredentials = "none"\n')
    assert person("run", "-p", "c", "--arg", "ls -A ~").stdout == b""
    person.profile("c", 'extends = "shell-oneshot"\n[sandbox]\ncredentials = "sandbox"\n')
    done = person("run", "-p", "c", "--arg", "true")
    assert done.returncode == 125 and "persistent" in one_sentence(done)


def test_no_logins_of_agents(person):
    """credentials = "none": neither the file nor the variable."""
    (person.home / ".claude").mkdir()
    (person.home / ".claude/.credentials.json").write_text('{"claudeAiOauth": {"accessToken": "tok"}}')
    (person.home / ".claude/settings.json").write_text('{"theme": "dark"}')
    text = ('extends = "shell-oneshot"\n[sandbox]\n%s[agent]\nstate = ["claude"]\n'
            '[env]\ninherit = ["ANTHROPIC_API_KEY", "COLOUR"]\n')
    script = "cat ~/.claude/.credentials.json ~/.claude/settings.json 2>/dev/null; echo $ANTHROPIC_API_KEY,$COLOUR"
    env = {"ANTHROPIC_API_KEY": "key", "COLOUR": "blue"}
    person.profile("c", text % "")
    done = person("run", "-p", "c", "--arg", script, env=env)
    assert b"tok" in done.stdout and b"key,blue" in done.stdout, done
    person.profile("c", text % 'credentials = "none"\n')
    done = person("run", "-p", "c", "--arg", script, env=env)
    assert b"tok" not in done.stdout and b"dark" in done.stdout and done.stdout.endswith(b",blue\n") and b"key" not in done.stdout, done


def test_writable_system(person):
    """What the user may not write outside it cannot inside either: the mount is writable, the files are not."""
    script = "grep -c ' /usr/share/doc ro,' /proc/self/mountinfo; touch /usr/share/doc/x"
    mount = ["-m", "/usr/share/doc:/usr/share/doc:rw"]
    done = person.run(script, *mount)
    assert done.returncode == 125 and "writable-system" in one_sentence(done)
    done = person.run(script, *mount, "--allow", "writable-system")
    assert done.stdout == b"0\n", done
    assert privileges(person) == ["writable-system"]
    assert not Path("/usr/share/doc/x").exists()


def test_unguarded(person):
    subprocess.run(["git", "init", "-q", person.work], check=True)
    script = "echo evil > .git/hooks/pre-commit; echo evil > .envrc"
    assert person.run(script, "-w", person.work).returncode in (0, 1)
    assert not (person.work / ".git/hooks/pre-commit").exists() and not (person.work / ".envrc").exists()
    done = person.run(script, "-w", person.work, "--allow", "unguarded-workspace")
    assert done.returncode == 0, done
    assert (person.work / ".git/hooks/pre-commit").read_text() == "evil\n"
    assert (person.work / ".envrc").read_text() == "evil\n"
    assert privileges(person) == ["unguarded-workspace"]


def test_the_plan_says_what_is_opened(person):
    listen(person.runtime / "podman/podman.sock")
    done = person.run("true", "-n", "--json", "--allow", "podman-socket", "--allow", "netrc", "--allow", "ssh-keys")
    plan = json.loads(done.stdout)
    assert plan["privileges"] == ["podman-socket", "expose-credentials"]
    assert plan["allow"] == ["podman-socket", "netrc", "ssh-keys"]
    assert set(plan["privilege-sentences"]) == set(plan["privileges"])
    assert person.asked_polkit() == []
