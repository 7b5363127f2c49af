"""The watch over upstreams: it tells first sights and changes, and nothing makes it fail."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer

from driftgate.proxy.fingerprint.prober import Observation, Prober
from driftgate.proxy.upstream.fetch import Fetched, fetch
from tests.support.parts import llama_server_program, tiny_model


class Backend:
    """A server that answers given paths with given JSON and everything else with 404."""

    def __init__(self, **answers: Any) -> None:
        self.answers = answers
        self.status = 404
        self.asked: list[str] = []

    async def answer(self, request: web.Request) -> web.Response:
        self.asked.append(request.path)
        name = request.path.strip("/").replace("/", "_")
        if name == "api_show":
            shown = self.answers.get("api_show", {}).get((await request.json())["model"])
            return web.json_response(shown, status=200 if shown else 404)
        if name in self.answers:
            return web.json_response(self.answers[name])
        return web.Response(status=self.status, text="no such path")


@contextlib.asynccontextmanager
async def served(backend: Backend) -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", backend.answer)
    async with TestServer(app) as server:
        yield str(server.make_url("")).rstrip("/")


@contextlib.asynccontextmanager
async def running(prober: Prober) -> AsyncIterator[None]:
    task = asyncio.create_task(prober.run())
    try:
        yield
        assert not task.done()
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.005)


def llama(**props: Any) -> Backend:
    return Backend(
        props={"build_info": "b1", "model_alias": "g", "model_path": "/no/where.gguf", **props},
        v1_models={"data": [{"id": "g"}]},
    )


def ollama() -> Backend:
    return Backend(
        api_version={"version": "0.13.4"},
        api_tags={"models": [{"name": "g:latest", "digest": "c6eb"}]},
        api_ps={"models": []},
        api_show={"g": {"template": "T"}},
    )


async def test_a_server_is_told_at_the_start_and_again_only_when_it_changed() -> None:
    backend, seen = llama(), list[Observation]()
    async with served(backend) as url:
        prober = Prober({"a": url}, 0.01, seen.append)
        async with running(prober):
            await until(lambda: backend.asked.count("/props") >= 4)
            assert [each.fingerprint.facts["version"] for each in seen] == ["b1"]
            backend.answers["props"]["build_info"] = "b2"
            await until(lambda: len(seen) > 1)
    assert [each.fingerprint.facts["version"] for each in seen] == ["b1", "b2"]
    assert (seen[0].upstream, seen[0].model) == ("a", None)
    assert seen[1].at_ns > seen[0].at_ns
    assert prober.state()["a"][""]["id"] == seen[1].fingerprint.id


async def test_a_new_model_name_is_looked_at_at_once() -> None:
    backend, seen = ollama(), list[Observation]()
    async with served(backend) as url:
        prober = Prober({"a": url}, 3600, seen.append)
        async with running(prober):
            await until(lambda: len(seen) == 1)
            prober.note_model("a", "g")
            await until(lambda: len(seen) == 2)
            asked = len(backend.asked)
            prober.note_model("a", "g")
            prober.note_model("unknown", "g")
            prober.note_model("a", "other")
            await until(lambda: len(seen) == 3)
    assert [each.model for each in seen] == [None, "g", "other"]
    assert seen[1].fingerprint.facts["digest"] == "c6eb"
    assert seen[1].fingerprint.facts["template"] == "T"
    assert "ollama_show" in seen[2].fingerprint.facts["absent"]
    assert len(backend.asked) > asked


async def test_probes_that_a_server_does_not_have_are_not_asked_again_and_again() -> None:
    backend = llama()
    async with served(backend) as url:
        prober = Prober({"a": url + "/v1/"}, 60, lambda _: None)
        await prober.look("a")
        assert "/api/version" in backend.asked
        backend.asked.clear()
        await prober.look("a")
        assert sorted(backend.asked) == ["/props", "/v1/models"]
        backend.answers = ollama().answers
        await prober.look("a")
        assert prober.state()["a"][""]["server"] == "ollama"


async def test_a_server_that_is_down_has_no_fingerprint_and_keeps_the_old_one() -> None:
    backend, seen = llama(), list[Observation]()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    prober = Prober({"down": f"http://127.0.0.1:{port}"}, 60, seen.append)
    await prober.look("down")
    assert prober.state() == {"down": {}}
    async with served(backend) as url:
        prober = Prober({"a": url}, 60, seen.append)
        await prober.look("a")
    await prober.look("a")
    assert len(seen) == 1
    assert prober.state()["a"][""]["reachable"] is False


async def test_a_server_that_loads_its_model_is_not_taken_for_another() -> None:
    backend, seen = llama(), list[Observation]()
    async with served(backend) as url:
        prober = Prober({"a": url}, 60, seen.append)
        await prober.look("a")
        whole, backend.answers, backend.status = backend.answers, {}, 503
        await prober.look("a")
        backend.answers = {"v1_models": whole["v1_models"]}
        await prober.look("a")
        backend.answers = whole
        await prober.look("a")
    assert len(seen) == 1


async def test_a_probe_that_never_answers_counts_as_absent_after_a_while() -> None:
    backend, seen = llama(), list[Observation]()

    async def slow(method: str, url: str, body: bytes | None = None, **how: Any) -> Fetched | None:
        return None if url.endswith("/version") else await fetch(method, url, body, **how)

    async with served(backend) as url:
        prober = Prober({"a": url}, 60, seen.append, request=slow)
        for _ in range(4):
            assert not seen
            await prober.look("a")
    assert "version" in seen[0].fingerprint.facts["absent"]


async def test_odd_answers_and_a_failing_listener_do_not_end_the_watch() -> None:
    backend = Backend(
        props=[1], v1_models={"data": [[], {"id": [], "meta": 1}]}, version="x" * 2**21
    )

    def sink(_: Observation) -> None:
        raise RuntimeError("full")

    async with served(backend) as url, running(Prober({"a": url}, 0.01, sink)):
        await until(lambda: backend.asked.count("/v1/models") >= 3)


async def test_invented_model_names_do_not_fill_the_memory() -> None:
    backend = llama()
    async with served(backend) as url:
        prober = Prober({"a": url}, 60, lambda _: None)
        for number in range(1000):
            prober.note_model("a", f"m{number}")
        await prober.look("a")
        assert len(prober.state()["a"]) == 33


async def test_the_weights_of_a_server_on_this_machine_are_digested(tmp_path: Path) -> None:
    path = tmp_path / "g.gguf"
    path.write_bytes(b"GGUF 1")
    seen: list[Observation] = []
    async with served(llama(model_path=str(path))) as url:
        prober = Prober({"a": url}, 60, seen.append)
        await prober.look("a")
        path.write_bytes(b"GGUF 22")
        await prober.look("a")
    first, second = (each.fingerprint.facts["weights"]["digest"] for each in seen)
    assert first != second


@contextlib.asynccontextmanager
async def llama_server(program: Path, model: Path, port: int) -> AsyncIterator[None]:
    process = await asyncio.create_subprocess_exec(
        *(str(program), "-m", str(model), "--host", "127.0.0.1", "--port", str(port)),
        *("-c", "512", "-t", "1"),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(60):
            while True:
                answer = await fetch("GET", f"http://127.0.0.1:{port}/health")
                if answer and answer.status == 200:
                    break
                await asyncio.sleep(0.05)
        yield
    finally:
        process.kill()
        await process.wait()


async def test_a_real_llama_server_and_its_change_of_weights_are_seen() -> None:
    program = llama_server_program()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    seen: list[Observation] = []
    prober = Prober({"a": f"http://127.0.0.1:{port}"}, 60, seen.append)
    for name in ("gemma4-tiny-v1-f16.gguf", "gemma4-tiny-v1-retrain-f16.gguf"):
        async with llama_server(program, tiny_model(name), port):
            await prober.look("a")
            await prober.look("a")
    assert len(seen) == 2
    first, second = (each.fingerprint.facts for each in seen)
    assert first["server"] == "llama.cpp"
    assert (first["quantization"], first["n_ctx"]) == ("F16", 512)
    assert first["sampling"]["top_k"] == 64
    assert first["weights"]["digest"] != second["weights"]["digest"]


async def test_an_agent_behind_a_proxy_is_asked_the_same() -> None:
    asked, seen = list[str](), list[Observation]()

    async def answer(_: str, url: str, *__: object, **___: object) -> Fetched:
        asked.append(url)
        return Fetched(200, b'{"codex_version": "0.169.0"}')

    known = {"a": "http://p/u/a", "b": "http://p/u/b"}
    prober = Prober(known, 60, seen.append, behind=frozenset({"a"}), request=answer)
    await prober.look("a")
    assert asked == ["http://p/u/a/agent"]
    assert seen[0].fingerprint.facts["server"] == "codex"


async def test_an_agent_is_asked_what_it_is_and_nothing_else(tmp_path: Path) -> None:
    facts = {"agent": "a", "codex_version": "0.169.0", "model": "g", "settings": "ab"}
    asked, seen = list[str](), list[Observation]()

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        asked.append(request.path)
        return web.json_response(facts, status=200 if facts["codex_version"] else 502)

    path = tmp_path / "s"
    server = await asyncio.get_running_loop().create_unix_server(web.Server(answer), path)
    prober = Prober({"a": "codex://a"}, 60, seen.append, agents=path)
    await prober.look("a")
    facts["codex_version"] = ""
    await prober.look("a")
    assert prober.state()["a"][""]["reachable"] is False
    facts["codex_version"] = "0.170.0"
    await prober.look("a")
    server.close()
    assert set(asked) == {"/a/agent"}
    assert [each.fingerprint.facts["version"] for each in seen] == ["0.169.0", "0.170.0"]
    assert seen[0].fingerprint.facts == {
        "server": "codex",
        "version": "0.169.0",
        "model": "g",
        "settings": "ab",
        "absent": [],
    }
