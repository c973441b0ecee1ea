"""Lets a second port of this machine lead to the first one, for a client that cannot be told the port."""

import asyncio
import contextlib
from typing import Final

# Never another: from outside, all callers of the second port would look like this machine.
HERE: Final = "127.0.0.1"
PIECE_BYTES: Final = 64 * 1024


async def forward(port: int, *, to: tuple[str, int]) -> asyncio.Server:
    """Pass on what comes to a port of this machine, byte by byte, until the server that is returned is closed.

    Args:
        port: the port.
        to: the address and port that listen for it.

    Raises:
        OSError: if the port cannot be taken.
    """

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.closing(writer), contextlib.suppress(OSError):
            there, back = await asyncio.open_connection(*to)
            with contextlib.closing(back):
                await asyncio.gather(_pass_on(reader, back), _pass_on(there, writer))

    return await asyncio.start_server(connected, HERE, port)


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while piece := await reader.read(PIECE_BYTES):
        writer.write(piece)
        await writer.drain()
    writer.write_eof()
