#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Counts the cases in meson's test logs: count.py LOG.json... prints what failed, what was skipped and
why, and ends with one line. Exit status 1 if anything failed or nothing ran."""

import json
import re
import sys
from collections import Counter

LINE = re.compile(r"^(not ok|ok)\b[ \d]*(?:- )?([^#]*)(?:# *(SKIP|TODO)\S* *(.*))?$", re.IGNORECASE)


def cases(test):
    """Yields (outcome, name, reason) for each TAP line of a test, or one for the whole test."""
    found = False
    for line in test.get("stdout", "").splitlines():
        match = LINE.match(line)
        if not match:
            continue
        found = True
        if match[3] and match[3].upper() == "SKIP":
            yield "skipped", match[2].strip(), match[4]
        else:
            yield "passed" if match[1] == "ok" else "failed", match[2].strip(), ""
    if test["result"] in ("OK", "EXPECTEDFAIL", "SKIP"):
        if not found:
            yield "skipped" if test["result"] == "SKIP" else "passed", "", "as a whole"
    else:
        yield "failed", "", f"ended with {test['result']}"


def main(logs):
    total = Counter()
    for log in logs:
        with open(log, encoding="utf-8") as file:
            for line in file:
                test = json.loads(line)
                for name in test.get("unsteady", []):
                    print(f"unsteady: {test['name']} {name}".rstrip() + ": passed when it was run again alone")
                for outcome, name, reason in cases(test):
                    # A test with a failed case has failed as a whole: counted once.
                    if outcome == "failed" and not name and total["failed", test["name"], log]:
                        continue
                    total[outcome] += 1
                    total[outcome, test["name"], log] += 1
                    if outcome != "passed":
                        print(f"{outcome}: {test['name']} {name}: {reason}".rstrip(": "))
    print(f"{total['passed']} passed, {total['failed']} failed, {total['skipped']} skipped")
    return 1 if total["failed"] or not total["passed"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
