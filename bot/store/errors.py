"""What can be wrong with the database itself, and what of it passes by itself.

Exception
└── BadDatabase   cannot be used as it is; its words say why, and what to do
"""

from logging import Logger

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from bot.store.unusable import BadDatabase as BadDatabase

# SQLSTATE: https://www.postgresql.org/docs/current/errcodes-appendix.html
_PASSING_CLASSES = frozenset({"08", "40", "53", "58"})
"""No connection, rolled back for another's sake, no room or memory, trouble with the disk."""
_PASSING_STATES = frozenset(
    {"25006", "25P03", "25P04", "55P03", "57P01", "57P02", "57P03", "57P05"}
)
"""A lock not had, a server that stops or starts, a session taken for dead, a stand-by."""
_COLLISIONS = frozenset({"40001", "40P01", "55P03"})
# busy, locked, no memory, read-only, interrupted, disk, full, cannot open, protocol
_PASSING_CODES = frozenset({5, 6, 7, 8, 9, 10, 13, 14, 15})


def is_passing(error: BaseException) -> bool:
    """Whether it is a trouble of the database that passes, and no fault of what was written."""
    if isinstance(error, PoolTimeout):
        return True
    if not isinstance(error, DBAPIError):
        return False
    if error.connection_invalidated:
        return True
    code = getattr(error.orig, "sqlite_errorcode", None)
    if code is not None:
        return code & 0xFF in _PASSING_CODES
    state = _state(error)
    if state is None:
        return isinstance(error, OperationalError | InterfaceError)
    return state[:2] in _PASSING_CLASSES or state in _PASSING_STATES


def is_collision(error: BaseException) -> bool:
    """Whether only two processes were in each other's way, and others may go on meanwhile."""
    return isinstance(error, DBAPIError) and _state(error) in _COLLISIONS


def log_trouble(log: Logger, error: Exception, what: str) -> None:
    """Log what failed: with its trace if it is a fault of ours, and not a trouble that passes."""
    if is_passing(error):
        log.warning("%s: %s", what, type(error).__name__)
    else:
        log.error(what, exc_info=error)


def _state(error: DBAPIError) -> str | None:
    return getattr(error.orig, "sqlstate", None)
