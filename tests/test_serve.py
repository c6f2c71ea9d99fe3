"""`cyclesim serve`: a real browser steps three cycles; who may come in, and what may not go out."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import math
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from cyclesim.errors import CyclesimError

aiohttp = pytest.importorskip("aiohttp", reason="needs the extra `serve`")

from cyclesim.serve import _Session, serve, session_command  # noqa: E402

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
TEXT = "Ada met Bob in Rome."
#: Who listens where, and who is whose child, is read from /proc.
linux = pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")
ESCAPES = re.compile(rb"\x1b\[[0-9;?<=>]*[A-Za-z]|\x1b[()][A-Z0-9]")


class Served:
    """A running `cyclesim serve`."""

    def __init__(self, process: asyncio.subprocess.Process, url: str) -> None:
        self.process, self.url = process, url


@contextlib.asynccontextmanager
async def serving(*options: str) -> AsyncIterator[Served]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "cyclesim", "serve", TEXT, "--port", "0", *options,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        env={**os.environ, "OMP_NUM_THREADS": "1", "LC_ALL": "C.UTF-8"},
    )  # fmt: skip
    assert process.stdout is not None
    try:
        said = (await asyncio.wait_for(process.stdout.readline(), 60)).decode()
        found = re.search(r"http://\S+", said)
        assert found, said
        yield Served(process, found[0])
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGINT)
        rest, _ = await asyncio.wait_for(process.communicate(), 30)
        assert b"Traceback" not in rest, rest.decode()
        assert process.returncode in (0, 130)


async def until(condition: Callable[[], object], seconds: float = 90) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        await asyncio.sleep(0.05)


async def free(client: aiohttp.ClientSession, url: str, seconds: float = 20) -> None:
    """Wait until the server takes another visitor: it counts one out a little after it has left."""
    deadline = time.monotonic() + seconds
    while True:
        async with client.get(url) as answer:
            if answer.status == 200:
                return
        assert time.monotonic() < deadline, "the place of a visitor who left was not given away"
        await asyncio.sleep(0.05)


def at_cycle(number: int, drawn: bytes) -> bool:
    """Whether the header has said so."""
    return re.search(rb"cycle %d of 0\D+\d+ " % number, ESCAPES.sub(b"", drawn)) is not None


def children(process: asyncio.subprocess.Process) -> list[int]:
    listed = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    return [int(pid) for pid in listed.read_text().split()]


class Visitor:
    """What a page does, without a browser: the keys go in, the picture comes out."""

    def __init__(self, line: aiohttp.ClientWebSocketResponse) -> None:
        self.line, self.seen, self.ended = line, b"", False
        self.texts: list[str] = []
        self.reader = asyncio.create_task(self.read())

    async def read(self) -> None:
        async for message in self.line:
            if message.type == aiohttp.WSMsgType.BINARY:
                self.seen += message.data
            else:
                self.texts.append(str(message.data))
        self.ended = True

    def sees(self, text: str) -> bool:
        return text.encode() in ESCAPES.sub(b"", self.seen)

    async def press(self, keys: str) -> None:
        await self.line.send_json(["stdin", keys])


@contextlib.asynccontextmanager
async def visiting(client: aiohttp.ClientSession, url: str) -> AsyncIterator[Visitor]:
    async with client.ws_connect(f"{url}/ws?width=120&height=40") as line:
        visitor = Visitor(line)
        try:
            yield visitor
        finally:
            await line.close()
            await visitor.reader


# -- in a browser ---------------------------------------------------------------------------------


class Page:
    """A page of Chromium, driven through its DevTools protocol."""

    def __init__(self, line: aiohttp.ClientWebSocketResponse) -> None:
        self.line = line
        self.answers: dict[int, asyncio.Future] = {}
        self.received, self.requests, self.said = b"", [], []
        self.reader = asyncio.create_task(self.read())

    async def read(self) -> None:
        async for message in self.line:
            content = json.loads(message.data)
            if "id" in content:
                self.answers.pop(content["id"]).set_result(content)
            elif content["method"] == "Network.webSocketFrameReceived":
                frame = content["params"]["response"]
                if frame["opcode"] == 2:  # a picture; the others are words between the two ends
                    self.received += base64.b64decode(frame["payloadData"])
            elif content["method"] == "Network.requestWillBeSent":
                self.requests.append(content["params"]["request"]["url"])
            elif content["method"] == "Log.entryAdded":
                self.said.append(content["params"]["entry"])
            elif content["method"] == "Runtime.exceptionThrown":
                self.said.append({"level": "error", **content["params"]})

    async def call(self, method: str, **parameters: object) -> dict:
        number = len(self.answers) + id(object()) % 10**6
        self.answers[number] = asyncio.get_running_loop().create_future()
        answer = self.answers[number]
        await self.line.send_json({"id": number, "method": method, "params": parameters})
        content = await asyncio.wait_for(answer, 60)
        assert "error" not in content, content
        return content["result"]

    async def key(self, key: str) -> None:
        for kind in ("keyDown", "keyUp"):
            await self.call(
                "Input.dispatchKeyEvent", type=kind, key=key, text=key if kind == "keyDown" else "",
                windowsVirtualKeyCode=ord(key.upper()), code=f"Key{key.upper()}",
            )  # fmt: skip

    async def value(self, script: str) -> object:
        return (await self.call("Runtime.evaluate", expression=script))["result"].get("value")


@contextlib.asynccontextmanager
async def browsing(client: aiohttp.ClientSession, folder: Path) -> AsyncIterator[Page]:
    assert CHROMIUM is not None
    process = await asyncio.create_subprocess_exec(
        CHROMIUM, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
        "--no-first-run", "--disable-background-networking", "--remote-debugging-port=0",
        f"--user-data-dir={folder}", "--window-size=1200,800", "about:blank",
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
        start_new_session=True,
    )  # fmt: skip
    try:
        file = folder / "DevToolsActivePort"
        await until(lambda: file.exists() and file.read_text().count("\n") >= 1)
        port = file.read_text().split()[0]
        async with client.get(f"http://127.0.0.1:{port}/json") as answer:
            (target,) = [t for t in await answer.json() if t["type"] == "page"]
        async with client.ws_connect(target["webSocketDebuggerUrl"], max_msg_size=0) as line:
            page = Page(line)
            for domain in ("Network", "Page", "Runtime", "Log"):
                await page.call(f"{domain}.enable")
            yield page
        await page.reader
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()


@linux
@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="needs chromium")
async def test_three_cycles_in_a_browser(tmp_path: Path) -> None:
    async with aiohttp.ClientSession() as client, serving() as server:
        async with browsing(client, tmp_path) as page:
            await page.call("Page.navigate", url=server.url)

            def stepped(number: int) -> bool:
                return at_cycle(number, page.received)

            await until(lambda: b"Paused before cycle 0" in page.received)
            for number in range(3):
                assert not stepped(number)
                await page.key("n")
                await until(lambda number=number: stepped(number))
            assert not stepped(3)
            # It is drawn in the page, and came from nowhere else.
            assert await page.value("document.body.classList.contains('-first-byte')") is True
            picture = (await page.call("Page.captureScreenshot", format="png"))["data"]
            assert len(base64.b64decode(picture)) > 20_000
            assert all(u.startswith((server.url, "data:")) for u in page.requests), page.requests
            assert not [e for e in page.said if e["level"] == "error"], page.said
            assert len(children(server.process)) == 1
        await until(lambda: not children(server.process), 20)  # it went with its page


# -- sessions -------------------------------------------------------------------------------------


@linux
@pytest.mark.slow
async def test_no_more_sessions_than_allowed() -> None:
    async with aiohttp.ClientSession() as client, serving("--sessions", "1") as server:
        async with visiting(client, server.url) as first:
            await until(lambda: first.sees("cyclesim"))
            async with client.get(server.url) as answer:
                assert answer.status == 503
                assert "is taken" in await answer.text()
            async with visiting(client, server.url) as second:
                await until(lambda: second.ended)
                assert second.sees("is taken")
                assert len(children(server.process)) == 1
            assert not first.ended
        await until(lambda: not children(server.process), 20)
        await free(client, server.url)
        async with visiting(client, server.url) as third:
            await until(lambda: third.sees("Paused before cycle 0"))


@linux
@pytest.mark.slow
async def test_a_forgotten_session_ends() -> None:
    async with (
        aiohttp.ClientSession() as client,
        serving("--idle", "0.02") as server,
        visiting(client, server.url) as visitor,
    ):
        await until(lambda: visitor.ended, 30)
        await until(lambda: not children(server.process), 20)


@pytest.mark.slow
async def test_no_key_leads_out(tmp_path: Path) -> None:
    """Neither to a file of this computer, nor to its shell, nor to another page."""
    before = set(os.listdir())
    async with (
        aiohttp.ClientSession() as client,
        serving() as server,
        visiting(client, server.url) as visitor,
    ):
        await until(lambda: visitor.sees("Paused before cycle 0"))
        await visitor.press("n")
        await until(lambda: at_cycle(0, visitor.seen))
        await visitor.press("E")
        await until(lambda: visitor.sees("no file or folder"))
        await visitor.press("\x1a")  # ctrl+z
        for nonsense in ("{", "[]", "3", '["stdin"]', '["resize", {"width": 1e9}]', '["?", 1]'):
            await visitor.line.send_str(nonsense)
        await visitor.press("n")
        await until(lambda: at_cycle(1, visitor.seen))
        assert not any("open_url" in t or "deliver" in t for t in visitor.texts)
        await visitor.press("q")
        await until(lambda: visitor.ended)
    assert set(os.listdir()) == before


async def test_the_server_passes_no_file_or_address_on() -> None:
    sent: list[object] = []

    async def write(content: object) -> None:
        sent.append(content)

    async def close() -> None:
        sent.append("closed")

    session = _Session(
        "", write_bytes=write, write_str=write, close=close, download_manager=None,  # type: ignore[arg-type]
    )  # fmt: skip
    for kind in ("open_url", "deliver_file_start", "anything"):
        await session.on_meta(json.dumps({"type": kind, "url": "http://x", "key": "k"}).encode())
    await session.on_packed(b"")
    assert sent == []
    await session.on_meta(b'{"type": "exit"}')
    assert sent == ["closed"]


# -- who may come in ------------------------------------------------------------------------------


@linux
@pytest.mark.slow
async def test_only_its_own_page_on_this_computer() -> None:
    async with aiohttp.ClientSession() as client, serving() as server:
        assert server.url.startswith("http://127.0.0.1:")
        port = int(server.url.rpartition(":")[2])
        listening = Path("/proc/net/tcp").read_text()
        assert f" 0100007F:{port:04X} " in listening  # 127.0.0.1
        assert f" 00000000:{port:04X} " not in listening
        for headers in (
            {"Origin": "http://evil.example"},  # another site's script
            {"Host": f"evil.example:{port}"},  # a name that was made to point here
            {"Origin": f"http://evil.example:{port}", "Host": f"evil.example:{port}"},
        ):
            with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
                await client.ws_connect(f"{server.url}/ws", headers=headers)
            assert refused.value.status == 403
        assert not children(server.process)
        async with client.get(server.url) as answer:
            assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        for path in ("/static/", "/static/../app_service.py", "/download/x"):
            async with client.get(server.url + path) as answer:
                assert answer.status in (403, 404), path


# -- the command line -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    ["a; touch x", "$(touch x)", "`touch x`", "'", '"', "--help", "-", "a\nb", "日本 🙂", "\\"],
)
def test_no_text_reaches_the_shell(text: str, tmp_path: Path) -> None:
    options = {"model": text, "task": None, "clock": "step"}
    command = session_command(options, text)
    shown = command.replace(shlex.quote(sys.executable) + " -m cyclesim", "printf '%s\\0'", 1)
    done = subprocess.run(shown, shell=True, cwd=tmp_path, capture_output=True, check=True)
    words = done.stdout.decode().split("\0")[:-1]
    assert words[words.index("--") + 1 :] == [text]
    assert f"--model={text}" in words and "--task=" not in command
    assert words[:2] == ["run", "--served"]
    assert not list(tmp_path.iterdir())


def test_too_long_a_text_is_refused() -> None:
    with pytest.raises(CyclesimError, match="2,000"):
        session_command({}, "a" * 2001)


def test_a_taken_port_is_one_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(CyclesimError, match=f"port {port}, cannot be served: Address"):
            serve("true", "127.0.0.1", port, 1, 0)


@pytest.mark.parametrize(
    ("host", "port", "sessions", "said"),
    [
        ("127.0.0.1", 65536, 1, "no port"),
        ("127.0.0.1", -1, 1, "no port"),
        ("127.0.0.1", 0, 0, "nobody"),
        ("no.such.host.invalid", 0, 1, "cannot be served"),
    ],
)
def test_a_wrong_address_is_one_sentence(host: str, port: int, sessions: int, said: str) -> None:
    with pytest.raises(CyclesimError, match=said):
        serve("true", host, port, sessions, 0)


@pytest.mark.parametrize("idle", [-1.0, math.inf, math.nan])
def test_no_time_to_be_idle_for(idle: float) -> None:
    with pytest.raises(CyclesimError, match="--idle takes minutes"):
        serve("true", "127.0.0.1", 0, 1, idle)


def test_without_the_extra_it_is_one_sentence() -> None:
    code = (
        "import sys; sys.modules['textual_serve'] = None\n"
        "from cyclesim.cli import main; main(['serve'])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1 and "pip install 'cyclesim[serve]'" in done.stderr
