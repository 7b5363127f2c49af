"""Contracts: what a good input and a good answer are. Pure: no sockets, no DuckDB, no clock.

The nouns:
    contract    what a good request and a good answer of some calls are; a TOML file, with schemas
    mode        what a contract does with what it finds: `observe` records it, `enforce` acts on it
    violation   one thing that is wrong: where, by which keyword, and a reason that people understand
    verdict     what is said of one answer: `pass`, `fail` or `unjudged`
    judgement   a verdict with the violations that led to it, and the contract it is by
    repair      mending a broken answer without a model: taking the JSON out of prose, and the like
    re-ask      asking the model again, told what was wrong
    fallback    the next upstream or model, once the present one gave no good answer

What is judged (a request, an answer) comes in as values, see `driftgate.contracts.exchange`. What
models, clients and authors of contracts write is hostile or wrong: nothing here raises for it, and
every size, depth and time is bounded.
"""
