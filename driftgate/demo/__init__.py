"""`driftgate demo`: the main job on an embedded default, in under a minute.

processes   real processes of driftgate, started and always ended
traffic     what real clients send
questions   what is asked of the history afterwards
"""
