"""Golden sets carried from one history to another."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from driftgate.proxy.errors import UsageError
from driftgate.proxy.history.fingerprints import Seen
from driftgate.proxy.history.reader import open_history
from driftgate.proxy.history.store import Store
from driftgate.proxy.journal.reader import Tail
from driftgate.proxy.journal.writer import JournalWriter, Rules
from driftgate.proxy.record import Chunk, Outcome, Recorded
from driftgate.replay.select import golden_import, keep
from driftgate.replay.select.choose import choose
from driftgate.replay.select.criteria import Criteria
from driftgate.replay.select.golden_export import export
from driftgate.replay.select.golden_file import content_hash, read_call
from driftgate.replay.select.golden_import import Imported, import_set, write
from driftgate.replay.select.selected import Selected, Selection
from tests.replay.select.recorded import answer, chat, recording
from tests.support.recorded_calls import Recording, call_id

MS = 1_000_000


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    return tmp_path


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The file of a set with two calls."""
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("two")
        patch.setenv("XDG_RUNTIME_DIR", str(folder))
        return exported(folder, chat(0, "one", session="s"), chat(1, "two")).read_bytes()


@pytest.fixture
def file(folder: Path, two: bytes) -> Path:
    """The same in this test's folder."""
    (folder / "one.jsonl").write_bytes(two)
    return folder / "one.jsonl"


def exported(folder: Path, *calls: Recorded, status: str | None = None, new: bool = True) -> Path:
    """The file of the set `one`, which has all these calls, out of a new history or one that is here."""
    here = folder / "here.duckdb"
    if new:
        recording(here)
    Recording(here).add(*calls)
    with open_history(here, drain=False) as reader:
        selection = choose(reader, Criteria(status=status), n=99, seed=7, collapse=False)
    keep.keep(here, replace(selection, name="one"))
    export(here, "one", folder / "one.jsonl")
    return folder / "one.jsonl"


