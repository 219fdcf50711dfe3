"""Files that servers which are gone left behind, told from the sockets of those that live."""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Iterable
from pathlib import Path


def remove_stale(files: Iterable[Path]) -> None:
    """Remove files that nobody uses: a socket only when connections to it are refused.

    What belongs to another user stays, where its directory (/tmp) lets only that one remove it.
    """
    for file in files:
        with contextlib.suppress(FileNotFoundError, PermissionError):
            if not file.is_socket() or is_dead(file):
                file.unlink()


def is_taken(path: Path) -> bool:
    """Whether a server cannot have the path: taken by one that listens, or what another left."""
    try:
        ours = path.lstat().st_uid == os.geteuid()
    except FileNotFoundError:
        return False
    return not (ours and path.is_socket() and is_dead(path))


def is_dead(path: Path) -> bool:
    """Whether no server listens on the socket any more; one that is frozen or overrun still does."""
    with socket.socket(socket.AF_UNIX) as probe:
        probe.setblocking(False)
        try:
            probe.connect(str(path))
        except ConnectionRefusedError:
            return True
        except OSError:
            return False
    return False
