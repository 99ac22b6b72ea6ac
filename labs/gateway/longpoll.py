"""SQS's long polling: the cell answers at once, and the gateway asks again until a message is there or the time is up.

So a waiting receiver never holds up its sandbox: the sender that it waits for gets its turn in between.
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html
"""

from __future__ import annotations

import json
import re
from typing import Any, Final

from labs.sandboxes.emulated.fleet import CellResponse

__all__ = ["ASK_EVERY", "MAX_WAIT", "is_empty", "without_wait"]

ASK_EVERY: Final = 0.2
MAX_WAIT: Final = 20
_PARAMETER: Final = re.compile(r"(?:^|(?<=&))WaitTimeSeconds=(\d{1,2})(?=&|$)")
_MESSAGES: Final = re.compile(rb'<Message>|"Messages":\s*\[\s*\{')


def without_wait(query: str, body: bytes, *, json_protocol: bool) -> tuple[int, str, bytes]:
    """Return for how many seconds a ReceiveMessage wants to wait, and its query and body asking not to.

    A wait that SQS would refuse is left as it is, for the cell to refuse.
    """
    if json_protocol:
        try:
            asked: Any = json.loads(body or b"{}")
        except ValueError:
            return 0, query, body
        if not isinstance(asked, dict):
            return 0, query, body
        seconds = asked.get("WaitTimeSeconds", 0)
        if type(seconds) is not int or not 0 <= seconds <= MAX_WAIT:
            return 0, query, body
        asked["WaitTimeSeconds"] = 0
        return seconds, query, json.dumps(asked).encode()
    text = body.decode("latin-1")
    for found in (_PARAMETER.search(text), _PARAMETER.search(query)):
        if found and int(found[1]) <= MAX_WAIT:
            return int(found[1]), _PARAMETER.sub("WaitTimeSeconds=0", query), _asking_not(text).encode("latin-1")
    if _PARAMETER.search(text) or _PARAMETER.search(query):
        return 0, query, body
    return 0, query, f"{text}&WaitTimeSeconds=0".lstrip("&").encode("latin-1")


def _asking_not(text: str) -> str:
    return _PARAMETER.sub("WaitTimeSeconds=0", text)


def is_empty(response: CellResponse) -> bool:
    """Return whether a ReceiveMessage was answered, and with no message."""
    return response.status == 200 and not _MESSAGES.search(response.body)
