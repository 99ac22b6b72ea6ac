"""A QTI 2.2 or 3.0 package: which files it holds, and its manifest. Items are made in _qti_item.py, in the names of 2.2."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from courses.content.model import Item
from courses.interchange import to_html
from courses.interchange.build import STUB, spec_tags, tags_of
from courses.interchange.comparison import cleaned
from courses.interchange.formats._qti_item import item_node
from courses.interchange.packages import pack
from courses.interchange.report import Exported, Losses
from courses.interchange.xmltree import Node, element, legal, serialise
from graders.items import CaseSpec, ChoiceSpec, LabSpec, MatchingSpec, ResponseSpec, Spec

_XSI = "http://www.w3.org/2001/XMLSchema-instance"
_LOM = "http://ltsc.ieee.org/xsd/LOM"
_HTML = {
    "p",
    "br",
    "hr",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "blockquote",
    "ul",
    "ol",
    "li",
    "a",
    "em",
    "strong",
    "code",
}
_HTML |= {"pre", "sub", "sup", "table", "thead", "tbody", "tr", "th", "td", "div", "span"}


@dataclass(frozen=True)
class Version:
    """What sets 2.2 and 3.0 apart. `kebab`: elements are named qti-choice-interaction, attributes max-choices."""

    name: str
    kebab: bool
    namespace: str
    schema_file: str
    manifest_namespace: str
    manifest_schema_file: str
    schema: str
    schema_version: str
    item_type: str
    stimulus_type: str


@dataclass(frozen=True)
class _Resource:
    identifier: str
    type: str
    href: str
    content: bytes
    keywords: tuple[str, ...]
    needs: str = ""


def package(items: Sequence[Item], version: Version) -> Exported:
    """Return the items as a zip package of a version."""
    losses, resources = Losses(), list[_Resource]()
    taken = {item.id for item in items}
    for item in items:
        losses.about(item.id, item.path, item.line)
        item = cleaned(item, _clean, losses, "characters that XML cannot hold, or space at its ends, are left out")
        resources += _resources(item, version, losses, taken)
    files = {"imsmanifest.xml": serialise(_manifest(resources, version))}
    files |= {one.href: one.content for one in resources}
    return Exported(version.name, pack(files), tuple(losses))


def _clean(text: str) -> str:
    return legal(text.replace("\r\n", "\n").replace("\r", "\n")).strip()


def _resources(item: Item, version: Version, losses: Losses, taken: set[str]) -> list[_Resource]:
    keywords = tuple(tags_of(item, losses))
    if isinstance(item.spec, LabSpec):
        losses.add("item", "left out", f"a lab needs a sandbox; its stem stands there with a note ({item.spec.lab})")
        stub = item_node(item.id, f"{item.stem}\n\n*{STUB}*", None, 0, losses, "spec")
        return [_item(item.id, stub, version, keywords)]
    if not isinstance(item.spec, CaseSpec):
        made = item_node(item.id, item.stem, item.spec, item.points, losses, "spec")
        return [_item(item.id, made, version, (*keywords, *_spec_keywords(item.spec, losses, "spec")))]
    if item.points != 1:
        losses.add("points", "lost", f"the case's own points ({item.points:g}); its questions have theirs")
    stimulus = f"stimulus-{item.id}"
    body = element("stimulusBody", *to_html.blocks(item.stem, losses, "stem"))
    shared = _root(element("assessmentStimulus", body, identifier=stimulus, title=item.id), version)
    href = f"stimuli/{item.id}.xml"
    done = [_Resource(stimulus, version.stimulus_type, href, serialise(shared), keywords)]
    for at, part in enumerate(item.spec.parts):
        where = f"spec.parts[{at}].spec"
        name = f"{item.id}-{part.id}"
        while name in taken:
            name += "-"
        taken.add(name)
        made = item_node(name, part.stem, part.spec, part.points, losses, where)
        reference = element("assessmentStimulusRef", identifier=stimulus, href=f"../{href}")
        place = next(at for at, one in enumerate(made.children) if isinstance(one, Node) and one.tag == "itemBody")
        made.children.insert(place, reference)
        words = [*keywords, *([f"domain:{part.domain}"] if part.domain and part.domain != item.domain else [])]
        words += _spec_keywords(part.spec, losses, where)
        done.append(replace(_item(name, made, version, tuple(words)), needs=stimulus))
    return done


def _spec_keywords(spec: Spec, losses: Losses, where: str) -> list[str]:
    if isinstance(spec, ChoiceSpec | ResponseSpec):
        return []  # QTI knows options that keep their place
    if isinstance(spec, MatchingSpec):
        if spec.titles != MatchingSpec.titles:
            losses.add(f"{where}.titles", "lost", "there is no place for the columns' titles")
        return []
    return spec_tags(spec, losses, where)


def _item(name: str, node: Node, version: Version, keywords: tuple[str, ...]) -> _Resource:
    return _Resource(f"item-{name}", version.item_type, f"items/{name}.xml", serialise(_root(node, version)), keywords)


def _root(node: Node, version: Version) -> Node:
    made = _renamed(node) if version.kebab else node
    schema = {"xsi:schemaLocation": f"{version.namespace} {version.schema_file}"}
    made.attributes = {"xmlns": version.namespace, "xmlns:xsi": _XSI} | schema | made.attributes
    return made


def _renamed(node: Node) -> Node:
    """Return the tree in the names of 3.0."""
    children = [one if isinstance(one, str) else _renamed(one) for one in node.children]
    if node.tag in _HTML:
        return Node(node.tag, node.attributes, children)
    if node.tag == "modalFeedback":
        children = [Node("qti-content-body", {}, children)]
    return Node(f"qti-{_kebab(node.tag)}", {_kebab(name): value for name, value in node.attributes.items()}, children)


def _kebab(name: str) -> str:
    return re.sub(r"[A-Z]", lambda found: f"-{found[0].lower()}", name)


def _manifest(resources: Sequence[_Resource], version: Version) -> Node:
    digest = hashlib.sha256(b"".join(one.content for one in resources)).hexdigest()[:16]
    nodes = []
    for one in resources:
        words = [element("keyword", element("string", word, language="en")) for word in one.keywords]
        lom = Node("lom", {"xmlns": _LOM}, [element("general", *words)])
        needs = [element("dependency", identifierref=one.needs)] if one.needs else []
        file = element("file", href=one.href)
        attributes = {"identifier": one.identifier, "type": one.type, "href": one.href}
        nodes.append(Node("resource", attributes, [element("metadata", lom), file, *needs]))
    about = element("metadata", element("schema", version.schema), element("schemaversion", version.schema_version))
    manifest = element("manifest", about, element("organizations"), element("resources", *nodes))
    manifest.attributes = {
        "xmlns": version.manifest_namespace,
        "xmlns:xsi": _XSI,
        "xsi:schemaLocation": f"{version.manifest_namespace} {version.manifest_schema_file}",
        "identifier": f"skylab-{digest}",
    }
    return manifest
