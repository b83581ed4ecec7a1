# SPDX-License-Identifier: Apache-2.0
"""Real servers on the internet of the tests (internet.py): git over https and ssh, and PostgreSQL."""

import http.server
import os
import shutil
import subprocess
from pathlib import Path

from conftest import PATIENCE, eventually
from internet import CODE

POSTGRES = sorted(Path("/usr/lib/postgresql").glob("*/bin")) + [Path("/usr/bin")]
GIT_BACKEND = [p for p in map(Path, ("/usr/lib/git-core/git-http-backend", "/usr/libexec/git-core/git-http-backend"))
               if p.exists()]
ENVIRONMENT = {"PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "LC_ALL": "C.UTF-8"}


def run(*command, **how):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          timeout=120 * PATIENCE, **how)
    assert done.returncode == 0, (command, done.stdout)
    return done.stdout


def make_repository(directory):
    """A bare repository with one commit in it, which holds more than fits into one read."""
    home = directory / "home-of-git"
    home.mkdir()
    env = {**ENVIRONMENT, "HOME": str(home), "GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@a.test",
           "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@a.test"}
    tree = directory / "tree"
    run("git", "init", "-q", "-b", "main", tree, env=env)
    (tree / "README").write_text("cloned\n")
    (tree / "noise").write_bytes(os.urandom(3_000_000))
    run("git", "-C", tree, "add", ".", env=env)
    run("git", "-C", tree, "commit", "-qm", "first", env=env)
    repository = directory / "project.git"
    run("git", "clone", "-q", "--bare", tree, repository, env=env)
    return repository


def read_chunks(stream):
    data = b""
    while size := int(stream.readline().split(b";")[0], 16):
        data += stream.read(size)
        stream.readline()
    stream.readline()
    return data


def git_over_http(directory):
    """What serves the repositories in a directory, by git's own program for web servers."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def log_message(self, *_):
            pass

        def do_GET(self):
            path, _, query = self.path.partition("?")
            chunked = self.headers.get("Transfer-Encoding") == "chunked"
            body = read_chunks(self.rfile) if chunked else self.rfile.read(int(self.headers.get("Content-Length", 0)))
            done = subprocess.run(
                GIT_BACKEND[0], input=body, capture_output=True, timeout=120 * PATIENCE,
                env={**ENVIRONMENT, "GIT_PROJECT_ROOT": str(directory), "GIT_HTTP_EXPORT_ALL": "1", "REMOTE_USER": "someone",
                     "REQUEST_METHOD": self.command, "PATH_INFO": path, "QUERY_STRING": query,
                     "CONTENT_TYPE": self.headers.get("Content-Type", ""), "CONTENT_LENGTH": str(len(body)),
                     "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
                     "GIT_PROTOCOL": self.headers.get("Git-Protocol", "")},
            )
            head, _, answer = done.stdout.partition(b"\r\n\r\n")
            fields = dict(line.split(": ", 1) for line in head.decode().split("\r\n") if line)
            self.send_response(int(fields.pop("Status", "200").split()[0]))
            for name, value in {**fields, "Content-Length": str(len(answer))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer)

        do_POST = do_GET

    return lambda connection, server: Handler(connection, (server.address, server.port), server)


class Daemon:
    """A server in a process of its own."""

    def __init__(self, command, log, ready, **how):
        with open(log, "wb") as output:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                                            env=ENVIRONMENT, **how)
        self.log = log
        if not eventually(lambda: self.process.poll() is not None or ready(), 60) or self.process.poll() is not None:
            self.close()
            raise AssertionError(log.read_text())

    def close(self):
        if self.process.poll() is None:
            self.process.terminate()
        self.process.wait(60 * PATIENCE)


def start_sshd(directory):
    """At port 22 of CODE, for the account “git” of internet.py, whose home is in this directory. Makes a key that is let
    in, deploy-key, and a file known_hosts."""
    home = directory / "git"
    (home / ".ssh").mkdir(mode=0o700)
    run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", directory / "deploy-key")
    shutil.copy(directory / "deploy-key.pub", home / ".ssh/authorized_keys")
    said = run("dropbearkey", "-t", "ed25519", "-f", directory / "host-key", env=ENVIRONMENT)
    key = next(line for line in said.splitlines() if line.startswith("ssh-ed25519 "))
    (directory / "known_hosts").write_text(f"git.test {key}\n")
    log = directory / "ssh-log"
    # It says when it is about to listen; whoever comes too early is refused, so that is tried.
    return Daemon(["/usr/sbin/dropbear", "-F", "-E", "-s", "-r", directory / "host-key", "-P", directory / "ssh-pid",
                   "-p", f"{CODE}:22"], log, lambda: is_listening(22))


def is_listening(port):
    """At CODE, in this network namespace."""
    address = "".join(f"{int(part):02X}" for part in reversed(CODE.split(".")))
    lines = Path("/proc/self/net/tcp").read_text().splitlines()[1:]
    return any(line.split()[1] == f"{address}:{port:04X}" and line.split()[3] == "0A" for line in lines)


def start_postgres(directory, certificate):
    """At port 5432 of CODE, with TLS, for the user “app” with the password “secret”."""
    programs = next(p for p in reversed(POSTGRES) if (p / "initdb").exists())
    data = directory / "database"
    (directory / "password").write_text("secret\n")
    run(programs / "initdb", "--no-sync", "--locale=C", "-D", data, "-U", "app", "-A", "scram-sha-256",
        f"--pwfile={directory / 'password'}", env=ENVIRONMENT)
    for name, end in (("server.crt", "pem"), ("server.key", "key")):
        shutil.copy(certificate.with_suffix(f".{end}"), data / name)
    (data / "server.key").chmod(0o600)
    (data / "pg_hba.conf").write_text("hostssl all all 0.0.0.0/0 scram-sha-256\n")
    log = directory / "database-log"
    return Daemon([programs / "postgres", "-D", data, "-h", CODE, "-p", "5432", "-k", "", "-c", "ssl=on", "-c", "fsync=off"],
                  log, lambda: b"ready to accept connections" in log.read_bytes())
