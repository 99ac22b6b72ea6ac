"""QTI 3.0, write only: the same package as for 2.2, in the names of 3.0 (`qti-choice-interaction`)."""

from __future__ import annotations

from collections.abc import Sequence

from courses.content.model import Item
from courses.interchange.formats._qti_package import Version, package
from courses.interchange.report import Exported

TITLE = "QTI 3.0"
SUFFIXES = (".zip",)
VERSION = Version(
    name="qti30",
    kebab=True,
    namespace="http://www.imsglobal.org/xsd/imsqtiasi_v3p0",
    schema_file="https://purl.imsglobal.org/spec/qti/v3p0/schema/xsd/imsqti_asiv3p0_v1p0.xsd",
    manifest_namespace="http://www.imsglobal.org/xsd/qti/qtiv3p0/imscp_v1p1",
    manifest_schema_file="https://purl.imsglobal.org/spec/qti/v3p0/schema/xsd/imsqtiv3p0_imscpv1p2_v1p0.xsd",
    schema="QTI Package",
    schema_version="3.0.0",
    item_type="imsqti_item_xmlv3p0",
    stimulus_type="imsqti_stimulus_xmlv3p0",
)


def write(items: Sequence[Item]) -> Exported:
    """Return a zip package."""
    return package(items, VERSION)
