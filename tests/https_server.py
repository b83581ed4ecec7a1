# SPDX-License-Identifier: Apache-2.0
"""A server for https on this machine, with certificates made by openssl for one run of the tests, and a proxy.
What it answers is written by the test, byte for byte, so that it can answer wrongly."""

import socket
import socketserver
import ssl
import subprocess
import threading

HOSTS = "DNS:localhost,DNS:profiles.test,IP:127.0.0.1"


def openssl(*args, cwd):
    subprocess.run(["openssl", *args], cwd=cwd, check=True, capture_output=True)


def make_authority(directory, name):
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
            "-subj", f"/CN={name}", "-keyout", f"{name}.key", "-out", f"{name}.pem", cwd=directory)


def make_certificate(directory, name, authority, hosts=HOSTS, days=2):
    """NAME.key and NAME.pem, signed by an authority; -1 day: expired since yesterday."""
    openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={name}",
            "-keyout", f"{name}.key", "-out", f"{name}.csr", cwd=directory)
    (directory / f"{name}.ext").write_text(f"subjectAltName={hosts}\n")
    openssl("x509", "-req", "-in", f"{name}.csr", "-CA", f"{authority}.pem", "-CAkey", f"{authority}.key",
            "-CAcreateserial", "-days", str(days), "-extfile", f"{name}.ext", "-out", f"{name}.pem",
            cwd=directory)


def make_certificates(directory):
    """ca.pem is to be trusted, other-ca.pem is not."""
    for authority in ("ca", "other-ca"):
        make_authority(directory, authority)
    make_certificate(directory, "good", "ca")
    make_certificate(directory, "expired", "ca", days=-1)
    make_certificate(directory, "elsewhere", "ca", hosts="DNS:elsewhere.test")
    make_certificate(directory, "stranger", "other-ca")
    return directory


def answer(body=b"", status="200 OK", length=None, **headers):
    """A whole answer. A length of -1 says nothing of it."""
    lines = [f"HTTP/1.1 {status}"]
    if length != -1:
        lines.append(f"Content-Length: {len(body) if length is None else length}")
    lines += [f"{key.replace('_', '-')}: {value}" for key, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


class Connection(socketserver.BaseRequestHandler):
    """Reads the head of one request, and lets the page write the answer."""

    def handle(self):
        try:
            self.request.settimeout(20)
            self.serve(self.server.secure(self.request))
        except OSError:
            # The client has heard enough, or does not like our certificate.
            pass

    def serve(self, line):
        head = b""
        while b"\r\n\r\n" not in head:
            chunk = line.recv(4096)
            if not chunk:
                return
            head += chunk
        request, *lines = head.decode().splitlines()
        self.server.requests.append((request, [l for l in lines if l]))
        page = self.server.pages.get(request.split()[1], answer(status="404 Not Found"))
        if callable(page):
            page(line)
        else:
            line.sendall(page)
        line.close()


class Server(socketserver.ThreadingTCPServer):
    """pages: path -> the bytes of the answer, or what is called with the line to the client."""

    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 50

    def __init__(self, certificates=None, name="good", handler=Connection):
        super().__init__(("127.0.0.1", 0), handler)
        self.port = self.server_address[1]
        self.pages = {}
        self.requests = []
        self.context = None
        if certificates is not None:
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain(certificates / f"{name}.pem", certificates / f"{name}.key")
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    def secure(self, line):
        return self.context.wrap_socket(line, server_side=True) if self.context else line

    def handle_error(self, request, client_address):
        raise

    def url(self, path, host="localhost", scheme="https"):
        return f"{scheme}://{host}:{self.port}{path}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()


class Tunnel(Connection):
    """A proxy that connects everybody to one server, whatever they ask for; with a password if
    the server has one."""

    def serve(self, line):
        while True:
            head = b""
            while b"\r\n\r\n" not in head:
                chunk = line.recv(4096)
                if not chunk:
                    return
                head += chunk
            request, *lines = head.decode().splitlines()
            self.server.requests.append((request, [l for l in lines if l]))
            if self.server.password is None or f"Proxy-Authorization: {self.server.password}" in lines:
                break
            line.sendall(answer(status="407 Proxy Authentication Required",
                                Proxy_Authenticate='Basic realm="proxy"'))
        line.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        with socket.create_connection(("127.0.0.1", self.server.target)) as there:
            threads = [threading.Thread(target=self.pump, args=ends, daemon=True)
                       for ends in ((line, there), (there, line))]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()

    @staticmethod
    def pump(source, sink):
        try:
            while data := source.recv(65536):
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass


class Proxy(Server):
    def __init__(self, target, password=None):
        super().__init__(handler=Tunnel)
        self.target = target
        self.password = password
