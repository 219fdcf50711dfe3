"""What a TCP port says to somebody who connects."""

from __future__ import annotations

import socket


def refuses(address: str, port: int, timeout: float) -> bool:
    """Whether connections are refused: nobody listens. A port that stays silent (seconds) is no refusal."""
    try:
        socket.create_connection((address, port), timeout).close()
    except ConnectionRefusedError:
        return True
    except OSError:
        return False
    return False
