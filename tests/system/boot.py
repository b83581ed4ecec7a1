#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Boots the Debian of this machine under emulation, installs our build there, and runs the tests of inside/
with a real systemd, logind, polkitd and cgroups. Prints TAP.

The image is made once a month (a minute) and kept in $INNER_TEST_IMAGE_DIR or /var/cache/inner-tests; each
boot writes to a copy that is thrown away. Use: boot.py [PYTEST-ARGUMENT...]; the arguments go to pytest
inside. README.md in the folder above tells more."""

import fcntl
import functools
import hashlib
import io
import os
import re
import shlex
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
from pathlib import Path

SOURCE = Path(os.environ.get("INNER_TEST_SOURCE", Path(__file__).parents[2]))
PREFIX = Path(os.environ.get("INNER_TEST_PREFIX", SOURCE / "build" / "stage"))
HERE = SOURCE / "tests" / "system"
IMAGES = Path(os.environ.get("INNER_TEST_IMAGE_DIR", "/var/cache/inner-tests"))

TOOLS = {"qemu-system-x86_64": "qemu-system-x86", "mmdebstrap": "mmdebstrap", "mkfs.ext4": "e2fsprogs"}

PACKAGES = (
    # The system
    "systemd", "systemd-sysv", "udev", "kmod", "dbus", "dbus-user-session", "libpam-systemd", "polkitd", "pkexec",
    "linux-image-cloud-amd64", "procps", "util-linux",
    # The engine
    "podman", "crun", "uidmap", "slirp4netns", "fuse-overlayfs", "busybox-static",
    # What Inner runs; what it links with comes from its programs
    "bubblewrap", "xdg-dbus-proxy", "git", "glib-networking", "libglib2.0-bin",
    # The tests
    "python3", "python3-gi", "python3-pytest", "gir1.2-glib-2.0",
)

MEMORY_MIB = 2048
PROCESSORS = 2
BOOT_SECONDS = 850

# What the image has beyond its packages. Everything else comes with each boot, so that a change of a test
# needs no new image.
FILES = {
    "etc/hostname": "inner-test\n",
    "etc/hosts": "127.0.0.1 localhost inner-test\n",
    "etc/systemd/system/inner-unpack.service": """\
[Unit]
Description=Unpacks what is tested
DefaultDependencies=no
After=local-fs.target systemd-remount-fs.service
Before=sysinit.target
FailureAction=poweroff-force
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=tar -xf /dev/vdb -C /
ExecStart=/inner/tests/system/inside/install
""",
    "etc/systemd/system/inner-tests.service": """\
