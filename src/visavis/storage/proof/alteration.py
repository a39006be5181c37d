"""What is said of rows that somebody without the master key has changed, taken away or put in."""

from __future__ import annotations

import logging

from visavis.errors import ErrorCode, ServiceError

logger = logging.getLogger(__name__)


def altered(what: str) -> ServiceError:
    """The error for something that is not as it was kept; `what` names it, as the subject of a sentence."""
    detail = f"{what} was altered, or restored from an earlier state. Run `visavis db check`."
    logger.critical("%s", detail)
    return ServiceError(ErrorCode.INTERNAL, detail)
