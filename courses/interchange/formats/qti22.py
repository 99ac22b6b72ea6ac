"""QTI 2.2, write only: a package of items (and of stimuli, for cases) with its manifest, as TAO and others read it."""

from __future__ import annotations

from collections.abc import Sequence

from courses.content.model import Item
from courses.interchange.formats._qti_package import Version, package
from courses.interchange.report import Exported

TITLE = "QTI 2.2"
SUFFIXES = (".zip",)
VERSION = Version(
    name="qti22",
    kebab=False,
    namespace="http://www.imsglobal.org/xsd/imsqti_v2p2",
    schema_file="http://www.imsglobal.org/xsd/qti/qtiv2p2/imsqti_v2p2.xsd",
    manifest_namespace="http://www.imsglobal.org/xsd/imscp_v1p1",
    manifest_schema_file="http://www.imsglobal.org/xsd/qti/qtiv2p2/qtiv2p2_imscpv1p2_v1p0.xsd",
    schema="QTIv2.2 Package",
    schema_version="1.0.0",
    item_type="imsqti_item_xmlv2p2",
    stimulus_type="imsqti_stimulus_xmlv2p2",
)


def write(items: Sequence[Item]) -> Exported:
    """Return a zip package."""
    return package(items, VERSION)
