# SPDX-License-Identifier: Apache-2.0
"""Attack 74: the sockets of engines, each of which is as good as root, or as the person."""

from attacks import Attack, make_tests

PLACES = ["/run/docker.sock", "/var/run/docker.sock", "/run/podman/podman.sock", "/run/containerd/containerd.sock",
          "/run/crio/crio.sock", "/run/libvirt/libvirt-sock", "/var/lib/lxd/unix.socket", "/var/lib/incus/unix.socket",
          "/var/snap/lxd/common/lxd/unix.socket", "/run/snapd.socket", "/run/buildkit/buildkitd.sock", "RUNTIME/podman/podman.sock",
          "RUNTIME/docker.sock", "RUNTIME/libvirt/libvirt-sock", "RUNTIME/containerd/containerd.sock", "HOMEDIR/.docker/run/docker.sock",
          "HOMEDIR/.docker/desktop/docker.sock", "HOMEDIR/.colima/default/docker.sock", "HOMEDIR/.rd/docker.sock", "HOMEDIR/.lima/x"]
CODE = f"""
def connect(path):
    with socket.socket(socket.AF_UNIX) as attempt:
        attempt.connect(path)
for place in {PLACES!r}:
    attack(os.path.basename(os.path.dirname(place)) + "/" + os.path.basename(place), lambda: connect(place))
attack("variables", lambda: must({{"DOCKER_HOST", "CONTAINER_HOST", "LIBVIRT_DEFAULT_URI"}} & set(os.environ)))
"""


class Engines:
    """Something listens at the places of the person's own engines."""

    def __init__(self, person):
        self.person = person
        self.servers = []

    def __enter__(self):
        import socket
        for path in (self.person.runtime / "podman/podman.sock", self.person.runtime / "docker.sock"):
            path.parent.mkdir(exist_ok=True)
            server = socket.socket(socket.AF_UNIX)
            server.bind(str(path))
            server.listen()
            self.servers.append((server, path))
        return {"RUNTIME": self.person.runtime, "HOMEDIR": self.person.home}

    def __exit__(self, *_):
        for server, path in self.servers:
            server.close()
            path.unlink()


ATTACKS = [Attack("engines", CODE, {"*": "ENOENT", "variables": "nothing"}, outside=("podman/podman.sock",), setup=Engines,
                  env={"DOCKER_HOST": "unix:///run/docker.sock"})]
somebody, test_outside, test_inside = make_tests(ATTACKS)
