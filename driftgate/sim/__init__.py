"""A simulated Gemma 4 behind a local model server: the project's test double, shipped.

It is honest about being one: the Server header, /props and every system_fingerprint say
"driftgate-sim". Answers come from rules, not from a model, and are the same for the same seed.

    ask          what a client asks for, whatever dialect it speaks
    mind         ask -> reply: tools, JSON by schema, small tasks
    generation   reply -> tokens: limits, stop sequences, usage
    dialects     responses, chat, completions, ollama: bytes <-> ask and generation
    faults       every way to fail, as one table; fault_text reads them, fault_turns draws them,
                 spoil does what concerns the answer's words
    wire         plan -> bytes on the socket, paced, broken where a fault says so
    server       the routes, the control endpoints, start and stop
"""
