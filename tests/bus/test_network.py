# SPDX-License-Identifier: Apache-2.0
"""What the gateway lets through, with programs that know nothing of it: names, ports, groups of one profile, modes."""

import json
import shutil
import subprocess

import pytest
from conftest import PREFIX
from internet import METADATA, OTHER, PRIVATE, PUBLIC, PUBLIC_V6, web

HTTP = "http://{}/"


@pytest.fixture
def online(internet, inner):
    """A person on that internet. In the user namespace the system's files belong to nobody, so the profiles are
    their own here."""
    shutil.copytree(PREFIX / "share/inner/profiles", inner.home / ".config/inner/profiles")
    shutil.copy(internet.directory / "ca.pem", inner.work / "ca.pem")
    return inner


def fetch(url, *options):
    return f"curl -sS -m 15 {' '.join(options)} {url}"


def test_allowed_name(online):
    done = online.run(fetch("http://www.allowed.test/"), "--allow-host", "www.allowed.test")
    assert done.stdout.decode() == f"this is {PUBLIC} port 80\n", done.stderr
    assert done.returncode == 0


def test_tls_without_any_setting(online):
    done = online.run(fetch("https://www.allowed.test/", "--cacert ca.pem"), "--allow-host", "www.allowed.test")
    assert done.stdout.decode() == f"this is {PUBLIC} port 443\n", done.stderr


def test_nothing_else(online, internet):
    before = internet.contacted(OTHER)
    done = online.run(fetch("http://evil.test/"), "--allow-host", "www.allowed.test")
    assert done.returncode == 6
    assert b"the sandbox may not reach evil.test: it is not on the allowlist" in done.stderr
    assert "evil.test" not in internet.names.asked
    assert internet.contacted(OTHER) == before


def test_wildcard_is_below_only(online):
    script = "; ".join(fetch(f"http://{n}/") + " 2>&1" for n in ("deep.er.allowed.test", "allowed.test"))
    done = online.run(script, "--allow-host", "*.allowed.test")
    assert done.stdout.decode().splitlines()[0] == f"this is {PUBLIC} port 80"
    assert "Could not resolve" in done.stdout.decode().splitlines()[1]


def test_port_of_the_entry(online, internet):
    script = (
        "python3 -c 'import socket; s = socket.create_connection((\"www.allowed.test\", 7), 10);"
        " s.sendall(b\"ping\"); print(s.recv(4).decode())'; " + fetch("http://www.allowed.test/")
    )
    done = online.run(script, "--allow-host", "www.allowed.test:7")
    assert done.stdout == b"ping\n", done.stderr
    assert done.returncode != 0


def test_deny_beats_allow(online):
    profile = (
        '[sandbox]\nnetwork_mode = "allowlist"\nnetwork_allow = ["*.allowed.test"]\n'
        'network_deny = ["api.allowed.test"]\n[entrypoint]\ncmd = "sh"\nargs = ["-c"]\ninteractive = false\n'
    )
    (online.home / ".config/inner/profiles/narrow.toml").write_text(profile)
    script = f"{fetch('http://www.allowed.test/')}; {fetch('http://api.allowed.test/')}"
    done = online("run", "-p", "narrow", "--arg", script)
    assert done.stdout.decode() == f"this is {PUBLIC} port 80\n"
    assert b"api.allowed.test: the profile denies it" in done.stderr


def test_literal_addresses(online, internet):
    literal = f"{PRIVATE}/32"
    script = f"{fetch(HTTP.format(PRIVATE))}; {fetch(HTTP.format(PUBLIC))}; {fetch(HTTP.format('192.168.7.7'))}"
    done = online.run(script, "--allow-host", literal)
    assert done.stdout.decode() == f"this is {PRIVATE} port 80\n", done.stderr
    assert f"the sandbox may not reach {PUBLIC}:80" in done.stderr.decode()


def test_ipv6_destinations(online):
    script = f"{fetch(HTTP.format('six.test'))}; {fetch(f'http://[{PUBLIC_V6}]/')}"
    done = online.run(script, "--allow-host", "six.test", "--allow-host", f"[{PUBLIC_V6}]")
    assert done.stdout.decode() == f"this is {PUBLIC_V6} port 80\n" * 2, done.stderr


