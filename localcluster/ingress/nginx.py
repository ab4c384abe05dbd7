"""The nginx program: started once, reloaded without losing a request, ended when the last one is answered."""

import asyncio
import contextlib
import logging
import os
import signal
from pathlib import Path

from localcluster.ingress import configuration
from localcluster.ingress.routes import Plan

log = logging.getLogger(__name__)
_QUIT = 8.0  # seconds for open requests at the end


class Nginx:
    """One master process and its configuration."""

    def __init__(self, program: str, folder: Path, port: int, health_port: int) -> None:
        self._program = program
        self._folder = folder
        self._ports = (port, health_port)
        self._log = "/dev/stdout" if _can_write("/dev/stdout") else "off"
        self._text = ""
        self._process: asyncio.subprocess.Process | None = None

    async def apply(self, plan: Plan) -> bool:
        """Make nginx do as planned; False when it did already. Raises RuntimeError when nginx refuses or has ended."""
        text = configuration.write(plan, self._folder, *self._ports, self._log)
        if text == self._text and self._process is not None:
            return False
        page = self._folder / "nginx.conf"
        page.write_text(text)
        if self._process is None:
            self._process = await self._start(page)
        else:
            await self._check(page)
            self._signal(signal.SIGHUP)
        self._text = text
        return True

    async def ended(self) -> None:
        """Wait for nginx to end by itself, which it should not; raises RuntimeError."""
        assert self._process is not None
        raise RuntimeError(f"nginx ended with {await self._process.wait()}")

    async def quit(self) -> None:
        """Answer what is open, then end."""
        if self._process is None or self._process.returncode is not None:
            return
        self._signal(signal.SIGQUIT)
        try:
            async with asyncio.timeout(_QUIT):
                await self._process.wait()
        except TimeoutError:
            self._signal(signal.SIGTERM)
            await self._process.wait()

    async def _start(self, page: Path) -> asyncio.subprocess.Process:
        argv = (self._program, "-p", str(self._folder), "-c", str(page), "-e", "stderr")
        process = await asyncio.create_subprocess_exec(*argv)
        log.info("nginx runs as %d", process.pid)
        return process

    async def _check(self, page: Path) -> None:
        argv = (self._program, "-t", "-q", "-p", str(self._folder), "-c", str(page), "-e", "stderr")
        process = await asyncio.create_subprocess_exec(*argv, stderr=asyncio.subprocess.PIPE)
        _, said = await process.communicate()
        if process.returncode:
            raise RuntimeError(f"nginx refuses its configuration: {said.decode(errors='replace').strip()}")

    def _signal(self, number: int) -> None:
        assert self._process is not None
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(number)


def _can_write(path: str) -> bool:
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_APPEND))
    except OSError:
        return False
    return True
