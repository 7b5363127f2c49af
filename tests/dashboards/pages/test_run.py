"""The page of one run over HTTP."""

import json

import pytest

from driftgate.replay.decide.decision import GateVerdict
from driftgate.replay.run.hold import held
from tests.dashboards.drift.made import a_run, write
from tests.dashboards.pages.test_drift import TAGS
from tests.replay.report.made import decision as made
from tests.support.shown import Shown
from tests.support.sites import shown_site


async def test_the_verdict_stands_first_and_all_of_the_report_below(shown: Shown) -> None:
    async with shown_site(shown.path) as visitor:
        text = await visitor.page(f"/drift/{shown.runs['drifted']}")
    assert text.index("</h1>") < text.index('id="metrics"')
    assert "Contract <code>orders</code> passes" in text
    for anchor in (
        "metrics",
        "slices",
        "pairs",
        "distributions",
        "configuration",
        "calls",
        "health",
        "limits",
    ):
        assert f'href="#{anchor}"' in text
        assert f'id="{anchor}"' in text
    assert text.count("<svg") > 3
    assert "style=" not in text.partition("<main")[2]
    assert f"/drift/{shown.runs['drifted']}/calls/{shown['order_0']}" in text


async def test_differences_are_shown_side_by_side_or_below_each_other(shown: Shown) -> None:
    async with shown_site(shown.path) as visitor:
        beside = await visitor.page(f"/drift/{shown.runs['drifted']}")
        below = await visitor.page(f"/drift/{shown.runs['drifted']}", diff="unified")
    assert '<table class="beside">' in beside
    assert '<table class="beside">' not in below
    assert '<span class="sign">+</span>' in below
    assert '<span class="sign">\u2212</span>' in below


async def test_what_strangers_wrote_stays_text(shown: Shown) -> None:
    async with shown_site(shown.path) as visitor:
        for diff in ("", "unified"):
            text = await visitor.page(f"/drift/{shown.runs['hostile']}", diff=diff)
            main = text.partition("<main")[2].replace("{{7*7}}", "")
            assert [tag for tag in TAGS[:5] if tag in main] == []
            assert "49 against" not in main


@pytest.mark.parametrize(
    ("form", "kind", "begins"),
    [
        ("html", "text/html", b"<!doctype html>"),
        ("markdown", "text/markdown", b"#"),
        ("json", "application/json", b"{"),
        ("junit", "application/xml", b"<?xml"),
        ("text", "text/plain", b""),
    ],
)
async def test_the_report_is_a_download_in_every_format(
    shown: Shown, form: str, kind: str, begins: bytes
) -> None:
    async with shown_site(shown.path) as visitor:
        data, headers = await visitor.file(f"/drift/{shown.runs['drifted']}/report", format=form)
    assert data.startswith(begins)
    assert headers["content-type"].startswith(kind)
    assert headers["content-disposition"].startswith("attachment")
    if form == "json":
        assert json.loads(data)["decision"]["verdict"] == "drift"


async def test_a_report_that_is_not_there_is_said(shown: Shown) -> None:
    async with shown_site(shown.path) as visitor:
        path = f"/drift/{shown.runs['running']}/report"
        assert "has decided nothing" in await visitor.page(path, status=404)
        path = f"/drift/{shown.runs['passed']}/report"
        assert "one of html" in await visitor.page(path, status=400, format="pdf")


async def test_a_run_that_goes_on_turns_into_its_verdict(shown_history: Shown) -> None:
    run = a_run(shown_history.path, [shown_history["order_1"]])
    decided = {"verdict": "pass", "sentence": "Pass: all is well.", "finished_at": "2099-01-01"}
    async with shown_site(shown_history.path) as visitor:
        with held(shown_history.path, run.run_id):
            page = await visitor.page(f"/drift/{run.run_id}")
            part = await visitor.part(f"/drift/{run.run_id}")
            for text in (page, part):
                assert 'hx-trigger="every 2s"' in text
                assert "0 of 4 answers" in text
            assert "<html" not in part
        assert "driftgate gate --resume" in await visitor.part(f"/drift/{run.run_id}")
        told = {"run_id": run.run_id, **decided, "decision": decision()}
        write(shown_history.path, [("run_results", told)])
        part = await visitor.part(f"/drift/{run.run_id}")
    assert "hx-trigger" not in part
    assert "All is well." in part


def decision() -> str:
    told = made(pairs=[], verdict=GateVerdict.PASS, sentence="Pass: all is well.")
    return json.dumps(told.as_json())


async def test_a_reference_says_that_it_decides_nothing(shown_history: Shown) -> None:
    run = a_run(shown_history.path, [shown_history["order_1"]], kind="reference")
    async with shown_site(shown_history.path) as visitor:
        text = await visitor.page(f"/drift/{run.run_id}")
    assert "decides nothing: it is the reference" in text
    assert "hx-trigger" not in text


async def test_ids_that_the_start_of_one_may_mean_are_links(shown: Shown) -> None:
    async with shown_site(shown.path) as visitor:
        text = await visitor.page("/drift/0", status=404)
        links = [each.partition('"')[0] for each in text.split('href="/_driftgate/drift/')[1:]]
        assert set(links) <= set(shown.runs.values())
        assert links
        await visitor.page("/drift/0/calls/0", status=404)


async def test_a_tab_says_which_run_and_what_came_of_it_also_when_that_comes(shown: Shown) -> None:
    async with shown_site(shown.path) as visitor:
        for name, word in (("drifted", "drift"), ("running", "stopped"), ("hostile", "")):
            page = await visitor.page(f"/drift/{shown.runs[name]}")
            part = await visitor.part(f"/drift/{shown.runs[name]}")
            titles = [
                each.partition("<title>")[2].partition("</title>")[0] for each in (page, part)
            ]
            assert titles[0] == titles[1]
            assert f": {word}" in titles[0]
            assert titles[0].endswith(f" · run {shown.runs[name][:13]} · driftgate")
            assert not {"<", "\x1b", "\u202e", "\n"} & set(titles[0])
            assert page.count("<title>") == 1
