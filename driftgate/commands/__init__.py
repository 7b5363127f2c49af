"""One module a command, imported only when that command is called.

A module `<name>` offers
    command     a function whose parameters typer reads; its docstring is the help text
    EXAMPLES    a tuple of command lines, printed at the end of the help

Names and one-line helps stand in `driftgate.cli.COMMANDS`, so that `driftgate --help` imports none.
Data goes to stdout, messages to stderr.
"""
