"""What to warn about before a run: what will be read wrongly afterwards. Pure but for the environment.

Sampling at temperature 0 is not deterministic under batching, since a batch's size changes the order of
sums (Thinking Machines Lab, "Defeating Nondeterminism in LLM Inference", 2025: 80 distinct answers in
1,000). One seed for all repetitions makes them draw the same: the noise floor then reads as zero.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from driftgate.contracts.json_values import counted, cut
from driftgate.proxy.dialects.describe import dialect_of
from driftgate.proxy.dialects.edit import is_settable
from driftgate.proxy.judging import GENERATING
from driftgate.proxy.record import Recorded
from driftgate.replay.candidate.config import Configuration
from driftgate.replay.candidate.pairs import header_value
from driftgate.replay.candidate.prepared import Unreplayable
from driftgate.replay.candidate.request import prepare
from driftgate.replay.candidate.values import secret
from driftgate.replay.candidate.whole import Earlier

_MASK = re.compile(rb"redacted:[0-9a-f]{16}")
_MOST_NAMES = 5  # of models that a warning lists
_CHANGING = ("patch", "system", "tools", "set", "unset")


def warnings(
    configuration: Configuration,
    calls: Sequence[Recorded],
    *,
    arm: str = "candidate",
    earlier: Earlier = lambda _: None,
    models: Sequence[str] = (),
    asked: Sequence[str] = (),
    environ: Mapping[str, str] | None = None,
) -> list[str]:
    """What a person should know before the run, a line each; empty: nothing.

    Args:
        configuration: of the arm.
        calls: the selected calls, or some of them.
        arm: its name, for the lines.
        earlier: as for `prepare`.
        models: that the upstream lists; empty: it lists none.
        asked: models that the recorded calls ask for.
        environ: the environment; None: this process's.

    Raises:
        UsageError: a variable of the environment holds what no header can carry.
    """
    found = [
        *_sampling(configuration),
        *_models(configuration, models, asked),
        *_credentials(configuration, environ),
        *_words(configuration, calls),
        *_untouched(configuration, calls, earlier),
        *_masked(calls),
    ]
    return [f"{arm}: {line}" for line in found]


def _sampling(configuration: Configuration) -> Iterator[str]:
    said = configuration.set
    if "seed" in said:
        yield (
            f"set.seed = {said['seed']} makes all repetitions draw the same: the noise floor is no "
            "longer measured; leave it out, or read every difference as drift"
        )
    if said.get("temperature") == 0:
        yield (
            "set.temperature = 0 is not deterministic: under load, batching changes answers; do not "
            "take one differing answer for drift"
        )
    if configuration.k == 1:
        yield "k = 1 measures no noise floor of this arm; give 2 or more"


def _models(
    configuration: Configuration, models: Sequence[str], asked: Sequence[str]
) -> Iterator[str]:
    wanted = [configuration.model] if configuration.model is not None else sorted({*asked})
    known = {*models, *(name.removesuffix(":latest") for name in models)}
    for name in wanted:
        if models and name not in known:
            told = ", ".join(cut(each) for each in models[:_MOST_NAMES])
            more = f" and {len(models) - _MOST_NAMES} more" if len(models) > _MOST_NAMES else ""
            yield (
                f"model {cut(name)!r} is not among those that the upstream lists ({told}{more}): it "
                "may refuse, or answer with another one; `model` names one"
            )


def _credentials(configuration: Configuration, environ: Mapping[str, str] | None) -> Iterator[str]:
    named = dict.fromkeys(configuration.headers_env.values())
    if configuration.api_key_env:
        named[configuration.api_key_env] = None
    for name in named:
        value = secret(name, environ)
        if value is not None:
            header_value(name, value)
        else:
            yield f"environment variable {name} is not set: its header is not sent"


def _words(configuration: Configuration, calls: Sequence[Recorded]) -> Iterator[str]:
    """Parameters that a dialect has no word for."""
    dialects = Counter(dialect_of(call.target) for call in calls)
    for name in configuration.set:
        for dialect, number in dialects.items():
            if dialect in GENERATING and not is_settable(dialect, name):
                yield f"set.{name} cannot be set in {dialect}: {counted(number, 'call')} without it"


def _untouched(
    configuration: Configuration, calls: Sequence[Recorded], earlier: Earlier
) -> Iterator[str]:
    """What is configured and changes nothing in any of the calls."""
    for name in _CHANGING if calls else ():
        value = getattr(configuration, name)
        if value in (None, (), {}):
            continue
        alone = Configuration.model_validate({name: value})
        refusals: list[str] = []
        if not any(_touches(alone, call, earlier, refusals) for call in calls):
            why = f": {refusals[0]}" if refusals else ""
            yield f"`{name}` changes nothing in any of {counted(len(calls), 'selected call')}{why}"


def _touches(alone: Configuration, call: Recorded, earlier: Earlier, refusals: list[str]) -> bool:
    """Whether a call is sent otherwise; why not, where it cannot be sent so at all."""
    try:
        plain = prepare(call, Configuration(), earlier=earlier, environ={})
        return prepare(call, alone, earlier=earlier, environ={}).body != plain.body
    except Unreplayable as error:
        refusals.append(str(error))
        return False


def _masked(calls: Sequence[Recorded]) -> Iterator[str]:
    number = sum(_MASK.search(call.request_body) is not None for call in calls)
    if number:
        verb = "was" if number == 1 else "were"
        yield (
            f"{counted(number, 'selected call')} {verb} recorded with redacted text, and "
            f"{'is' if number == 1 else 'are'} sent with it"
        )
