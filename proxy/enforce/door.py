"""Whether a call is managed, and the beginning of one that is."""

from collections.abc import Sequence
from dataclasses import dataclass

from driftgate.contracts.contract import Contract
from driftgate.contracts.contract_set import ContractSet, Reach
from driftgate.contracts.verdict import Judgement, Violation
from driftgate.proxy import failures
from driftgate.proxy.call import Call
from driftgate.proxy.dialects import dialect_of
from driftgate.proxy.downstream import Downstream
from driftgate.proxy.enforce.gear import Gear
from driftgate.proxy.enforce.managed import Managed
from driftgate.proxy.enforce.question import header_of, reach, read_question
from driftgate.proxy.enforce.threads import in_thread
from driftgate.proxy.judging import as_judged
from driftgate.proxy.refusal import is_codex
from driftgate.proxy.tee import Tee
from driftgate.proxy.upload import Upload

_NAMES_ONE = b'"contract"'  # the key of the request's metadata
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


@dataclass(slots=True)
class Door:
    """Where calls leave the transparent path. contracts: the set in force now."""

    gear: Gear
    contracts: ContractSet

    def reach(self, call: Call, upload: Upload) -> Reach:
        """Whether this call has to be looked into; most have not."""
        if call.method != "POST" and not upload.upgrade:
            return Reach.NO
        return reach(
            self.gear.settings,
            self.contracts,
            self.gear.upstream(call.upstream),
            dialect=dialect_of(call.target),
            path=call.target,
            named=header_of(upload.pairs),
        )

    async def read(self, why: Reach, upload: Upload, client: Downstream) -> bool:
        """Reads the request whole; False: it names no contract, and passes as it is.

        Raises:
            ClientError: it is too long to be held, or a websocket, whose messages nobody could
                hold back: clients fall back to plain requests at once.
        """
        if why is Reach.IF_NAMED:
            if upload.upgrade:
                return False
            await upload.read_whole(self.gear.limit)  # what it leaves alone cannot be looked into
            return upload.whole is not None and (upload.coded or _NAMES_ONE in upload.whole)
        if upload.upgrade:
            raise failures.websocket_managed()
        if (upload.request.content_length or 0) > self.gear.limit:
            raise failures.body_too_large(self.gear.limit)
        if upload.expects and upload.whole is None and client.modern:
            client.write(CONTINUE)
        if await upload.read_managed(self.gear.limit) is None:
            raise failures.body_too_large(self.gear.limit)
        return True

    async def enter(self, call: Call, tee: Tee, client: Downstream, upload: Upload) -> bool:
        """Takes the call to its end; False: nothing is to be done with it, let it pass.

        Raises:
            CallError: it is refused, or there is no answer.
        """
        raw, dialect = upload.whole, dialect_of(call.target)
        assert raw is not None
        assert dialect is not None
        question = await in_thread(  # patterns of contracts, and long bodies, take time
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