def test_hosts_file_is_the_hosts(online):
    done = online.run(fetch("http://in-hosts-file.test/") + "; cat /etc/hosts", "--allow-host", "in-hosts-file.test")
    assert done.stdout.decode().startswith(f"this is {OTHER} port 80\n"), done.stderr
    assert b"in-hosts-file" not in done.stdout


@pytest.mark.parametrize("host", [f"http://{PUBLIC}:80", f"http://{PUBLIC}:7", "http://evil.test"])
def test_open_reaches_public_hosts(online, host):
    script = (f"python3 -c 'import socket; s = socket.create_connection((\"{PUBLIC}\", 7), 10);"
              " s.sendall(b\"ping\"); print(s.recv(4).decode())'" if host.endswith(":7") else fetch(host))
    done = online.run(script, "--network-mode", "open")
    assert done.returncode == 0, done.stderr
    assert done.stdout


@pytest.mark.parametrize("host", [PRIVATE, METADATA, "private.test", "mixed.test", "loop.test", "ula.test"])
def test_open_is_not_the_local_network(online, internet, host):
    before = internet.contacted(PRIVATE, METADATA, "127.0.0.1", "fd00:ec2::254")
    done = online.run(fetch(HTTP.format(host)), "--network-mode", "open")
    assert done.returncode != 0
    assert internet.contacted(PRIVATE, METADATA, "127.0.0.1", "fd00:ec2::254") == before


def test_server_of_the_sandbox_itself(online):
    script = (
        "cd /tmp && echo inside >x && { python3 -m http.server 8123 -b 127.0.0.1 >/dev/null 2>&1 & } ;"
        " for i in $(seq 50); do curl -s http://127.0.0.1:8123/x && break; sleep 0.1; done"
    )
    for mode in (["--network-mode", "open"], ["--allow-host", "www.allowed.test"], []):
        assert online.run(script, *mode).stdout == b"inside\n"


# Listens at a port that a rule names, at the addresses that servers choose, and is reached inside; the host of the rule, too.
SHARED_PORT = """
import socket, urllib.request
def serve(address, family):
    server = socket.socket(family)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind((address, 8080))
    server.listen()
    return server
def reach(address):
    with socket.create_connection((address, 8080), 20) as s:
        connection = server.accept()[0]
        connection.sendall(b"inside")
        connection.close()
        return s.recv(6)
for address, reached in (("127.0.0.1", ["127.0.0.1"]), ("0.0.0.0", ["127.0.0.1"]), ("::1", ["::1"]), ("::", ["::1", "127.0.0.1"])):
    with serve(address, socket.AF_INET6 if ":" in address else socket.AF_INET) as server:
        assert [reach(a) for a in reached] == [b"inside"] * len(reached), address
        print(urllib.request.urlopen("http://www.allowed.test:8080/", timeout=20).read().decode(), end="")
"""


def test_ports_of_the_rules_are_free_inside(online, internet):
    (online.work / "shared.py").write_text(SHARED_PORT)
    with internet.serve(PUBLIC, 8080, web):
        done = online.run("python3 shared.py; " + fetch(f"http://{OTHER}:8080/"), "--allow-host", "www.allowed.test:8080")
    assert done.stdout.decode() == f"this is {PUBLIC} port 8080\n" * 4, done.stderr
    assert f"the sandbox may not reach {OTHER}:8080: it is not on the allowlist" in done.stderr.decode()


def test_as_many_ports_as_possible(online, internet):
    hosts = [word for port in range(2000, 2064) for word in ("--allow-host", f"www.allowed.test:{port}")]
    with internet.serve(PUBLIC, 2000, web), internet.serve(PUBLIC, 2063, web):
        done = online.run("; ".join(fetch(f"http://www.allowed.test:{port}/") for port in (2000, 2063)), *hosts)
    assert done.stdout.decode() == f"this is {PUBLIC} port 2000\nthis is {PUBLIC} port 2063\n", done.stderr


