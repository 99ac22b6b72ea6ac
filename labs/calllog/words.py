"""A call in words: where it came from, and what it changed."""

from __future__ import annotations

import re
from typing import Final

from labs.models import ApiCall
from labs.present import about_call

_SOURCES: Final = {
    "skylab-explorer": "Resources tab",
    "skylab": "this page",
    "aws-cli": "AWS CLI",
    "browser": "a browser",
    "curl": "curl",
}
_TERMINAL: Final = " in the browser"
_SDKS: Final = frozenset({"boto3", "botocore", "Go SDK", "Java SDK", "JavaScript SDK"})
# What the first word of an operation did; with "of" where it set something of a thing that was there.
_DID: Final = {
    "Abort": "Gave up",
    "Accept": "Accepted",
    "Activate": "Activated",
    "Add": "Added",
    "Allocate": "Allocated",
    "Assign": "Assigned",
    "Associate": "Associated",
    "Assume": "Took on",
    "Attach": "Attached",
    "Authorize": "Allowed",
    "Cancel": "Cancelled",
    "Change": "Changed",
    "Complete": "Completed",
    "Confirm": "Confirmed",
    "Copy": "Copied",
    "Create": "Created",
    "Deactivate": "Deactivated",
    "Delete": "Deleted",
    "Deregister": "Took away",
    "Detach": "Detached",
    "Disable": "Switched off",
    "Disassociate": "Took away",
    "Enable": "Switched on",
    "Execute": "Ran",
    "Import": "Imported",
    "Invoke": "Invoked",
    "Launch": "Started",
    "Modify": "Changed",
    "Promote": "Promoted",
    "Publish": "Published",
    "Purge": "Emptied",
    "Put": "Set",
    "Reboot": "Restarted",
    "Receive": "Received",
    "Register": "Registered",
    "Release": "Released",
    "Remove": "Removed",
    "Replace": "Replaced",
    "Reset": "Reset",
    "Restore": "Restored",
    "Revoke": "Took back",
    "Run": "Started",
    "Schedule": "Scheduled",
    "Send": "Sent",
    "Set": "Set",
    "Start": "Started",
    "Stop": "Stopped",
    "Subscribe": "Subscribed",
    "Tag": "Tagged",
    "Terminate": "Terminated",
    "Unsubscribe": "Unsubscribed",
    "Untag": "Untagged",
    "Update": "Changed",
    "Upload": "Uploaded",
}
_OF: Final = frozenset({"Set", "Changed", "Added", "Removed", "Replaced", "Reset", "Switched on", "Switched off"})


def source_of(call: ApiCall) -> str:
    """Return where a call came from, as one says it: "AWS CLI", "Resources tab", "boto3 (SDK)"."""
    tool = call.tool
    if tool.endswith(_TERMINAL):
        return f"Terminal tab ({tool.removesuffix(_TERMINAL)})"
    return _SOURCES.get(tool) or (f"{tool} (SDK)" if tool in _SDKS else tool)


def changed(call: ApiCall) -> str:
    """Return what a call did to the sandbox, a sentence."""
    if call.error_code or call.status >= 400:
        return "Nothing: it was refused."
    if not call.mutating:
        return "Nothing: it only read."
    words = re.findall(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z0-9]+|[A-Z0-9]+", call.action)
    did = _DID.get(words[0], "") if words else ""
    about = about_call(call)
    noun = " ".join(one if one.isupper() else one.lower() for one in (words[1:] if did else words))
    if not did:
        said = f"Did {noun}" + (f" with {about}" if about else "")
    elif not noun:
        said = f"{did} {about}".strip()
    else:
        said = f"{did} {noun}" + (
            f" of {about}" if about and did in _OF and noun not in about else f" {about}" if about else ""
        )
    return f"{said}. It was undone since." if call.undone_by_id else f"{said}."
