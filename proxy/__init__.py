"""The transparent proxy, the recorder, and the history they write.

The nouns:
    call        one client request and its answer; has exactly one terminal outcome
    attempt     one try at one upstream
    dialect     a way of speaking to a model: Responses, Chat Completions, Ollama native
    upstream    a model server that calls are forwarded to
    session     a conversation: a Codex thread, or an id the client sends
    turn        one user prompt and all calls it causes: a Codex turn
    journal     append-only files that survive kill -9; every call is there first
    history     the DuckDB file people ask; filled from the journal by the ingest process
    slice       a part of a body, kept once however often it is sent
    item        one message, tool call or tool result inside a request
    fingerprint what a backend says it is: model, quantization, template, context, version
"""
