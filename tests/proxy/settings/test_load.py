"""Settings from their sources: what wins, what is refused, and in which words."""

import os
import re
from pathlib import Path

import pytest

from driftgate.proxy.errors import SettingsError
from driftgate.proxy.settings.load import Settings, Upstream, journal_root, load_settings
from driftgate.proxy.settings.names import known_settings


@pytest.fixture(autouse=True)
def _clean_place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in os.environ:
        if name.upper().startswith("DRIFTGATE_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def refused(text: str | None = None, **flags: object) -> str:
    path = None
    if text is not None:
        path = Path("conf.toml")
        path.write_text(text)
    with pytest.raises(SettingsError) as caught:
        load_settings(path, **flags)
    return str(caught.value)


def test_without_any_source_the_defaults_stand_and_the_upstream_is_ollama() -> None:
    settings = load_settings()
    assert settings.address == ("127.0.0.1", 8787)
    assert settings.history == Path("driftgate.duckdb")
    assert {name: each.url for name, each in settings.upstreams.items()} == {
        "default": "http://127.0.0.1:11434"
    }
    assert settings.upstreams["default"].first_byte_timeout_s == 600
    assert settings.journal.durability == "write"


def test_flags_win_over_the_environment_and_that_over_the_file(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    Path("driftgate.toml").write_text("workers = 2\nmax_header_kb = 2\nshutdown_grace_s = 2\n")
    monkeypatch.setenv("DRIFTGATE_WORKERS", "3")
    monkeypatch.setenv("DRIFTGATE_MAX_HEADER_KB", "3")
    settings = load_settings(workers=4, max_header_kb=None)
    assert (settings.workers, settings.max_header_kb, settings.shutdown_grace_s) == (4, 3, 2)


def test_the_file_is_the_flag_then_the_variable_then_the_one_in_the_folder(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, workers in (("driftgate.toml", 2), ("variable.toml", 3), ("flag.toml", 4)):
        Path(name).write_text(f"workers = {workers}\n")
    assert load_settings().workers == 2
    monkeypatch.setenv("DRIFTGATE_CONFIG", "variable.toml")
    assert load_settings().workers == 3
    assert load_settings(Path("flag.toml")).workers == 4


def test_tables_of_several_sources_are_merged_key_by_key(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("driftgate.toml").write_text(
        "[upstreams.default]\nurl = 'http://file'\nidle_timeout_s = 7\n"
        "[upstreams.big]\nurl = 'http://big/base/'\nmodels = ['Gemma*']\n"
        "[journal]\nsegment_mb = 8\n"
    )
    monkeypatch.setenv("DRIFTGATE_UPSTREAMS__BIG__VERIFY_TLS", "false")
    monkeypatch.setenv("DRIFTGATE_JOURNAL__DURABILITY", "fsync")
    monkeypatch.setenv("DRIFTGATE_REDACT__HEADERS", '["x-mine"]')
    settings = load_settings(upstream="http://flag:1/")
    assert settings.upstreams["default"] == Upstream(url="http://flag:1", idle_timeout_s=7)
    assert settings.upstreams["big"].url == "http://big/base"
    assert not settings.upstreams["big"].verify_tls
    assert (settings.journal.segment_mb, settings.journal.durability) == (8, "fsync")
    assert settings.redact.headers == ["x-mine"]


def test_named_upstreams_replace_the_assumed_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRIFTGATE_UPSTREAMS__BIG__URL", "http://x:1")
    assert list(load_settings().upstreams) == ["big"]


@pytest.mark.parametrize(
    ("text", "near"),
    [
        ("listn = 'a'", "conf.toml: listn: unknown setting; did you mean listen?"),
        ("segment_mb = 3", "did you mean journal.segment_mb?"),
        ("[journal]\nsegmen_mb = 3", "journal.segmen_mb: unknown setting; did you mean journal.s"),
        ("[upstreams.x]\nurl='http://a'\nmodls=[]", "did you mean upstreams.x.models?"),
        ("[redact]\nheader = []", "did you mean redact.headers?"),
    ],
)
def test_an_unknown_key_in_the_file_is_refused_with_the_nearest_known_one(
    text: str, near: str
) -> None:
    assert near in refused(text)


def test_a_key_like_no_other_is_refused_without_a_guess() -> None:
    assert refused("qqqqqq = 1") == "conf.toml: qqqqqq: unknown setting"


def test_an_unknown_variable_is_refused_with_the_nearest_known_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DRIFTGATE_LISTN", "x")
    monkeypatch.setenv("DRIFTGATE_JOURNAL__SEGMNT_MB", "x")
    monkeypatch.setenv("DRIFTGATE_WORKERS__MANY", "x")
    assert refused().splitlines()[:2] == [
        "DRIFTGATE_JOURNAL__SEGMNT_MB: unknown setting; did you mean DRIFTGATE_JOURNAL__SEGMENT_MB?",
        "DRIFTGATE_LISTN: unknown setting; did you mean DRIFTGATE_LISTEN?",
    ]
    assert "DRIFTGATE_WORKERS__MANY: unknown setting" in refused()


def test_an_unknown_flag_is_refused_with_the_nearest_known_one() -> None:
    assert refused(worker=2) == "--worker: unknown setting; did you mean --workers?"


def test_variables_of_the_program_itself_are_no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SHARED", "OTHER_PYTHON", "TEST_X", "LLAMA_SERVER"):
        monkeypatch.setenv(f"DRIFTGATE_{name}", "x")
    monkeypatch.setenv("DRIFTGATE_CONFIG", "")
    assert load_settings() == Settings()


@pytest.mark.parametrize(
    ("text", "where"),
    [("workers = 1\na = \n", ":2:5: Invalid"), ("a = [1,\n", ":1:8: "), ("[a", ":1:3: ")],
)
def test_a_syntax_error_names_file_line_and_column(text: str, where: str) -> None:
    assert refused(text).startswith("conf.toml" + where)
    assert "\n" not in refused(text)


def test_a_file_that_is_asked_for_must_be_there_and_be_text() -> None:
    with pytest.raises(SettingsError, match=r"no\.toml: cannot be read: No such file"):
        load_settings(Path("no.toml"))
    Path("bytes.toml").write_bytes(b"a = '\xff'")
    with pytest.raises(SettingsError, match=r"bytes\.toml: not UTF-8 at byte 5"):
        load_settings(Path("bytes.toml"))


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("listen = 5", "conf.toml: listen = 5: expected a text"),
        ("listen = '8787'", "listen = '8787': expected host:port"),
        ("listen = '::1:80'", "an IPv6 host in brackets"),
        ("listen = 'a:65536'", "port 0 to 65535"),
        ("workers = 'x'", "workers = 'x': expected a whole number"),
        ("workers = 0", "workers = 0: expected 1 or more"),
        ("fingerprint_interval_s = 0", "expected more than 0"),
        ("fingerprint_interval_s = inf", "expected a number"),
        ("log_level = 'x'", "expected 'debug', 'info', 'warning' or 'error'"),
        ("journal = 3", "journal = 3: expected a table"),
        ("upstream = 'foo'", "expected an address such as"),
        ("[upstreams]\nbig = 'http://a'", "upstreams.big = 'http://a': expected a table"),
        ("[upstreams.big]", "upstreams.big: it needs url, the address of a model server"),
        ("[upstreams.Big]\nurl='http://a'", "upstream name 'Big' may have a-z"),
        ("[upstreams.a]\nurl='http://a'\nverify_tls='x'", "expected true or false"),
        ("[redact]\npatterns = ['(']", "pattern '(' is no regular expression"),
        ("[redact]\npatterns = ['a*']", "pattern 'a*' matches the empty text"),
        ("[redact]\njson_paths = ['$.a[?x]']", "JSON path '$.a[?x]': not understood at '[?x]'"),
        ("[redact]\nheaders = 'a'", "redact.headers = 'a': expected a list of texts"),
    ],
)
def test_a_wrong_value_names_key_value_and_what_is_expected(text: str, line: str) -> None:
    assert line in refused(text)


def test_a_wrong_variable_is_named_as_people_wrote_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRIFTGATE_JOURNAL__SEGMENT_MB", "x")
    monkeypatch.setenv("DRIFTGATE_REDACT__HEADERS", "foo")
    monkeypatch.setenv("DRIFTGATE_UPSTREAMS", "foo")
    assert set(refused().splitlines()) == {
        "DRIFTGATE_JOURNAL__SEGMENT_MB = 'x': expected a whole number",
        "DRIFTGATE_REDACT__HEADERS = 'foo': expected a list of texts",
        "DRIFTGATE_UPSTREAMS = 'foo': expected a table",
    }


def test_several_problems_are_told_at_once_one_line_each() -> None:
    assert len(refused("listen = 5\nworkers = 0\nlistn = 1\n").splitlines()) == 3


def test_a_password_in_an_address_is_shown_nowhere() -> None:
    for url in ("http://me:hunter2@host?x", "https://me:hunter2@host/v1", "http://hunter2@host"):
        told = refused(f"upstream = '{url}'")
        assert "hunter2" not in told
        assert "http://127.0.0.1:11434" in told
    assert "Authorization" in refused("upstream = 'http://me:hunter2@host'")


def test_a_child_process_gets_the_same_settings_and_reads_nothing_itself(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings = load_settings(workers=2, upstream="https://host/base", history="~/a.duckdb")
    monkeypatch.setenv("DRIFTGATE_WORKERS", "9")
    Path("driftgate.toml").write_text("workers = 8\n")
    assert Settings.model_validate_json(settings.model_dump_json()) == settings
    assert Settings().workers == 1


@pytest.mark.parametrize(
    ("listen", "address"),
    [("[::1]:0", ("::1", 0)), ("localhost:80", ("localhost", 80)), ("0.0.0.0:1", ("0.0.0.0", 1))],
)
def test_an_address_to_listen_on_is_host_and_port(listen: str, address: tuple[str, int]) -> None:
    assert load_settings(listen=listen).address == address


def test_the_journal_lies_beside_the_history() -> None:
    assert journal_root(Path("a/b.duckdb")) == Path("a/b.duckdb.journal")


def test_every_setting_says_what_it_is_for() -> None:
    settings = list(known_settings())
    assert len(settings) > 20
    assert all(re.fullmatch(r"[A-Z`].*\.", each.description) for each in settings)


def test_an_upstream_given_by_flag_is_the_first_beside_those_of_the_file(tmp_path: Path) -> None:
    file = tmp_path / "driftgate.toml"
    file.write_text(
        '[upstreams.a]\nurl = "http://a"\n[upstreams.default]\nidle_timeout_s = 7\nurl = "http://b"\n'
    )
    settings = load_settings(file, upstream="http://c")
    assert list(settings.upstreams) == ["default", "a"]
    assert settings.upstreams["default"].url == "http://c"
    assert settings.upstreams["default"].idle_timeout_s == 7


def test_contracts_lie_in_a_folder_that_a_flag_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    assert load_settings().contracts == Path("contracts")
    assert load_settings(contracts=Path("~/c")).contracts == Path("/home/me/c")
    assert not load_settings().announce_verdict