[Unit]
Description=Tests what was unpacked
After=multi-user.target user@1000.service
Requires=user@1000.service
SuccessAction=poweroff-force
FailureAction=poweroff-force
[Service]
Type=oneshot
ExecStart=/inner/tests/system/inside/run
""",
}
LINKS = {
    "etc/systemd/system/sysinit.target.wants/inner-unpack.service": "../inner-unpack.service",
    "etc/systemd/system/graphical.target.wants/inner-tests.service": "../inner-tests.service",
    # They compete for an emulated processor and test nothing of ours.
    **{f"etc/systemd/system/{unit}": "/dev/null" for unit in (
        "apt-daily.timer", "apt-daily-upgrade.timer", "dpkg-db-backup.timer", "e2scrub_all.timer",
        "e2scrub_reap.service", "getty@tty1.service", "serial-getty@ttyS0.service", "fstrim.timer",
        "systemd-timesyncd.service", "systemd-networkd-wait-online.service", "logrotate.timer")},
}
# inner is the person, other is somebody else; both linger.
COMMANDS = (
    "useradd --create-home --uid 1000 --shell /bin/bash inner",
    "useradd --create-home --uid 1001 --shell /bin/bash other",
    "echo inner:inner | chpasswd",
    "mkdir -p /var/lib/systemd/linger && touch /var/lib/systemd/linger/inner",
)


def say(text):
    print(f"# {text}", flush=True)


def skip(reason):
    print(f"1..0 # SKIP {reason}", flush=True)
    sys.exit(0)


def os_release():
    lines = Path("/etc/os-release").read_text().splitlines()
    return {key: value.strip('"') for key, _, value in (line.partition("=") for line in lines)}


def why_not_run():
    missing = [package for tool, package in TOOLS.items() if not shutil.which(tool)]
    if missing:
        return f"install {' '.join(missing)} to boot a machine under emulation"
    if os_release().get("ID") != "debian" or os.uname().machine != "x86_64":
        return "the recipe for the image is for Debian on x86-64, and our build runs on no other system than this one"
    if not (PREFIX / "bin/innerctl").exists():
        return f"nothing is installed in {PREFIX}"
    return ""


def sources():
    """The machine's own, as far as they are Debian's: files that mmdebstrap reads."""
    places = [Path("/etc/apt/sources.list"), Path("/etc/apt/sources.list.d/debian.sources")]
    return [str(place) for place in places if place.exists() and "deb" in place.read_text()]


@functools.cache
def packages():
    """With those of the libraries that our programs need: this machine has them, and is the same Debian."""
    programs = [path for path in PREFIX.rglob("*") if path.is_file() and path.open("rb").read(4) == b"\x7fELF"]
    said = subprocess.run(["ldd", *programs], capture_output=True, text=True).stdout
    libraries = set(re.findall(r"=> (/\S+)", said))
    names = {name for library in libraries for name in (library, library.removeprefix("/usr"), f"/usr{library}")}
    owners = subprocess.run(["dpkg-query", "--search", *sorted(names)], capture_output=True, text=True).stdout
    return tuple(sorted({*PACKAGES, *re.findall(r"^([^:\s]+)(?::\w+)?: /", owners, flags=re.MULTILINE)}))


def image_key():
    """A new month brings the security updates of the last one; a new recipe makes a new image at once."""
    recipe = repr((packages(), FILES, LINKS, COMMANDS, os_release().get("VERSION_CODENAME")))
    return f"{time.strftime('%Y-%m')}-{hashlib.sha256(recipe.encode()).hexdigest()[:12]}"


def is_complete(directory):
    return all((directory / name).exists() for name in ("disk", "kernel", "initrd"))


def customize(root):
    for name, text in FILES.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    for name, target in LINKS.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).unlink(missing_ok=True)
        (root / name).symlink_to(target)
    for command in COMMANDS:
        subprocess.run(["chroot", root, "sh", "-ec", command], check=True, stdout=sys.stderr)


def build_image(directory):
    suite = os_release()["VERSION_CODENAME"]
    with tempfile.TemporaryDirectory(dir=IMAGES, prefix="making-") as name:
        made, root = Path(name), Path(name, "root")
        subprocess.run(
            ["mmdebstrap", "--quiet", "--variant=minbase", "--mode=root", f"--include={','.join(packages())}",
             "--aptopt=Apt::Install-Recommends false", suite, root, *sources()],
            check=True, stdout=sys.stderr, stdin=subprocess.DEVNULL,
        )
        customize(root)
        for kind, pattern in (("kernel", "vmlinuz-*"), ("initrd", "initrd.img-*")):
            shutil.copyfile(next((root / "boot").glob(pattern)), made / kind)
        with (made / "disk").open("wb") as disk:
            disk.truncate(3 << 30)
        subprocess.run(["mkfs.ext4", "-q", "-F", "-O", "^has_journal", "-d", root, made / "disk"], check=True)
        directory.mkdir(mode=0o755)
        for kind in ("kernel", "initrd", "disk"):
            (made / kind).chmod(0o644)
            (made / kind).rename(directory / kind)


def get_image():
    directory = IMAGES / image_key()
    if is_complete(directory):
        return directory
    if os.getuid() != 0:
        skip("there is no image yet, and only root can make it: run this test as root once")

    IMAGES.mkdir(parents=True, exist_ok=True)
    with (IMAGES / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not is_complete(directory):
            # A boot that has an older one open keeps it.
            for old in IMAGES.glob("20*"):
                shutil.rmtree(old)
            begin = time.monotonic()
            build_image(directory)
            say(f"made {directory} in {time.monotonic() - begin:.0f} s")
    return directory


def as_root(member):
    member.uid = member.gid = 0
    member.uname = member.gname = "root"
    return None if "__pycache__" in member.name else member


def pack(path, arguments):
    """What is tested, its tests, and how to run them: a tar file that is the second disk."""
    settings = "".join(f"{name}={shlex.quote(str(value))}\n" for name, value in (
        ("INNER_TEST_PREFIX", PREFIX), ("INNER_TEST_SOURCE", "/inner"), ("ARGUMENTS", shlex.join(arguments))))
    with tarfile.open(path, "w") as tar:
        tar.add(PREFIX, arcname=str(PREFIX).lstrip("/"), filter=as_root)
        tar.add(SOURCE / "tests", arcname="inner/tests", filter=as_root)
        tar.add(SOURCE / "data", arcname="inner/data", filter=as_root)
        member = tarfile.TarInfo("inner/settings")
        member.size = len(settings)
        tar.addfile(member, io.BytesIO(settings.encode()))


def boot(image, payload, console):
    """Runs the machine until it turns itself off; what its tests say comes out of its second serial line."""
    return subprocess.run(
        ["qemu-system-x86_64", "-accel", "tcg,thread=multi", "-cpu", "max", "-m", str(MEMORY_MIB),
         "-smp", str(PROCESSORS), "-display", "none", "-monitor", "none", "-nic", "none", "-no-reboot",
         "-kernel", image / "kernel", "-initrd", image / "initrd",
         "-append", "root=/dev/vda rw console=ttyS0 quiet panic=-1",
         "-drive", f"file={image}/disk,format=raw,if=virtio,snapshot=on",
         "-drive", f"file={payload},format=raw,if=virtio,readonly=on",
         "-serial", f"file:{console}", "-serial", "stdio"],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, timeout=BOOT_SECONDS,
        env={**os.environ, "TMPDIR": str(payload.parent)},
    ).stdout.decode(errors="replace").replace("\r", "")


def tap_lines(said):
    """Without what is no TAP."""
    return [line for line in said.splitlines() if line.startswith(("ok ", "not ok ", "1..", "# ", "Bail out!"))]


def run(arguments):
    image = get_image()
    with tempfile.TemporaryDirectory(dir="/var/tmp", prefix="inner-boot-") as name:
        payload, console = Path(name, "payload"), Path(name, "console")
        pack(payload, arguments)
        begin = time.monotonic()
        try:
            said = boot(image, payload, console)
        except subprocess.TimeoutExpired as error:
            said = (error.stdout or b"").decode(errors="replace").replace("\r", "")
            print(f"not finished after {BOOT_SECONDS} seconds", file=sys.stderr)
        lines = tap_lines(said)
        print("\n".join(lines), flush=True)
        say(f"booted and tested in {time.monotonic() - begin:.0f} s")
        if not any(line.startswith("1..") for line in lines) or not said.rstrip().endswith("# over"):
            print("Bail out! the machine did not run its tests to the end; stderr has its console", flush=True)
            print(console.read_text(errors="replace")[-6000:] if console.exists() else "no console", file=sys.stderr)
            print(said[-4000:], file=sys.stderr)
            return 1
        return 1 if any(line.startswith("not ok") for line in lines) else 0


def main():
    reason = why_not_run()
    if reason:
        skip(reason)
    return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
