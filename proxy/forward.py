"""A request goes up and its answer comes down: the transparent path, once the upstream is known."""

import asyncio

from driftgate.proxy.downstream import Downstream
from driftgate.proxy.errors import CallError
from driftgate.proxy.record import Outcome
from driftgate.proxy.relay import Relay
from driftgate.proxy.settings.upstream import Upstream
from driftgate.proxy.tee import Tee
from driftgate.proxy.upload import Upload, continued
from driftgate.proxy.upstream.connection import IDEMPOTENT, Connection, Pool
from driftgate.proxy.upstream.exchange import connected


async def forward(
    tee: Tee, client: Downstream, upload: Upload, upstream: Upstream, pool: Pool
) -> None:
    """Sends the request up and waits for the answer's end.

    Once more on a new connection if a kept one turns out dead, and only where that is harmless: an
    idempotent method, and not a byte received (RFC 9110, section 9.2.2).

    Raises:
        CallError: no connection, no whole answer, or a request that cannot be sent on.
        ConnectionError: the client has left.
    """
    call = tee.call
    connection = pool.take(call.method)
    while True:
        reused, took_ns = connection is not None, 0
        if connection is None:
            connection, took_ns = await connected(pool, upstream, call.upstream, tee.now_ns)
        tee.connected(took_ns)
        relay = Relay(call, tee, client, upstream, upgrade=upload.upgrade)
        relay.own(connection, pool)
        try:
            await _exchange(tee, upload, relay, connection)
        except CallError as error:
            broken = reused and error.outcome == Outcome.UPSTREAM_RESET
            again = broken and not relay.received and upload.whole is not None
            if not again or call.method not in IDEMPOTENT or call.answered:
                raise
            connection = None
            continue
        return


async def _exchange(tee: Tee, upload: Upload, relay: Relay, connection: Connection) -> None:
    call = tee.call
    call.forwarded_ns = tee.now_ns() - call.started_ns
    call.overhead_ns = call.forwarded_ns - (call.connect_ns or 0)
    try:
        head = upload.head(call)
        if upload.whole is not None:
            connection.write(head + upload.whole)
            relay.sent = True
        else:
            connection.write(head)
            await _stream(upload, tee, relay, connection)
        await relay.done
        await relay.last_bytes()
    except asyncio.CancelledError:
        relay.abandon()
        if relay.tunneled:
            tee.end(Outcome.COMPLETED)
        raise
    except Exception:  # whatever it is, nothing of this answer may reach the client any more
        relay.abandon()
        raise


async def _stream(upload: Upload, tee: Tee, relay: Relay, connection: Connection) -> None:
    """Sends the body until it ends or the upstream answers without it."""
    if upload.expects:
        await continued(relay.proceed)
    if relay.done.done():
        return
    sending = asyncio.ensure_future(upload.stream(connection, tee, relay.progress))
    try:
        await asyncio.wait({sending, relay.done}, return_when=asyncio.FIRST_COMPLETED)
        if sending.done():
            sending.result()
            relay.request_sent()
    finally:
        sending.cancel()
