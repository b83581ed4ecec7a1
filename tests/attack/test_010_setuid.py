# SPDX-License-Identifier: Apache-2.0
"""Attack 10: programs with setuid bits or capabilities, which would give back what was taken."""

from attacks import Attack, make_tests

CODE = """
def status(key):
    return dict(line.split(":", 1) for line in open("/proc/self/status"))[key].strip()
attack("new privileges are possible", lambda: must(status("NoNewPrivs") == "0", "not possible"))
attack("a mount with setuid", lambda: must([m for m in open("/proc/self/mountinfo") if "nosuid" not in m.split()[5]]))
def su():
    done = subprocess.run(["su", "-c", "id -u", "root"], stdin=subprocess.DEVNULL, capture_output=True)
    must(done.stdout == b"0\\n", "not root")
def effective():
    "Each setuid program of the system, just started and asked who it is."
    found = [f"/usr/bin/{n}" for n in os.listdir("/usr/bin") if os.stat(f"/usr/bin/{n}", follow_symlinks=False).st_mode & 0o6000]
    must(found, "no such program")
    for path in found:
        child = subprocess.Popen([path], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(0.02)
        try:
            uids = open(f"/proc/{child.pid}/status").read().split("Uid:")[1].split()[:4]
            if uids[1] != uids[0] or uids[1] == "0":
                return
        except (OSError, IndexError):
            pass
        finally:
            child.kill()
            child.wait()
    raise Stopped("not root")
def own_copy():
    os.makedirs("/tmp/x", exist_ok=True)
    data = open("/usr/bin/id", "rb").read()
    open("/tmp/x/id", "wb").write(data)
    os.chmod("/tmp/x/id", 0o6755)
    must(subprocess.run(["/tmp/x/id", "-u"], capture_output=True).stdout.strip() != str(os.getuid()).encode(), "not root")
attack("su", su)
attack("the system's programs", effective)
attack("a copy of its own", own_copy)
attack("file capabilities", lambda: os.setxattr("attack.py", "security.capability", struct.pack('<5I', 0x02000000, 0, 0, 0, 0)))
"""
ATTACKS = [Attack("gain", CODE, {"new privileges are possible": "not possible", "a mount with setuid": "nothing", "su": "not root",
                                 "the system's programs": "not root", "a copy of its own": "not root",
                                 "file capabilities": "EPERM"},
                  outside=("new privileges are possible", "a mount with setuid"))]
somebody, test_outside, test_inside = make_tests(ATTACKS)
