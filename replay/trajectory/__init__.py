"""Whole agent turns run again: what a recorded thread was asked, put to both arms, and what came of it.

Not the teacher-forced replay: there each recorded request is sent as it stands and no tool runs; here
the agent runs its tools in a sandbox, in a fresh copy of a workspace, and each step follows from its
own last one.

The nouns:
    task        what a recorded thread, or a call of an agent, was asked: its prompts in order
    workspace   the folder that each trajectory has a fresh copy of
    trajectory  all that an arm did with a task, and how it left its copy
    check       a command that says whether it left the copy well
"""
