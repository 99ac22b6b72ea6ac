"""QTI 1.2, read only: what Canvas (classic quizzes), Blackboard and others export, as a zip package or a single file."""

from __future__ import annotations

from courses.interchange.build import Builder
from courses.interchange.formats._qti12_item import read_item
from courses.interchange.limits import Unreadable
from courses.interchange.packages import Package, is_zip
from courses.interchange.report import Imported
from courses.interchange.xmltree import Node, parse

TITLE = "QTI 1.2 (Canvas)"
SUFFIXES = (".zip", ".xml", ".imscc")


def recognises(data: bytes, name: str) -> bool:
    """Whether the data are a zip package, or an XML file of QTI 1.2."""
    return is_zip(data) or b"<questestinterop" in data[:4000]


def read(data: bytes, name: str) -> Imported:
    """Return the items of a package or a file. Raises Unreadable."""
    builder = Builder("qti12", name)
    if is_zip(data):
        package = Package(data, name)
        for entry in _entries(package):
            root = parse(package.read(entry), f"{name}!{entry}")
            if root.tag == "questestinterop":
                _read_file(root, f"{name}!{entry}", builder)
            elif root.tag in ("assessmentItem", "qti-assessment-item"):
                raise Unreadable(
                    f"{name}!{entry}: this is QTI {'3' if '-' in root.tag else '2'}, which is written but not read."
                )
    else:
        root = parse(data, name)
        if root.tag != "questestinterop":
            raise Unreadable(
                f"{name}:{root.line}: <{root.tag}> begins the file, not <questestinterop>: this is no QTI 1.2."
            )
        _read_file(root, name, builder)
    return builder.imported()


def _entries(package: Package) -> list[str]:
    """Return the XML files of a package, those that its manifest names first and in its order."""
    found = [one for one in package.files if one.lower().endswith(".xml")]
    manifest = next((one for one in found if one.rpartition("/")[2].lower() == "imsmanifest.xml"), None)
    if manifest is None:
        return found
    folder = manifest.rpartition("/")[0]
    root = parse(package.read(manifest), f"{package.name}!{manifest}")
    named = [f"{folder}/{one.get('href')}".lstrip("/") for one in root.walk("file")]
    listed = [one for one in dict.fromkeys(named) if one in found and one != manifest]
    return [*listed, *(one for one in found if one not in listed and one != manifest)]


def _read_file(root: Node, path: str, builder: Builder) -> None:
    builder.path = path
    for selection in root.walk("selection_number"):
        builder.losses.about("", path, selection.line)
        builder.losses.add(
            "selection", "lost", f"“pick {selection.text.strip()[:10]}” of a group: an exam's blueprint says that"
        )
    for item in root.walk("item"):
        read_item(item, builder)
