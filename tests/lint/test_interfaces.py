# SPDX-License-Identifier: Apache-2.0
"""The D-Bus interfaces are documented to the last member."""

import os
import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

FILES = sorted((Path(os.environ["INNER_TEST_SOURCE"]) / "introspection").glob("*.xml"))


def members():
    for path in FILES:
        text = path.read_text()
        for match in re.finditer(r'<(method|signal|property) name="(\w+)"', text):
            comment = text[: match.start()].rstrip()
            comment = comment[comment.rfind("<!--"):] if comment.endswith("-->") else ""
            element = text[match.start():]
            end = re.search(rf"</{match[1]}>|/>\n", element).end()
            names = re.findall(r'<arg name="(\w+)"', element[:end] if match[1] != "property" else "")
            yield pytest.param(comment, match[2], names, id=f"{path.stem}.{match[2]}")


def test_the_interfaces_are_xml():
    assert len(FILES) == 2
    for path in FILES:
        ElementTree.parse(path)


@pytest.mark.parametrize("comment,name,arguments", members())
def test_member_is_documented(comment, name, arguments):
    assert re.search(rf"^\s+{name}:$", comment, flags=re.MULTILINE), "no comment of its own"
    assert "@since:" in comment
    for argument in arguments:
        assert f"@{argument}:" in comment
