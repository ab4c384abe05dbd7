"""Addresses for the pods of one node."""

from __future__ import annotations

from collections import deque


class Addresses:
    """Hands out PREFIX.2 to PREFIX.254; one that was given back is used again last, as somebody may remember it."""

    def __init__(self, prefix: str) -> None:
        self._free = deque(f"{prefix}.{number}" for number in range(2, 255))

    def take(self) -> str:
        """Give an address.

        Raises:
            LookupError: all 253 are in use.

        """
        if not self._free:
            raise LookupError("the node has no free pod address")
        return self._free.popleft()

    def give_back(self, address: str) -> None:
        """Take it back."""
        self._free.append(address)
