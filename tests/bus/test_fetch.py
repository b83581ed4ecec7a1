# SPDX-License-Identifier: Apache-2.0
"""Profiles from https://…: how they are downloaded (inner-fetch), and what innerctl makes of them. Attacks 91, 95
and 96 by the server, 30, 33, 64 and 109 by what an agent may have left on this machine."""

import base64
import hashlib
import os
import re
import signal
import stat
import subprocess
import time
from pathlib import Path

import pytest

from conftest import PATIENCE, PREFIX, SERVICE, Inner, descendants, eventually, one_sentence
from https_server import Proxy, Server, answer, make_certificates

FETCH = PREFIX / "libexec/inner/inner-fetch"
KIB = 1024
LIMIT = 1024 * KIB
DOCUMENT = b'schema_version = "1"\nextends = "shell-oneshot"\ndescription = "From afar"\n'


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    return make_certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def server(certificates):
    with Server(certificates) as server:
        yield server


@pytest.fixture
def fetch(certificates):
    """Runs inner-fetch, which trusts our authority unless told otherwise."""

    def run(url, *options, ca="ca", **env):
        trusted = [f"--ca-file={certificates}/{ca}.pem"] if ca else []
        return subprocess.run(
            [FETCH, *trusted, *options, "--", url], capture_output=True, timeout=20 * PATIENCE,
            env={"LC_ALL": "C.UTF-8", "GSETTINGS_BACKEND": "memory", "G_DEBUG": "fatal-warnings", **env},
            stdin=subprocess.DEVNULL,
        )

    return run


def refusal(result):
    """The one sentence, and nothing of the document."""
    assert result.returncode == 1, result
    assert result.stdout == b""
    lines = result.stderr.decode().splitlines()
    assert len(lines) == 1, lines
    assert len(lines[0]) < 1500 and not re.search(r"[\x00-\x1f\x7f]", lines[0])
    return lines[0]


# How it is downloaded


def test_document(server, fetch):
    """The very bytes, whatever they are."""
    body = bytes(range(256)) * 64 + b"\r\n\0"
    server.pages["/x.toml"] = answer(body)
    done = fetch(server.url("/x.toml"))
    assert (done.returncode, done.stdout, done.stderr) == (0, body, b"")
    assert fetch(server.url("/x.toml", host="127.0.0.1")).stdout == body
    server.pages["/empty"] = answer(b"")
    done = fetch(server.url("/empty"))
    assert (done.returncode, done.stdout) == (0, b"")


