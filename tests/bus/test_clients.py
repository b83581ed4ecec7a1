# SPDX-License-Identifier: Apache-2.0
"""Real programs that know nothing of the gateway, and real servers: the programs reach the host that an allowlist names."""

import shutil
import subprocess

import pytest
from conftest import PREFIX
from internet import CODE, PUBLIC, PUBLIC_V6
from servers import GIT_BACKEND, POSTGRES, git_over_http, make_repository, run, start_postgres, start_sshd

PATIENT = 240


@pytest.fixture
def online(internet, private):
    """A person on that internet; in the user namespace the system's files belong to nobody, so the profiles are theirs."""
    shutil.copytree(PREFIX / "share/inner/profiles", private.home / ".config/inner/profiles")
    shutil.copy(internet.directory / "ca.pem", private.work / "ca.pem")
    return private


def need(*programs):
    for program in programs:
        if shutil.which(program, path="/usr/bin:/bin:/usr/sbin:/sbin:/usr/local/bin") is None:
            pytest.skip(f"{program} is not installed")


# Each prints what https://{host}/ has.
FETCH = {
    "curl": ("curl", "curl -sS --cacert ca.pem https://{host}/"),
    "node": ("node", "NODE_EXTRA_CA_CERTS=$PWD/ca.pem node -e \"fetch('https://{host}/').then(r => r.text())"
                     ".then(t => process.stdout.write(t))\""),
    "node-https": ("node", "NODE_EXTRA_CA_CERTS=$PWD/ca.pem node -e \"require('https').get('https://{host}/',"
                           " r => r.pipe(process.stdout))\""),
    "python": ("python3", "SSL_CERT_FILE=$PWD/ca.pem python3 -c \"import sys, urllib.request as u; "
                          "sys.stdout.write(u.urlopen('https://{host}/').read().decode())\""),
    "openssl": ("openssl", "printf 'GET / HTTP/1.0\\r\\n\\r\\n' | openssl s_client -quiet -connect {host}:443"
                           " -CAfile ca.pem -verify_return_error -verify_hostname {host} 2>/dev/null | tail -n 1"),
}


@pytest.mark.parametrize("host, address", [("www.allowed.test", PUBLIC), ("six.test", PUBLIC_V6)], ids=["v4", "v6-only"])
@pytest.mark.parametrize("client", FETCH)
def test_https(online, client, host, address):
    """The client finds an address for a host that has only IPv6, too, and the gateway takes the real one."""
    program, script = FETCH[client]
    need(program)
    done = online.run(script.format(host=host), "--allow-host", host, timeout=PATIENT)
    assert done.stdout.decode() == f"this is {address} port 443\n", done.stderr


JAVA = """
import java.net.URI;
public class Fetch {
  public static void main(String[] arguments) throws Exception {
    System.out.print(new String(new java.net.URL("https://www.allowed.test/").openStream().readAllBytes()));
    System.out.print(java.net.http.HttpClient.newHttpClient().send(
        java.net.http.HttpRequest.newBuilder(URI.create("https://six.test/")).build(),
        java.net.http.HttpResponse.BodyHandlers.ofString()).body());
  }
}
"""


def test_java(online):
    need("java", "javac", "keytool")
    (online.work / "Fetch.java").write_text(JAVA)
    run("javac", online.work / "Fetch.java")
    run("keytool", "-importcert", "-noprompt", "-keystore", online.work / "trust", "-storepass", "changeit", "-file",
        online.work / "ca.pem")
    done = online.run("java -Djavax.net.ssl.trustStore=trust -Djavax.net.ssl.trustStorePassword=changeit Fetch",
                      "--allow-host", "www.allowed.test", "--allow-host", "six.test", timeout=PATIENT)
    assert done.stdout.decode() == f"this is {PUBLIC} port 443\nthis is {PUBLIC_V6} port 443\n", done.stderr


GO = """package main

import ("fmt"; "io"; "net/http")

func main() {
	for _, host := range []string{"www.allowed.test", "six.test"} {
		answer, err := http.Get("https://" + host + "/")
		if err != nil { panic(err) }
		body, _ := io.ReadAll(answer.Body)
		fmt.Print(string(body))
	}
}
"""


