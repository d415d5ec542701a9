"""The secret keys in a file of their own, which nobody else on the machine may read."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from pydantic import SecretStr

from bot.settings import checks


def read_keys(file: Path) -> SecretStr:
    """The keys of the file, one on each line, as SECRET_KEYS has them; ValueError if not alone.

    Empty lines and lines that begin with # say nothing.
    """
    try:
        with file.open(encoding="ascii") as opened:
            _check_private(os.fstat(opened.fileno()), file)
            lines = [line.strip() for line in opened]
    except OSError as error:
        msg = f"cannot be read: {file}: {os.strerror(error.errno or 0)}"
        raise ValueError(msg) from None
    except UnicodeDecodeError:
        lines = []
    return _checked(",".join(line for line in lines if line and not line.startswith("#")), file)


def _check_private(found: os.stat_result, file: Path) -> None:
    if not stat.S_ISREG(found.st_mode):
        msg = f"is no file: {file}"
        raise ValueError(msg)
    if found.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        msg = f"may be read or changed by others than its owner: run `chmod 400 {file}`"
        raise ValueError(msg)


def _checked(keys: str, file: Path) -> SecretStr:
    try:
        return checks.secret_keys(SecretStr(keys))
    except ValueError:
        msg = f"must hold keys made by `paceful keys new`, one on a line, each once: {file}"
        raise ValueError(msg) from None