def resealed(file: Path, path: str, new: Any, line: int = 1) -> Path:
    """The file with another value in a line, its hash made anew."""
    lines = [json.loads(each) for each in file.read_bytes().splitlines()]
    *parents, last = path.split(".")
    inner = lines[line]
    for each in parents:
        inner = inner[each]
    inner[last] = new
    texts = [
        json.dumps(each, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
        for each in lines
    ]
    found = content_hash(lines[0]["fingerprints"])
    found.update(b"".join(texts[1:]))
    lines[0]["sha256"] = found.hexdigest()
    head = json.dumps(lines[0], separators=(",", ":")).encode() + b"\n"
    file.write_bytes(b"".join([head, *texts[1:]]))
    return file


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
headers = st.lists(
    st.tuples(
        st.sampled_from(["X-A", "x-driftgate-session", "Content-Encoding"]),
        st.text("a\xe9 ~", max_size=6),
    ),
    max_size=4,
)
bodies = st.binary(max_size=30) | texts.map(str.encode) | texts.map(answer)
durations = st.integers(0, 1 << 42)


@st.composite
def recordings(draw: st.DrawFn) -> Recorded:
    """A call whose bytes, times and headers may be anything."""
    data = draw(bodies)
    cuts = sorted(draw(st.lists(st.integers(0, len(data)), max_size=4)))
    pieces = [data[a:b] for a, b in zip([0, *cuts], [*cuts, len(data)], strict=True)]
    times = sorted(draw(st.lists(durations, min_size=len(pieces), max_size=len(pieces))))
    made = chat(
        0,
        draw(texts),
        request_headers=draw(headers),
        response_headers=draw(headers),
        trailers=draw(headers),
        chunks=[
            Chunk(at // 1000 * 1000, piece)
            for at, piece in zip(times, pieces, strict=True)
            if piece
        ],
        status=draw(st.sampled_from([200, 400, 404, 503])),
        outcome=draw(st.sampled_from([Outcome.COMPLETED, Outcome.UPSTREAM_RESET])),
        error=draw(st.none() | texts.filter(bool)),
        first_byte_ns=draw(st.none() | durations),
        ended_ns=draw(durations),
        overhead_ns=draw(st.none() | durations),
    )
    if draw(st.booleans()):
        made.request_body = draw(bodies)
    made.request_size = len(made.request_body)
    made.response_size = len(data) + draw(st.integers(0, 9))
    made.response_truncated = made.response_size > len(data)
    return made


@settings(
    max_examples=2,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # to shrink takes minutes
)
@given(st.lists(recordings(), min_size=6, max_size=12), st.data())
def test_what_is_exported_imported_and_exported_again_is_the_same(
    tmp_path_factory: pytest.TempPathFactory, calls: list[Recorded], data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("carried")
    for number, call in enumerate(calls):
        call.call_id, call.started_ns = call_id(number).bytes, chat(number).started_ns
    here, there = folder / "here.duckdb", folder / "there.duckdb"
    recording(here, *calls)
    slices = data.draw(st.dictionaries(texts, st.tuples(texts)))
    selected = [
        Selected(str(call_id(number)), data.draw(texts), slices, number + 1)
        for number in range(len(calls))
    ]
    keep.keep(here, Selection(selected, data.draw(texts), 7, 99, 3, "one"))
    export(here, "one", folder / "one.jsonl")
    assert import_set(folder / "one.jsonl", there) == Imported("one", len(calls), len(calls), True)
    export(there, "one", folder / "two.jsonl")
    assert (folder / "two.jsonl").read_bytes() == (folder / "one.jsonl").read_bytes()
    ids = [call.call_id for call in selected]
    with open_history(here, drain=False) as reader:
        were = reader.recorded_many(ids)
    with open_history(there, drain=False) as reader:
        assert [
            replace(each, worker="w1", replayed=None) for each in reader.recorded_many(ids)
        ] == [replace(each, client="") for each in were]


def test_a_set_is_the_same_elsewhere_and_counts_as_no_live_traffic(folder: Path) -> None:
    judged = {
        "contract": "cities",
        "contract_id": str(call_id(5)),
        "verdict": "fail",
        "violations": [
            {
                "source": "contract",
                "keyword": "type",
                "path": "text/0",
                "reason": "r\x1b",
                "severity": "error",
            }
        ],
        "repairs": ["fence"],
        "judged_us": 12,
    }
    passed = chat(0, "one", calls=["look"], forwarded_ns=1)
    calls = [replace(passed, judged=judged), chat(1, "two", session="s")]
    file = exported(folder, *calls)
    there = folder / "there.duckdb"
    import_set(file, there)
    columns = (
        "call_id, started_at, ended_at, dialect, contract, contract_id, verdict, violations, repairs, "
        "judged_us, output_text, input_tokens, total_ms, first_byte_ms, chunk_us, chunk_bytes, attempts"
    )
    with open_history(folder / "here.duckdb", drain=False) as reader:
        selection = keep.named(reader, "one")
        rows = reader.ask(f"SELECT {columns} FROM all_calls ORDER BY call_id").rows
        found = reader.ask("FROM all_violations").rows
    with open_history(there, drain=False) as reader:
        assert keep.named(reader, "one") == selection
        assert reader.ask(f"SELECT {columns} FROM all_calls ORDER BY call_id").rows == rows
        assert reader.ask("FROM all_violations").rows == found
        assert reader.ask("SELECT count(*) FROM calls").rows == [(0,)]
        marks = reader.ask("SELECT DISTINCT arm, run_id, replay_of, repetition FROM replays").rows
        assert marks == [("imported", None, None, 1)]


def test_calls_bring_the_fingerprint_of_who_answered_and_take_none_of_here(folder: Path) -> None:
    """Both machines call their upstream local; what it is here says nothing of there."""
    here, there = recording(folder / "here.duckdb"), recording(folder / "there.duckdb")
    for path, number, facts in ((here, 1, {"n_ctx": 1.5}), (there, 2, {"n_ctx": 2})):
        seen = Seen(chat(0).started_ns, "local", None, str(call_id(number)), facts)
        Store(path).apply([], seen=[seen])
    file = exported(folder, chat(0), new=False)
    import_set(file, there)
    with open_history(there, drain=False) as reader:
        rows = reader.ask(
            "SELECT fingerprint_id, facts FROM all_calls JOIN fingerprints USING (fingerprint_id)"
        ).rows
    assert rows == [(call_id(1), '{"n_ctx":1.5}')]
    export(there, "one", folder / "two.jsonl")
    assert (folder / "two.jsonl").read_bytes() == file.read_bytes()
    resealed(file, "fingerprint_id", str(call_id(3)))
    with pytest.raises(UsageError, match="line 2: its fingerprint is not in the first line"):
        import_set(file, there)


def test_importing_again_or_at_home_changes_nothing(folder: Path) -> None:
    file = exported(folder, *(chat(n) for n in range(3)))
    assert import_set(file, folder / "here.duckdb") == Imported("one", 3, 0, kept=False)
    there = recording(folder / "there.duckdb")
    import_set(file, there)
    with open_history(there, drain=False) as reader:
        before = reader.ask("FROM all_calls").rows, reader.ask("FROM selections").rows
    assert import_set(file, there) == Imported("one", 3, 0, kept=False)
    with open_history(there, drain=False) as reader:
        assert (reader.ask("FROM all_calls").rows, reader.ask("FROM selections").rows) == before


def test_a_set_of_the_same_name_with_other_content_is_refused(folder: Path, file: Path) -> None:
    there = folder / "there.duckdb"
    recording(there, chat(8), chat(9))
    with open_history(there, drain=False) as reader:
        selection = choose(reader, Criteria(), n=9, seed=0, collapse=False)
    keep.keep(there, replace(selection, name="one"))
    with pytest.raises(UsageError, match=r"another golden set named 'one', of 2 calls"):
        import_set(file, there)


def test_a_call_that_is_here_with_other_content_is_refused(folder: Path, file: Path) -> None:
    there = folder / "there.duckdb"
    recording(there, chat(1, "something else"))
    with pytest.raises(UsageError, match=f"call {call_id(1)} is in .*there.duckdb with other"):
        import_set(file, there)
    with open_history(there, drain=False) as reader:
        assert reader.ask("SELECT count(*) FROM all_calls").rows == [(1,)]


def test_what_is_left_of_a_broken_import_is_made_whole(folder: Path, file: Path) -> None:
    there = folder / "there.duckdb"
    recording(there, chat(1, "two"))
    assert import_set(file, there) == Imported("one", 2, 1, kept=True)


def test_damage_is_named_with_its_line_and_nothing_is_written(folder: Path, two: bytes) -> None:
    head, first, second = two.splitlines(keepends=True)
    damaged = {
        b"": "line 1: no golden set",
        b"{}\n": "line 1: no golden set",
        head: "holds 0 calls, and its first line says 2",
        head + first: "holds 1 call, and its first line says 2",
        head + first + first: "line 3: call .* is there already",
        head + second + first: "hash in its first line",
        head + first.replace(b"Say", b"say").replace(b"one", b"One") + second: "hash in its",
        head + first + second[:-1]: "line 3: it does not end",
        head + first + second[:99] + b"\n": "line 3: ",
        head + b"\n" + second: "line 2: ",
        head.replace(b'"seed":7', b'"seed":8') + first + second: "line 1: it was changed",
        head.replace(b'"name":"one"', b'"name":"two"') + first + second: "line 1: it was changed",
    }
    there = folder / "there.duckdb"
    for content, said in damaged.items():
        (folder / "bad.jsonl").write_bytes(content)
        with pytest.raises(UsageError, match=said):
            import_set(folder / "bad.jsonl", there)
    assert not there.exists()
    with pytest.raises(UsageError, match="cannot read"):
        import_set(folder / "none.jsonl", there)


def test_a_line_without_end_is_not_read_whole(
    folder: Path, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    head, *calls = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(head + b"".join(calls).replace(b"\n", b" "))
    monkeypatch.setattr(golden_import, "LINE_LIMIT", len(head))
    with pytest.raises(UsageError, match=r"line 2: it is longer than [0-9,]+ bytes"):
        import_set(file, folder / "there.duckdb")


def test_a_change_that_hides_itself_is_still_another_call(folder: Path, file: Path) -> None:
    import_set(file, recording(folder / "there.duckdb"))
    resealed(file, "request.target", "/v1/completions")
    with pytest.raises(UsageError, match="with other content"):
        import_set(file, folder / "there.duckdb")


def test_an_interrupted_call_stays_one(folder: Path) -> None:
    """It has no end, so that none is written."""
    cut = chat(
        0, ended_ns=None, outcome=Outcome.INTERRUPTED, error="driftgate stopped while the call ran"
    )
    file = exported(folder, cut, chat(1, ended_ns=5 * MS), status="error")
    import_set(file, recording(folder / "there.duckdb"))
    export(folder / "there.duckdb", "one", folder / "two.jsonl")
    assert (folder / "two.jsonl").read_bytes() == file.read_bytes()


def test_frames_are_those_of_a_recorder(tmp_path: Path, two: bytes) -> None:
    line = read_call(two.splitlines()[1])
    journal = JournalWriter(tmp_path / "j", "w", Rules(min_free_bytes=0))
    write(journal, line)
    (call,) = Tail(tmp_path / "j" / "w").poll().calls
    journal.close()
    assert (call.call_id, call.ended_ns) == (call_id(0).bytes, 1_500 * MS)
    assert (call.request_body, call.chunks) == (
        chat(0, "one").request_body,
        chat(0).chunks,
    )
