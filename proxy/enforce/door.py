"""Whether a call is managed, and the beginning of one that is."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from driftgate.contracts.contract import Contract
from driftgate.contracts.contract_set import ContractSet
from driftgate.contracts.verdict import Judgement, Violation
from driftgate.proxy import failures
from driftgate.proxy.call import Call
from driftgate.proxy.dialects import dialect_of
from driftgate.proxy.downstream import Downstream
from driftgate.proxy.enforce.gear import Gear
from driftgate.proxy.enforce.managed import Managed
from driftgate.proxy.enforce.question import may_manage, read_question
from driftgate.proxy.judging import as_judged
from driftgate.proxy.refusal import is_codex
from driftgate.proxy.tee import Tee
from driftgate.proxy.upload import Upload

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


@dataclass(slots=True)
class Door:
    """Where calls leave the transparent path. contracts: the set in force now."""

    gear: Gear
    contracts: ContractSet

    def opens(self, call: Call, upload: Upload) -> bool:
        """Whether this call has to be looked into; most have not."""
        if call.method != "POST" and not upload.upgrade:
            return False
        upstream = self.gear.upstream(call.upstream)
        return may_manage(self.gear.settings, self.contracts, dialect_of(call.target), upstream)

    async def read(self, upload: Upload, client: Downstream) -> None:
        """Reads the request whole.

        Raises:
            ClientError: it is too long to be held, or a websocket, whose messages nobody could
                hold back: clients fall back to plain requests at once.
        """
        if upload.upgrade:
            raise failures.websocket_managed()
        if upload.expects and upload.whole is None:
            client.write(CONTINUE)
        if await upload.read_managed(self.gear.limit) is None:
            raise failures.body_too_large(self.gear.limit)

    async def enter(self, call: Call, tee: Tee, client: Downstream, upload: Upload) -> bool:
        """Takes the call to its end; False: nothing is to be done with it, let it pass.

        Raises:
            CallError: it is refused, or there is no answer.
        """
        raw, dialect = upload.whole, dialect_of(call.target)
        assert raw is not None
        assert dialect is not None
        question = await asyncio.to_thread(  # patterns of contracts, and long bodies, take time
            read_question,
            self.gear.settings,
            self.contracts,
            self.gear.upstream(call.upstream),
            dialect=dialect,
            target=call.target,
            pairs=upload.pairs,
            raw=raw,
            codex=is_codex(tuple(upload.pairs)),
        )
        if question is None:
            return False
        if question.contract is not None and question.refused:
            await tee.judged(as_judged(_refused(question.contract, question.refused)))
            raise failures.input_refused(question.contract.name, question.refused)
        await Managed(self.gear, call, tee, client, question=question, raw=raw).run()
        return True


def _refused(contract: Contract, violations: Sequence[Violation]) -> Judgement:
    return Judgement.of(tuple(violations), contract.name, contract.id)