@pytest.mark.parametrize("mode", ["allowlist", "open"])
def test_loopback_of_the_machine_by_its_address(online, internet, mode):
    """Who writes that very address means the machine's own, not the sandbox's."""
    with internet.serve("127.0.0.1", 8123, web) as server:
        done = online.run(fetch("http://127.0.0.1:8123/") + "; " + fetch("http://127.0.0.2:8123/"),
                          "--network-mode", mode, "--allow-host", "127.0.0.1:8123")
        assert done.stdout == b"this is 127.0.0.1 port 8123\n", done.stderr
        assert server.accepted == 1


def test_exec_has_the_same_network(online):
    assert online("run", "-d", "--name", "box", "-p", "shell-oneshot", "--allow-host", "www.allowed.test",
                  "--arg", "sleep 60").returncode == 0
    try:
        done = online("exec", "box", "--", "curl", "-sS", "-m", "15", "http://www.allowed.test/")
        assert done.stdout.decode() == f"this is {PUBLIC} port 80\n", done.stderr
    finally:
        online("stop", "box")


def test_record_has_every_decision(online):
    script = f"{fetch('http://www.allowed.test/')}; {fetch('http://evil.test/')}; {fetch(HTTP.format(OTHER))}"
    online.run(script, "--allow-host", "www.allowed.test")
    runs = json.loads(online("log", "list", "--json").stdout)
    shown = online("log", "show", "--network", runs[0]["id"]).stdout.decode()
    events = [json.loads("{" + line.split("  network    ")[1] + "}") for line in shown.splitlines() if "  network " in line]
    told = {(e["decision"], e["name"] or e["address"], e["port"]): e for e in events}
    allowed = told["allowed", "www.allowed.test", 80]
    assert (allowed["address"], allowed["rule"]) == (PUBLIC, "www.allowed.test")
    closed = told["closed", "www.allowed.test", 80]
    assert closed["received"] > 60 and closed["sent"] > 60 and closed["duration-ms"] >= 0
    assert told["denied", "evil.test", 0]["reason"] == told["denied", OTHER, 80]["reason"] == "it is not on the allowlist"


def test_plan_tells_whom(online):
    done = online("run", "-n", "--json", "-p", "shell-oneshot", "--allow-host", "@github", "--allow-host", "x.test:99",
                  "--arg", "true")
    plan = json.loads(done.stdout)
    assert plan["network"] == "allowlist"
    assert {"github.com", "*.githubusercontent.com", "x.test:99"} <= set(plan["allow-hosts"])


@pytest.mark.parametrize("words, said", [
    (["--allow-host", "https://x.test/"], "write the name of the host alone"),
    (["--allow-host", "*"], "names no host"),
    (["--allow-host", "@nobody"], "There is no group"),
    (["--allow-host", "a.test", "--no-network"], "cannot be allowed in the network mode “off”"),
    (["--allow-host", "0x7f000001"], "it looks like an address and is none"),
    (["--allow-host", "x.test:53"], "the resolver of the sandbox"),
    ([w for port in range(2000, 2065) for w in ("--allow-host", f"x.test:{port}")], "65 different ports, and at most 64"),
])
def test_bad_words(online, words, said):
    done = online.run("true", *words)
    assert done.returncode == 125
    assert said in done.stderr.decode()


def test_upstream_proxy(online, internet):
    def proxy(connection, server):
        head = b""
        while b"\r\n\r\n" not in head:
            head += connection.recv(1)
        heads.append(head)
        connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        from internet import web
        web(connection, server)

    heads = []
    server = internet.serve("127.0.0.1", 0, proxy)
    done = online.run(
        fetch("http://only-the-proxy-knows.test/") + "; " + fetch("http://evil.test/"),
        "--allow-host", "only-the-proxy-knows.test",
        env={"https_proxy": f"http://user:word@127.0.0.1:{server.port}"},
    )
    assert done.stdout.decode().startswith("this is 127.0.0.1"), done.stderr
    assert heads[0].startswith(b"CONNECT only-the-proxy-knows.test:80 HTTP/1.1\r\n")
    assert b"Proxy-Authorization: Basic dXNlcjp3b3Jk\r\n" in heads[0]
    assert len(heads) == 1
    assert "only-the-proxy-knows.test" not in internet.names.asked
