# SPDX-License-Identifier: Apache-2.0
"""Attack 30: variables of the caller that make programs run something: in the service, the supervisor, bubblewrap and
PID 1, or in the sandbox."""

import subprocess

from attacks import Attack, make_tests

# Writes the name of every program that loads it.
LIBRARY = r"""
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>
__attribute__ ((constructor)) static void
loaded (void)
{
  char name[64];
  int self = open ("/proc/self/comm", O_RDONLY);
  int marker = open (getenv ("MARKER") ? getenv ("MARKER") : "MARKER_PATH", O_WRONLY | O_CREAT | O_APPEND, 0600);
  long n = read (self, name, sizeof name);
  if (n > 0 && write (marker, name, n) < 0)
    _exit (99);
}
"""
NAMES = ["LD_PRELOAD", "LD_LIBRARY_PATH", "LD_AUDIT", "BASH_ENV", "ENV", "PROMPT_COMMAND", "NODE_OPTIONS", "PYTHONSTARTUP",
         "PYTHONPATH", "PERL5OPT", "RUBYOPT", "GIT_SSH_COMMAND", "GIT_EXTERNAL_DIFF", "GIT_CONFIG_COUNT", "GCONV_PATH",
         "GIO_EXTRA_MODULES", "GSETTINGS_BACKEND", "EDITOR", "PAGER", "BASH_FUNC_ls%%", "TMPDIR"]
CODE = f"""
for name in {NAMES!r}:
    attack(name, lambda: must(name in os.environ))
"""
ATTACKS = [Attack("names", CODE, {"*": "nothing"}, outside=True, env={name: "" for name in NAMES})]
# An empty value says as well whether a variable comes through, and loads nothing.
somebody, test_outside, test_inside = make_tests(ATTACKS)


def test_nothing_is_loaded_into_our_programs(inner):
    marker = inner.root / "loaded"
    source = inner.home / "evil.c"
    source.write_text(LIBRARY.replace("MARKER_PATH", str(marker)))
    library = inner.home / "evil.so"
    subprocess.run(["gcc", "-shared", "-fPIC", "-o", library, source], check=True)
    env = {"LD_PRELOAD": str(library), "LD_AUDIT": str(library), "LD_LIBRARY_PATH": str(inner.home)}
    done = inner.run("env; echo inside", env=env)
    assert done.returncode == 0 and done.stdout.endswith(b"inside\n"), done.stderr
    assert b"LD_" not in done.stdout
    # The caller may load into its own innerctl what it likes.
    assert set(marker.read_text().split()) == {"innerctl"}
