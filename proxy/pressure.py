"""Back-pressure: whoever writes waits for whoever reads slowly, so that nothing piles up here."""

import asyncio
from collections.abc import Callable

from driftgate.proxy.downstream import Downstream
from driftgate.proxy.upstream.connection import Connection


class Pressure:
    """Holds back one side of a call while the other one catches up.

    Args:
        client: one side.
        connection: the other one.
        on_caught_up: told when the client has read, before the upstream is let go.
    """

    def __init__(
        self, client: Downstream, connection: Connection, on_caught_up: Callable[[], None]
    ) -> None:
        self._client, self._connection, self._caught_up = client, connection, on_caught_up
        self._client_reads: asyncio.Task[None] | None = None
        self._upstream_reads: asyncio.Task[None] | None = None

    @property
    def client_is_slow(self) -> bool:
        """Whether the upstream is held back."""
        return self._client_reads is not None

    def sent_down(self) -> None:
        """Bytes were written to the client."""
        if self._client.paused and self._client_reads is None:
            self._connection.hold_back()
            self._client_reads = asyncio.ensure_future(self._until_client_has_read())

    def sent_up(self) -> None:
        """Bytes of the client were written to the upstream."""
        if self._connection.paused and self._upstream_reads is None:
            self._client.pause_reading()
            self._upstream_reads = asyncio.ensure_future(self._until_upstream_has_read())

    def end(self) -> None:
        """Waits for nobody any more; a connection that is given back reads again."""
        if self._client_reads is not None:
            self._client_reads.cancel()
            self._client_reads = None
            self._connection.let_go()
        if self._upstream_reads is not None:
            self._upstream_reads.cancel()
            self._upstream_reads = None

    async def _until_client_has_read(self) -> None:
        try:
            await self._client.drain()
        except ConnectionError:
            return  # the client has left; the cancelled handler ends the call
        self._client_reads = None
        self._caught_up()
        self._connection.let_go()

    async def _until_upstream_has_read(self) -> None:
        await self._connection.drain()
        self._upstream_reads = None
        self._client.resume_reading()
