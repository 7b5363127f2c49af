"""JSON that no program writes in good faith, as strategies; small, so that many examples cost little."""

from hypothesis import strategies as st

ANY_TEXT = st.text(st.characters(exclude_categories=()))
ODD = st.sampled_from(["", "a", "\ud800", "\x1b[2J\0", "\u202e", "é" * 400, "/room/../a", "{", "'"])
JSON = st.recursive(
    st.sampled_from([None, True, -1, 2**70, 0.5, float("nan")]) | ODD,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ODD, inner, max_size=3),
    max_leaves=6,
)
