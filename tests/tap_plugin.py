# SPDX-License-Identifier: Apache-2.0
"""A pytest plugin that prints TAP on stdout, so that meson counts each case; what pytest prints
itself goes to stderr. Use: python3 -m pytest -p tap_plugin FILE"""

import os
import sys

# At import: pytest must not have written anything yet.
_tap = os.fdopen(os.dup(1), "w", buffering=1)
os.dup2(2, 1)


class _Tap:
    def __init__(self):
        self.number = 0
        self.results = {}

    def pytest_collection_finish(self, session):
        print(f"1..{len(session.items)}", file=_tap)

    def pytest_collectreport(self, report):
        if report.failed:
            print(f"Bail out! {report.nodeid} cannot be loaded", file=_tap)

    def pytest_runtest_logreport(self, report):
        """A case has three phases; the first that is not good decides, and the last one prints."""
        if report.when == "setup" or report.outcome != "passed":
            self.results.setdefault(report.nodeid, report)
            if report.outcome != "passed" and self.results[report.nodeid].outcome == "passed":
                self.results[report.nodeid] = report
        if report.when == "teardown":
            self.print_result(self.results.pop(report.nodeid))

    def print_result(self, report):
        self.number += 1
        name = report.nodeid.split("::", 1)[-1].replace("#", " ")
        if report.outcome == "skipped":
            reason = report.longrepr[-1] if isinstance(report.longrepr, tuple) else ""
            reason = " ".join(str(reason).removeprefix("Skipped: ").split())
            print(f"ok {self.number} - {name} # SKIP {reason}", file=_tap)
        elif report.outcome == "passed":
            print(f"ok {self.number} - {name}", file=_tap)
        else:
            print(f"not ok {self.number} - {name}", file=_tap)
            for line in str(report.longrepr).splitlines()[-25:]:
                print(f"# {line}", file=_tap)


def pytest_configure(config):
    sys.stdout = sys.stderr
    config.pluginmanager.register(_Tap(), "tap")