def test_chunks(server, fetch):
    server.pages["/x"] = answer(b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n", length=-1, Transfer_Encoding="chunked")
    assert fetch(server.url("/x")).stdout == b"abcde"


def test_as_much_as_is_allowed(server, fetch):
    body = b"#" * LIMIT
    server.pages["/x"] = answer(body)
    assert fetch(server.url("/x")).stdout == body


def test_what_the_server_learns(server, fetch):
    """Attack 95: no cookies, even if the server gives some; no Referer; nothing of this machine."""
    server.pages["/a?b"] = answer(status="302 Found", Location="/c#part", Set_Cookie="a=b; Path=/")
    server.pages["/c"] = answer(b"x")
    assert fetch(server.url("/a?b#part")).stdout == b"x"
    assert [request for request, _ in server.requests] == ["GET /a?b HTTP/1.1", "GET /c HTTP/1.1"]
    for _, lines in server.requests:
        headers = dict(line.split(": ", 1) for line in lines)
        assert headers.pop("User-Agent") == "inner"
        assert headers.pop("Host") == f"localhost:{server.port}"
        headers.pop("Connection", None)
        assert headers == {}, headers


BAD_ADDRESSES = {
    "http": ("http://localhost/x", "only addresses that begin with"),
    "file": ("file:///etc/passwd", "only addresses that begin with"),
    "data": ("data:text/plain,x", "only addresses that begin with"),
    "ftp": ("ftp://localhost/x", "only addresses that begin with"),
    "resource": ("resource:///org/x", "only addresses that begin with"),
    "path": ("/etc/passwd", "no address"),
    "word": ("shell", "no address"),
    "nothing": ("", "no address"),
    "no host": ("https:///x", "address"),
    "no slashes": ("https:localhost", "no host"),
    "user and password": ("https://me:s3cret@localhost/x", "user name or password"),
    "user": ("https://s3cret@localhost/x", "user name or password"),
    "empty user": ("https://@localhost/x", "user name or password"),
    "no such port": ("https://localhost:99999/x", "no address"),
    "port 0": ("https://localhost:0/x", "port 0"),
    "backslashes": ("https:\\\\localhost\\x", "no host"),
    "space": ("https://localhost/a b", "no address"),
    "newline": ("https://localhost/a\nHost: x", "no address"),
    "escape": ("https://localhost/\x1b[31m", "no address"),
    "not ASCII": ("https://localhost/ä", "no address"),
    "too long": ("https://localhost/" + "a" * 2048, "no address"),
}


@pytest.mark.parametrize("url,part", BAD_ADDRESSES.values(), ids=BAD_ADDRESSES)
def test_bad_address(fetch, url, part):
    """Attacks 91 and 95."""
    sentence = refusal(fetch(url))
    assert part in sentence
    assert "s3cret" not in sentence


def test_capitals_are_https_too(server, fetch):
    server.pages["/x"] = answer(b"x")
    assert fetch(server.url("/x", scheme="HTTPS")).stdout == b"x"


def test_the_wrong_number_of_addresses():
    for words in ([], ["https://localhost/a", "https://localhost/b"], ["--insecure", "https://localhost/a"]):
        assert refusal(subprocess.run([FETCH, *words], capture_output=True, timeout=20))


CERTIFICATES = {
    "unknown authority": ("stranger", "ca", "--ca-file"),
    "nobody asked for ours": ("good", None, "--ca-file"),
    "only ours is trusted": ("good", "other-ca", "--ca-file"),
    "expired": ("expired", "ca", "expired"),
    "of another host": ("elsewhere", "ca", "another host"),
}


@pytest.mark.parametrize("name,ca,part", CERTIFICATES.values(), ids=CERTIFICATES)
def test_certificate(certificates, fetch, name, ca, part):
    with Server(certificates, name) as server:
        server.pages["/x"] = answer(b"x")
        sentence = refusal(fetch(server.url("/x"), ca=ca))
    assert part in sentence and "certificate" in sentence
    # Nobody was told what we wanted.
    assert server.requests == []


def test_no_certificates(server, fetch, tmp_path):
    (tmp_path / "empty.pem").write_text("")
    (tmp_path / "text.pem").write_text("hello\n")
    for file in ("empty.pem", "text.pem", "missing.pem", "."):
        refusal(fetch(server.url("/x"), f"--ca-file={tmp_path}/{file}", ca=None))
    assert server.requests == []


def test_no_tls(fetch):
    with Server() as server:
        server.secure = lambda line: line.sendall(answer(b"x", status="400 Bad Request")) or line
        assert "check the address" in refusal(fetch(server.url("/x")))


def test_nobody_listens(server, fetch):
    url = server.url("/x")
    server.server_close()
    assert "check the address" in refusal(fetch(url))


def test_no_such_host(fetch):
    assert "no-such-host.invalid" in refusal(fetch("https://no-such-host.invalid/x"))


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"])
def test_redirect(server, certificates, fetch, status):
    with Server(certificates) as other:
        server.pages["/a/b"] = answer(b"wrong", status=status, Location="../c")
        server.pages["/c"] = answer(b"wrong", status=status, Location=f"//127.0.0.1:{other.port}/d")
        other.pages["/d"] = answer(b"right")
        assert fetch(server.url("/a/b")).stdout == b"right"


def test_redirect_to_a_stranger(server, certificates, fetch):
    with Server(certificates, "stranger") as other:
        server.pages["/a"] = answer(status="302 Found", Location=other.url("/b"))
        assert "--ca-file" in refusal(fetch(server.url("/a")))
        assert other.requests == []


@pytest.mark.parametrize("target,part", [
    ("http://localhost:{port}/b", "only addresses that begin with"),
    ("file:///etc/passwd", "only addresses that begin with"),
    ("data:,x", "only addresses that begin with"),
    ("https://me:s3cret@localhost:{port}/b", "user name or password"),
    ("https://", "address"),
    ("", "more than 5 times"),
    ("/b\x1b[31m", "no address"),
    ("/\xff", "no address"),
])
def test_redirect_to_something_else(server, fetch, target, part):
    """Attacks 91 and 95."""
    location = target.format(port=server.port)
    server.pages["/a"] = answer(status="302 Found").replace(
        b"\r\n\r\n", b"\r\nLocation: " + location.encode("latin-1") + b"\r\n\r\n")
    server.pages["/b"] = answer(b"wrong")
    sentence = refusal(fetch(server.url("/a")))
    assert part in sentence and "s3cret" not in sentence
    assert {request for request, _ in server.requests} == {"GET /a HTTP/1.1"}


def test_redirect_to_nowhere(server, fetch):
    server.pages["/a"] = answer(status="302 Found")
    assert "not where" in refusal(fetch(server.url("/a")))


def test_redirects_have_an_end(server, fetch):
    for n in range(10):
        server.pages[f"/{n}"] = answer(status="302 Found", Location=f"/{n + 1}")
    server.pages["/5"] = answer(b"x")
    assert fetch(server.url("/0")).stdout == b"x"
    server.pages["/5"] = answer(status="302 Found", Location="/6")
    server.requests.clear()
    assert "more than 5 times" in refusal(fetch(server.url("/0")))
    assert len(server.requests) == 6
    server.pages["/a"] = answer(status="302 Found", Location="/a")
    assert "more than 5 times" in refusal(fetch(server.url("/a")))


@pytest.mark.parametrize("status", ["404 Not Found", "500 \x1b[31mBoo", "401 Unauthorized", "204 No Content",
                                    "206 Partial Content", "304 Not Modified", "300 Choices", "999 Nonsense"])
def test_status(server, fetch, status):
    server.pages["/x"] = answer(b"x" if status[0] != "2" else b"", status=status,
                                WWW_Authenticate='Basic realm="x"')
    assert f"“{status[:3]} " in refusal(fetch(server.url("/x")))
    # Nobody is asked twice, with a password or without.
    assert len(server.requests) == 1


def endless(head, data):
    def page(line):
        line.sendall(head)
        for _ in range(200 * KIB * KIB // len(data)):
            line.sendall(data)

    return page


GZIP = subprocess.run(["gzip", "-9"], input=b"#" * 50 * LIMIT, capture_output=True).stdout
TOO_MUCH = {
    "announced": (answer(length=LIMIT + 1), "larger than 1024 KiB"),
    "one byte": (answer(b"#" * (LIMIT + 1)), "larger than 1024 KiB"),
    "very much announced": (answer(length=2**64), ""),
    "without an end": (endless(answer(length=-1, Transfer_Encoding="chunked"), b"400\r\n" + b"#" * KIB + b"\r\n"),
                       "larger than 1024 KiB"),
    "without a length": (endless(answer(length=-1), b"#" * KIB), "where the document ends"),
    "packed": (answer(GZIP, Content_Encoding="gzip"), "compressed"),
    "packed twice": (answer(GZIP, Content_Encoding="gzip, br"), "compressed"),
    "header": (endless(b"HTTP/1.1 200 OK\r\nX-Long: ", b"#" * KIB), "check the address"),
    "headers": (endless(b"HTTP/1.1 200 OK\r\n", b"X-Again: yes\r\n" * 100), "check the address"),
}


@pytest.mark.parametrize("page,part", TOO_MUCH.values(), ids=TOO_MUCH)
def test_too_much(server, fetch, page, part):
    """Attack 96: and it does not fill the memory."""
    server.pages["/x"] = page
    url = server.url("/x")
    done = fetch(url)
    assert part in refusal(done)


CUT = {
    "length": answer(b"abc", length=4),
    "nothing but a length": answer(length=4),
    "chunk": answer(b"3\r\nab", length=-1, Transfer_Encoding="chunked"),
    "no last chunk": answer(b"2\r\nab\r\n", length=-1, Transfer_Encoding="chunked"),
    "no length": answer(b"abc", length=-1),
    "HTTP/1.0": answer(b"abc", length=-1).replace(b"HTTP/1.1", b"HTTP/1.0"),
    "headers": answer(b"abc")[:-8],
    "nothing": b"",
    "no HTTP": b"hello\r\n\r\n",
}


@pytest.mark.parametrize("page", CUT.values(), ids=CUT)
def test_cut_short(server, fetch, page):
    server.pages["/x"] = page
    refusal(fetch(server.url("/x")))


def drip(head, piece=b"#", pause=0.2):
    def page(line):
        line.sendall(head)
        for _ in range(100):
            line.sendall(piece)
            time.sleep(pause)

    return page


def silent(line):
    line.recv(1)


SLOW = {
    "drops of the document": (drip(answer(length=LIMIT)), "after 1 seconds"),
    "drops of a header": (drip(b"HTTP/1.1 200 OK\r\nX: "), "came for 1 seconds"),
    "wait a little": (drip(b"", b"HTTP/1.1 100 Continue\r\n\r\n"), " 1 seconds"),
    "no answer": (silent, "came for 1 seconds"),
    "no document": (lambda line: (line.sendall(answer(length=3)), silent(line)), "came for 1 seconds"),
    "no end": (lambda line: (line.sendall(answer(b"ab", length=3)), silent(line)), "came for 1 seconds"),
}


@pytest.mark.parametrize("page,part", SLOW.values(), ids=SLOW)
def test_slow_server(server, fetch, page, part):
    """Attack 96. The clocks are set to a second; they cannot be set to more than 30 and 10, and are these if nobody
    sets them. The machine may be slow itself."""
    server.pages["/x"] = page
    options = ["--timeout=1"] if "after" in part else ["--timeout=5", "--silence=1"]
    begin = time.monotonic()
    assert part in refusal(fetch(server.url("/x"), *options))
    assert time.monotonic() - begin < 9 * PATIENCE


def test_slow_handshake(fetch):
    """Somebody listens, and says nothing."""
    with Server() as server:
        server.secure = lambda line: silent(line) or line
        assert "came for 1 seconds" in refusal(fetch(server.url("/x"), "--silence=1"))


def test_nobody_reads(server, certificates, tmp_path):
    server.pages["/x"] = answer(b"x" * 100000)
    with open("/dev/full", "wb") as full:
        done = subprocess.run([FETCH, f"--ca-file={certificates}/ca.pem", server.url("/x")], stdout=full,
                              stderr=subprocess.PIPE, timeout=20)
    assert done.returncode == 1 and b"Cannot write" in done.stderr


def test_proxy(server, fetch):
    """The server has a name that only the proxy knows."""
    server.pages["/x"] = answer(b"x")
    url = server.url("/x", host="profiles.test")
    with Proxy(server.port) as proxy:
        for name in ("https_proxy", "HTTPS_PROXY"):
            assert fetch(url, **{name: f"http://127.0.0.1:{proxy.port}"}).stdout == b"x"
        assert [request for request, _ in proxy.requests] == [
            f"CONNECT profiles.test:{server.port} HTTP/1.1"] * 2
        # Its certificate is not enough: the tunnel ends at the server.
        refusal(fetch(server.url("/x", host="other.test"), https_proxy=f"http://127.0.0.1:{proxy.port}"))
        proxy.requests.clear()
        done = fetch(server.url("/x"), https_proxy=f"http://127.0.0.1:{proxy.port}", no_proxy="localhost")
        assert done.stdout == b"x" and proxy.requests == []


def test_proxy_with_a_password(server, fetch):
    """Attack 95: it is not given, since libsoup would give it to the server too."""
    server.pages["/x"] = answer(b"x")
    with Proxy(server.port, password="Basic " + base64.b64encode(b"me:s3cret").decode()) as proxy:
        url = server.url("/x", host="profiles.test")
        sentence = refusal(fetch(url, https_proxy=f"http://me:s3cret@127.0.0.1:{proxy.port}"))
        assert "407" in sentence and "s3cret" not in sentence
        assert server.requests == []
        assert len(proxy.requests) == 1
        proxy.password = None
        assert fetch(url, https_proxy=f"http://me:s3cret@127.0.0.1:{proxy.port}").stdout == b"x"
    asked = [line for _, lines in server.requests + proxy.requests for line in lines]
    assert asked and not any("Authorization" in line for line in asked)


# What innerctl makes of it


@pytest.fixture
def person(certificates, sandboxes_possible):
    """Somebody whom polkit allows everything."""
    person = Inner("bus", polkit="allow")
    person.ca = f"--ca-file={certificates}/ca.pem"
    yield person
    person.close()


def cached(person):
    root = person.home / ".cache/inner"
    return [path for path in root.rglob("*") if not path.is_dir()]


def run(person, server, *options, path="/far.toml", **how):
    return person("run", "-p", server.url(path), person.ca, *options, "--arg", "echo ran", **how)


def test_show(inner, server, certificates):
    """In both ways to reach the service; the very bytes are kept, for nobody else to read."""
    server.pages["/profiles/far.toml"] = answer(DOCUMENT)
    url = server.url("/profiles/far.toml?version=1")
    server.pages["/profiles/far.toml?version=1"] = answer(DOCUMENT)
    done = inner("profile", "show", url, f"--ca-file={certificates}/ca.pem")
    assert done.returncode == 0 and b"From afar" in done.stdout, done
    (path,) = cached(inner)
    assert path == inner.home / ".cache/inner/profiles" / hashlib.sha256(url.encode()).hexdigest() / "far.toml"
    assert path.read_bytes() == DOCUMENT
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    for directory in (path.parent, path.parent.parent):
        assert stat.S_IMODE(directory.stat().st_mode) == 0o700


def test_cache_elsewhere(person, server):
    server.pages["/far.toml"] = answer(DOCUMENT)
    for cache in (person.root / "new" / "cache", person.root / "new"):
        done = person("profile", "show", server.url("/far.toml"), person.ca, env={"XDG_CACHE_HOME": str(cache)})
        assert done.returncode == 0, done
        assert len(list((cache / "inner").rglob("far.toml"))) == 1
    # A relative one does not count.
    assert person("profile", "show", server.url("/far.toml"), person.ca,
                  env={"XDG_CACHE_HOME": "cache"}).returncode == 0
    assert len(cached(person)) == 1 and not (person.work / "cache").exists()


def test_cache_is_never_writable_inside(private):
    """Attack 109: what was downloaded is not changed between the answer and the start."""
    cache = private.root / "elsewhere"
    for place in (private.home / ".cache", cache):
        (place / "inner").mkdir(parents=True)
        for mount in (place, place / "inner"):
            done = private.run("true", "-m", f"{mount}:/x:rw", env={"XDG_CACHE_HOME": str(cache)})
            assert done.returncode == 125 and b"cannot be mounted writable" in done.stderr, done


def test_xml(person, server):
    xml = person("profile", "show", "shell-oneshot", "--format", "xml").stdout
    server.pages["/far.xml"] = answer(xml)
    done = person("profile", "show", server.url("/far.xml"), person.ca)
    assert done.returncode == 0 and b"shell-oneshot" in done.stdout, done
    assert [path.name for path in cached(person)] == ["far.xml"]


def test_a_relative_certificate_file(person, server, certificates):
    server.pages["/far.toml"] = answer(DOCUMENT)
    done = person("profile", "show", server.url("/far.toml"), "--ca-file", "ca.pem", cwd=certificates)
    assert done.returncode == 0, done


NAMES = {"/far": "far.toml", "/far.txt": "far.txt.toml", "/my%20profile.toml": "my profile.toml",
         "/f%C3%A4r.xml.toml": "fär.xml.toml", "/far.TOML": "far.TOML.toml"}


@pytest.mark.parametrize("path,name", NAMES.items())
def test_name(person, server, path, name):
    server.pages[path] = answer(DOCUMENT)
    assert person("profile", "show", server.url(path), person.ca).returncode == 0
    assert [path.name for path in cached(person)] == [name]


@pytest.mark.parametrize("path", ["", "/", "/a/", "/..", "/a/..toml", "/.toml", "/.hidden", "/%2e%2e%2fx.toml", "/a%2fb",
                                  "/a%00b", "/a%0ab", "/a%1b%5b31m", "/a%5cb", "/%ff", "/%zz", "/" + "a" * 200,
                                  "/a..b.toml", "/%2e%2e"])
def test_bad_name(person, server, path):
    """Attacks 33 and 64: and nothing is asked for."""
    done = person("profile", "show", server.url(path), person.ca)
    one_sentence(done)
    assert done.returncode == 125
    assert server.requests == [] and cached(person) == []


@pytest.mark.parametrize("url", ["http://localhost/x", "file:///etc/passwd", "ftp://localhost/x.toml",
                                 "https://me:s3cret@localhost/x"])
def test_refused_address(person, url):
    done = person("run", "-p", url)
    assert done.returncode == 125
    assert "s3cret" not in one_sentence(done)


def test_not_there(person, server):
    sentence = one_sentence(done := run(person, server))
    assert done.returncode == 125 and "404 Not Found" in sentence
    assert cached(person) == []


def test_too_large(person, server):
    server.pages["/far.toml"] = answer(b"#" * (LIMIT + 1))
    assert "1024 KiB" in one_sentence(run(person, server))


@pytest.mark.parametrize("body,place", [(b"a = 1\nb = ", ":2:"), (b"[sandbox]\nnetwork = 7\n", ":2:"),
                                        (b'name = "\xff"\n', ":1:"), (b"<profile/>", ":1:"), (b"\0", ":1:1:")])
def test_invalid(person, server, body, place):
    """The place is told in the file where it is kept, to be looked at."""
    server.pages["/far.toml"] = answer(body)
    done = run(person, server, "--allow-remote")
    assert done.returncode == 125
    sentence = one_sentence(done)
    (path,) = cached(person)
    assert f"{path}{place}" in sentence
    assert person.asked_polkit() == []


def test_digest(person, server):
    server.pages["/far.toml"] = answer(DOCUMENT)
    digest = hashlib.sha256(DOCUMENT).hexdigest()
    for word in (digest, digest.upper(), f"sha256:{digest}", f"SHA256:{digest.upper()}"):
        done = run(person, server, "--sha256", word, "--allow-remote")
        assert done.stdout == b"ran\n", done


def test_another_digest(person, server):
    """Attack 109: and what came is not kept."""
    server.pages["/far.toml"] = answer(DOCUMENT)
    digest = hashlib.sha256(DOCUMENT).hexdigest()
    wanted = hashlib.sha256(b"another").hexdigest()
    for options in ((), ("--allow-remote",), ("--trust-remote",), ("--yes",)):
        sentence = one_sentence(done := run(person, server, "--sha256", wanted.upper(), *options))
        assert done.returncode == 125
        assert digest in sentence and wanted in sentence
    assert cached(person) == []


@pytest.mark.parametrize("word", ["", "abc", "sha256:", "md5:" + "0" * 64, "0" * 63, "0" * 65, "g" * 64, " " + "0" * 64,
                                  "sha256:sha256:" + "0" * 64])
def test_no_digest(person, server, word):
    sentence = one_sentence(done := run(person, server, f"--sha256={word}"))
    assert done.returncode == 125 and "64 hexadecimal digits" in sentence
    assert server.requests == []


@pytest.mark.parametrize("option", ["--sha256=" + "0" * 64, "--ca-file=/dev/null", "--allow-remote", "--trust-remote"])
@pytest.mark.parametrize("profile", [[], ["-p", "shell-oneshot"], ["-p", "./x.toml"]])
def test_options_of_a_local_profile(person, option, profile):
    sentence = one_sentence(done := person("run", *profile, option))
    assert done.returncode == 125 and option.split("=")[0] in sentence


def test_one_consent_is_enough(person, server):
    assert "Only one of" in one_sentence(run(person, server, "--allow-remote", "--trust-remote"))
    assert server.requests == []


def test_not_trusted(person, server):
    """Without a terminal there is nobody to ask, and --yes is no answer."""
    server.pages["/far.toml"] = answer(DOCUMENT)
    for options in ((), ("--yes",), ("-q", "-y", "-d")):
        done = run(person, server, *options)
        assert done.returncode == 126, done
        assert b"not trusted" in done.stderr or b"approve" in done.stderr
        assert server.url("/far.toml").encode() in done.stderr
        assert done.stdout == b""
    assert person.asked_polkit() == []


def test_allow_remote(person, server):
    server.pages["/far.toml"] = answer(DOCUMENT + b'[env.set]\nPLACE = "afar \\u202e"\n')
    done = run(person, server, "--allow-remote")
    assert done.stdout == b"ran\n", done
    (path,) = cached(person)
    said = done.stderr.decode()
    assert hashlib.sha256(path.read_bytes()).hexdigest() in said and str(path) in said
    assert server.url("/far.toml") in said
    assert "PLACE" in said and "\u202e" not in said
    assert [asked["action"] for asked in person.asked_polkit()] == ["org.inner.sandbox.trust-profile"]
    # From here on it is approved, and nobody is asked or told again.
    for options in ((), ("--allow-remote",)):
        done = run(person, server, *options)
        assert (done.stdout, done.stderr) == (b"ran\n", b"")
    assert len(person.asked_polkit()) == 1


def test_another_document_is_not_approved(person, server):
    server.pages["/far.toml"] = answer(DOCUMENT)
    assert run(person, server, "--allow-remote").returncode == 0
    server.pages["/far.toml"] = answer(DOCUMENT + b"# one byte more\n")
    assert run(person, server).returncode == 126
    server.pages["/other/far.toml"] = answer(DOCUMENT)
    assert run(person, server, path="/other/far.toml").returncode == 126
    server.pages["/far.toml"] = answer(DOCUMENT)
    assert run(person, server).returncode == 0
    # What is kept is no substitute for what is there.
    del server.pages["/far.toml"]
    assert run(person, server, "--allow-remote").returncode == 125


def test_polkit_refuses(certificates, server, sandboxes_possible):
    server.pages["/far.toml"] = answer(DOCUMENT)
    person = Inner("bus", polkit="deny")
    person.ca = f"--ca-file={certificates}/ca.pem"
    try:
        for option in ("--allow-remote", "--trust-remote"):
            done = run(person, server, option)
            assert done.returncode == 126 and done.stdout == b"", done
        assert run(person, server).returncode == 126
    finally:
        person.close()


WISHES = DOCUMENT + b'[env]\ninherit = ["COLOUR", "MY_TOKEN"]\n'
SHOW = "echo $COLOUR,$MY_TOKEN"
VALUES = {"COLOUR": "blue", "MY_TOKEN": "s3cret"}


def test_hardening(person, server):
    server.pages["/far.toml"] = answer(WISHES)
    run_it = ("run", "-p", server.url("/far.toml"), person.ca, "-a", SHOW)
    assert person(*run_it, "--allow-remote", env=VALUES).stdout == b"blue,\n"
    done = person(*run_it, "--trust-remote", env=VALUES)
    assert done.stdout == b"blue,s3cret\n", done
    assert hashlib.sha256(WISHES).hexdigest().encode() in done.stderr


def test_trust_is_for_once(person, server):
    server.pages["/far.toml"] = answer(WISHES)
    assert run(person, server, "--trust-remote").returncode == 0
    assert run(person, server).returncode == 126


def test_dry_run(person, server):
    """It may be looked at without consent, and leaves none behind."""
    server.pages["/far.toml"] = answer(WISHES)
    for options in ((), ("--allow-remote",)):
        done = run(person, server, "-n", *options)
        assert done.returncode == 0 and b"MY_TOKEN" in done.stdout, done
    assert person.asked_polkit() == []
    assert run(person, server).returncode == 126


def test_detached(person, server):
    server.pages["/far.toml"] = answer(DOCUMENT)
    done = run(person, server, "-d", "--allow-remote")
    assert done.returncode == 0, done
    assert person("wait", done.stdout.decode().strip()).returncode == 0


@pytest.mark.parametrize("option", [None, "--allow-remote", "--trust-remote"])
@pytest.mark.parametrize("base", ["./base.toml", "../base.toml", "{home}/base.toml", "~/base.toml"])
def test_extends_a_file(person, server, base, option):
    """Attack 64: a file that somebody else may have put there, next to the download or elsewhere."""
    server.pages["/far.toml"] = answer(f'extends = "{base.format(home=person.home)}"\n'.encode())
    refused = run(person, server)
    assert refused.returncode == 125 and b"base.toml" in refused.stderr, refused
    (path,) = cached(person)
    for place in (path.parent, path.parent.parent, person.home):
        (place / "base.toml").write_text('extends = "shell-oneshot"\n')
    done = run(person, server, *([option] if option else []))
    assert done.returncode == 126 and b"by their names only" in done.stderr, done
    assert person.asked_polkit() == []


def test_extends_a_profile_of_ones_own(person, server):
    person.profile("mine", 'extends = "shell-oneshot"\n[env.set]\nPLACE = "home"\n')
    server.pages["/far.toml"] = answer(b'extends = "mine"\n')
    done = person("run", "-p", server.url("/far.toml"), person.ca, "--allow-remote", "-a", "echo $PLACE")
    assert done.stdout == b"home\n", done


@pytest.mark.parametrize("option", [None, "--allow-remote", "--trust-remote"])
def test_extends_a_profile_of_a_project(person, server, option):
    """Attack 64: where one stands does not decide what a document from the network means."""
    theirs = person.work / ".inner/profiles/theirs.toml"
    theirs.parent.mkdir(parents=True)
    theirs.write_text('extends = "shell-oneshot"\n')
    server.pages["/far.toml"] = answer(b'extends = "theirs"\n')
    done = run(person, server, *([option] if option else []))
    assert done.returncode == 125 and "“theirs” to extend among those of the user" in one_sentence(done)
    assert person.asked_polkit() == []


def test_planted_cache(person, server):
    """Attack 33: a sandbox that may write into the cache leads us to where profiles are trusted."""
    server.pages["/far.toml"] = answer(DOCUMENT)
    own = person.home / ".config/inner/profiles"
    own.mkdir(parents=True)
    root = person.home / ".cache"
    directory = root / "inner/profiles" / hashlib.sha256(server.url("/far.toml").encode()).hexdigest()
    for step in (directory, directory.parent, directory.parent.parent):
        step.parent.mkdir(parents=True, exist_ok=True)
        step.symlink_to(own)
        sentence = one_sentence(done := run(person, server, "--allow-remote"))
        assert done.returncode == 125 and "Not a directory" in sentence, sentence
        assert list(own.iterdir()) == []
        step.unlink()
        if step != directory.parent.parent:
            step.parent.rmdir()
    directory.mkdir(parents=True)
    directory.chmod(0o770)
    assert "others may write" in one_sentence(run(person, server, "--allow-remote"))
    directory.chmod(0o700)
    # A file there is replaced, wherever it leads to.
    (own / "victim.toml").write_text("")
    (directory / "far.toml").symlink_to(own / "victim.toml")
    assert run(person, server, "--allow-remote").returncode == 0
    assert (own / "victim.toml").read_text() == "" and not (directory / "far.toml").is_symlink()


@pytest.mark.parametrize("plant", ["file", "directory"])
def test_something_in_the_way(person, server, plant):
    server.pages["/far.toml"] = answer(DOCUMENT)
    directory = person.home / ".cache/inner/profiles" / hashlib.sha256(server.url("/far.toml").encode()).hexdigest()
    if plant == "file":
        directory.parent.mkdir(parents=True)
        directory.write_text("")
    else:
        (directory / "far.toml/x").mkdir(parents=True)
    sentence = one_sentence(done := run(person, server, "--allow-remote"))
    assert done.returncode == 125 and "XDG_CACHE_HOME" in sentence
    assert plant == "file" or [path.name for path in directory.iterdir()] == ["far.toml"]


@pytest.mark.parametrize("option", ["--allow-remote", "--trust-remote", "--yes"])
def test_planted_document(person, server, option):
    """Attack 109: another document in the place of the one that was downloaded, before the service looks at
    it; it is neither approved nor run."""
    server.pages["/far.toml"] = answer(DOCUMENT)
    assert person.run("true").returncode == 0
    (service,) = [pid for pid, name in descendants().items() if name == SERVICE]
    os.kill(service, signal.SIGSTOP)
    process = person.popen("run", "-p", server.url("/far.toml"), person.ca, option, "-a", "echo ran",
                           stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert eventually(lambda: [path for path in cached(person) if path.name == "far.toml"])
    (path,) = cached(person)
    path.write_bytes(b'extends = "shell-oneshot"\n[env]\ninherit = ["MY_TOKEN"]\n')
    os.kill(service, signal.SIGCONT)
    stdout, stderr = process.communicate(timeout=60)
    assert process.returncode == 126 and stdout == b"" and b"changed since" in stderr, stderr
    assert person.asked_polkit() == []


def test_ones_own_words_beside_it(person, server):
    """A mistake in another option is told of before anything is downloaded."""
    server.pages["/far.toml"] = answer(DOCUMENT)
    one_sentence(run(person, server, "--timeout", "soon"))
    assert server.requests == []


def test_environment(person, server):
    """Attack 30: of what the caller's environment says, inner-fetch gets the proxy and the language."""
    seen = []

    def page(line):
        for pid, name in descendants().items():
            if name == "inner-fetch":
                seen.append(Path(f"/proc/{pid}/environ").read_bytes().split(b"\0"))
        line.sendall(answer(DOCUMENT))

    server.pages["/far.toml"] = page
    done = person("profile", "show", server.url("/far.toml"), person.ca, env={
        "GIO_EXTRA_MODULES": str(person.work), "GIO_MODULE_DIR": str(person.work), "GIO_USE_TLS": "dummy",
        "G_TLS_GNUTLS_PRIORITY": "NORMAL", "SSL_CERT_FILE": "/dev/null", "SSLKEYLOGFILE": str(person.work / "keys"),
        "no_proxy": "localhost", "LANG": "C.UTF-8"})
    assert done.returncode == 0, done
    (environment,) = seen
    names = {entry.split(b"=")[0].decode() for entry in environment if entry}
    assert names == {"GSETTINGS_BACKEND", "G_DEBUG", "LANG", "LC_ALL", "no_proxy"} | {
        name for name in person.env if name.endswith("SAN_OPTIONS")}
    assert not (person.work / "keys").exists()


def test_proxy_of_the_person(person, server):
    server.pages["/far.toml"] = answer(DOCUMENT)
    with Proxy(server.port) as proxy:
        done = person("profile", "show", server.url("/far.toml", host="profiles.test"), person.ca,
                      env={"https_proxy": f"http://127.0.0.1:{proxy.port}"})
        assert done.returncode == 0 and len(proxy.requests) == 1, done


def test_nobody_waits_for_the_answer(person, server):
    """Who ends innerctl ends the download."""
    server.pages["/far.toml"] = silent
    process = person.popen("profile", "show", server.url("/far.toml"), person.ca)
    assert eventually(lambda: server.requests)
    process.kill()
    process.wait()
    assert eventually(lambda: "inner-fetch" not in descendants().values())


def test_helper_is_missing(private, server):
    """In a namespace of its own, where another directory lies over that of our programs."""
    empty = private.root / "empty"
    empty.mkdir()
    done = subprocess.run(
        ["unshare", "--user", "--map-root-user", "--mount", "sh", "-euc",
         'mount --bind "$0" "$1"; shift; exec "$@"', empty, FETCH.parent,
         *private.command("profile", "show", server.url("/far.toml"))],
        env=private.env, capture_output=True, stdin=subprocess.DEVNULL, timeout=60)
    assert done.returncode == 125, done
    assert str(FETCH) in one_sentence(done) and b"install" in done.stderr
