"""The Codex CLI as a backend: whole agent turns behind the APIs that clients speak already.

The nouns:
    agent       an upstream of kind `codex`: Codex, a model, a sandbox, and what it may do
    host        the process that runs the agents' turns; it answers the proxy on a unix socket
    outer call  what a client asked of an agent
    inner call  a model call that Codex made for it; it comes back through the proxy
    program     the Codex that is installed, and its version
    app server  one `codex app-server` process: JSON-RPC lines over its stdin and stdout
    pool        the app servers of one agent, replaced before they grow
    thread      a conversation inside an app server; each outer call has one of its own
    turn        one user prompt in it, and all that Codex does until it answers
    step        what happened in a turn, as it happens: text, a command, a changed file, the end
    workspace   the directory that a turn works in
"""