@pytest.mark.parametrize("resolver", ["go", "cgo"])
def test_go(online, resolver):
    """Its own resolver, and the system's."""
    need("go")
    (online.work / "fetch.go").write_text(GO)
    run("go", "build", "-o", online.work / "fetch", online.work / "fetch.go",
        env={"PATH": "/usr/bin:/bin:/usr/local/bin", "HOME": str(online.home), "GOFLAGS": "-mod=mod", "GO111MODULE": "off"})
    done = online.run(f"SSL_CERT_FILE=ca.pem GODEBUG=netdns={resolver} ./fetch", "--allow-host", "www.allowed.test",
                      "--allow-host", "six.test", timeout=PATIENT)
    assert done.stdout.decode() == f"this is {PUBLIC} port 443\nthis is {PUBLIC_V6} port 443\n", done.stderr


@pytest.fixture(scope="module")
def repository(internet):
    return make_repository(internet.directory)


# Clones, makes a commit and pushes it.
GIT = """set -e
export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@a.test GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@a.test
git clone -q $1 /tmp/clone
cd /tmp/clone
cat README
git checkout -q -b $2
head -c 3000000 /dev/urandom >more
git add more
git commit -qm more
git push -q origin $2
git rev-parse HEAD
"""


def clone_and_push(online, repository, url, branch, environment, *hosts):
    (online.work / "git.sh").write_text(GIT)
    done = online.run(f"{environment} sh git.sh {url} {branch}", *hosts, timeout=PATIENT)
    assert done.returncode == 0, (done.stdout, done.stderr)
    said, commit = done.stdout.decode().splitlines()
    assert said == "cloned"
    assert run("git", "-C", repository, "rev-parse", branch).strip() == commit


def test_git_over_https(online, internet, repository):
    if not GIT_BACKEND:
        pytest.skip("git http-backend is not installed")
    with internet.serve(CODE, 443, git_over_http(repository.parent), internet.tls) as server:
        clone_and_push(online, repository, "https://git.test/project.git", "https", "GIT_SSL_CAINFO=$PWD/ca.pem",
                       "--allow-host", "git.test")
        assert server.accepted > 0


def test_git_over_ssh(online, internet, repository):
    need("ssh", "ssh-keygen", "dropbear", "dropbearkey")
    server = start_sshd(internet.directory)
    try:
        for name in ("deploy-key", "known_hosts"):
            shutil.copy(internet.directory / name, online.work / name)
        ssh = "ssh -i $PWD/deploy-key -o IdentitiesOnly=yes -o UserKnownHostsFile=$PWD/known_hosts -o BatchMode=yes"
        environment = f'GIT_SSH_COMMAND="{ssh}"'
        clone_and_push(online, repository, f"ssh://git@git.test{repository}", "ssh", environment, "--allow-host", "git.test:22")
        refused = online.run(f"{environment} git ls-remote ssh://git@git.test{repository}", "--allow-host", "git.test",
                             timeout=PATIENT)
        assert refused.returncode == 128 and b"refused" in refused.stderr
    finally:
        server.close()


def test_psql(online, internet):
    need("psql")
    if not any((place / "initdb").exists() for place in POSTGRES):
        pytest.skip("no PostgreSQL server is installed; quickstart leaves it out, because its package starts one")
    server = start_postgres(internet.directory, internet.directory / "tls.pem")
    try:
        done = online.run(
            "PGPASSWORD=secret psql 'host=db.test user=app dbname=postgres sslmode=verify-full sslrootcert=ca.pem'"
            " -qAtc 'create table t (x text)' -c \"insert into t select repeat('x', 1000) from generate_series(1, 3000)\""
            " -c 'select count(*), sum(length(x)) from t' -c 'select ssl from pg_stat_ssl where pid = pg_backend_pid()'"
            " -c \"copy t to stdout\" | sed 's/^xx*$/x/' | uniq -c",
            "--allow-host", "db.test:5432", timeout=PATIENT)
        assert done.stdout.decode().split() == ["1", "3000|3000000", "1", "t", "3000", "x"], done.stderr
    finally:
        server.close()
