"""Look into a copy of a sandbox, for one who teaches: what exists in it, read with the grader's key.

The copy is made, read and ended in one go: nothing can be changed in it, and nothing of it is in the learner's journal.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from dataclasses import dataclass

from botocore.exceptions import BotoCoreError, ClientError

from labs.acting import boto_account
from labs.diagram import Sketch, sketch
from labs.explorer.model import Service
from labs.explorer.reading import Listing, list_service
from labs.explorer.registry import declared
from labs.models import LabSession
from labs.sandboxes import CannotFork, Unavailable
from labs.selectors import CLI_NAMES, provider_for, ref_of, services_in_use
from labs.services.refusals import Away, NotReady, hold_practice

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Copy:
    """What stood in a copy: the services that have something in them or are the lab's, and the whole as a sketch."""

    services: tuple[tuple[Service, tuple[Listing, ...]], ...]
    sketch: Sketch


def look_into_copy(*, session: LabSession) -> Copy:
    """Make a copy of a session's sandbox, read it, and end it.

    :raises NotReady: there is no sandbox to copy. :raises InExam: it is part of an exam.
    :raises Away: the sandbox host does not answer.
    """
    hold_practice(session)
    if not session.is_ready:
        raise NotReady(session)
    provider = provider_for(session)
    wanted = list(dict.fromkeys(CLI_NAMES.get(one, one) for one in services_in_use(session)))
    try:
        fork = provider.fork(ref_of(session.sandbox))
    except (Unavailable, CannotFork) as error:
        logger.warning("%s: no copy: %s", session, error)
        raise Away from error
    try:
        account = boto_account(provider.grader_credentials(fork))
        known = [declared()[one] for one in wanted if one in declared()]
        return Copy(tuple((one, tuple(list_service(account, one))) for one in known), sketch(account, wanted))
    except (BotoCoreError, ClientError, Unavailable) as error:
        logger.warning("%s: the copy did not answer: %s", session, error)
        raise Away from error
    finally:
        with suppress(Unavailable):  # it ends by itself
            provider.stop(fork)
