"""Memory that the bot and a process that decodes share: a picture passes through it without being copied by a pipe."""

import fcntl
import mmap
import os
import tempfile

# A picture as it came, then its copy and the pixels that are handed on: 32 megapixels of noise have room.
SIZE = 256 * 1024 * 1024
# What ordinary photos need; what others needed beyond that is given back to the system.
_ORDINARY = 4 * 1024 * 1024


class Region:
    """Nothing of it costs memory until it is written. Close it to give back all."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._map = mmap.mmap(descriptor, SIZE)

    @classmethod
    def new(cls) -> "Region":
        if not hasattr(os, "memfd_create"):
            with tempfile.TemporaryFile() as file:
                os.ftruncate(file.fileno(), SIZE)
                return cls(os.dup(file.fileno()))
        descriptor = os.memfd_create("pupil-picture", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        os.ftruncate(descriptor, SIZE)
        # Whoever made it smaller would end the other with a bus error.
        fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SEAL)
        return cls(descriptor)

    @property
    def descriptor(self) -> int:
        return self._descriptor

    def write(self, at: int, data: bytes | memoryview) -> int:
        """Returns where it ends. Raises ValueError where there is no room."""
        end = at + len(data)
        if end > SIZE:
            raise ValueError("too much for the region")
        self._map[at:end] = data
        return end

    def read(self, at: int, length: int) -> bytes:
        """A copy: the other may go on writing."""
        if at < 0 or length < 0 or at + length > SIZE:
            raise ValueError("outside of the region")
        return self._map[at : at + length]

    def shrink(self) -> None:
        """Give back what an extraordinary picture took."""
        if hasattr(mmap, "MADV_REMOVE"):
            self._map.madvise(mmap.MADV_REMOVE, _ORDINARY, SIZE - _ORDINARY)

    def close(self) -> None:
        self._map.close()
        os.close(self._descriptor)
