"""The app in a browser: every visitor gets a session, and a process, of their own.

textual-serve draws the app in the page and carries the keys; this module decides who may come in
and what may go out. Only keys and the size of the window come from a page, and only what is drawn
goes back: no file, no address to open, no clipboard of this computer. The session itself is served
(`LaunchOptions.served`), so that no key of it leads to a file or a shell either.
"""

from __future__ import annotations

import asyncio
import json
import math
import secrets
import shlex
import socket
import sys
from collections.abc import Awaitable, Callable, Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from cyclesim.errors import CyclesimError
from cyclesim.language import current, tr, trn
from cyclesim.tui.launch import MOST_SERVED

try:
    import aiohttp_jinja2
    import jinja2
    import textual_serve
    from aiohttp import WSCloseCode, WSMsgType, web
    from textual_serve.app_service import AppService
    from textual_serve.server import Server
except ImportError:
    raise CyclesimError(
        tr("serving needs one more package: pip install 'cyclesim[serve]'.")
    ) from None

__all__ = ["CyclesimServer", "serve", "session_command"]

#: What a window may measure, in cells, and its letters, in pixels.
WIDTHS, HEIGHTS, FONTS = (20, 400), (10, 150), (8, 60)
#: Bytes of one message from a page: a pasted text is the longest.
MOST_BYTES = 64 * 1024
#: Seconds that a session has to leave by itself.
LEAVING = 5.0

_PAGES = Path(__file__).parent / "assets" / "serve"
_STATICS = Path(textual_serve.__file__).parent / "static"


def session_command(options: Mapping[str, str | None], text: str, projector: bool = False) -> str:
    """The command line, for a shell, that opens one session.

    Args:
        options: the shell's options by name, without dashes; those that are None are left out.
        text: what is run at first.
        projector: begin in projector mode.
    """
    if len(text) > MOST_SERVED:
        said = tr("the text is longer than {count} characters: serve a part of it.")
        raise CyclesimError(said.format(count=f"{MOST_SERVED:,}"))
    words = [sys.executable, "-m", "cyclesim", "run", "--served", "--lang", current()]
    for name, value in options.items():
        # In one word, so that no value is taken for an option.
        words += [] if value is None else [f"--{name}={value}"]
    words += ["--projector"] if projector else []
    # `exec`, so that the process we know is the session and not a shell around it.
    return f"exec {shlex.join([*words, '--', text])}"


class _Session(AppService):
    """One visitor's process."""

    async def on_meta(self, data: bytes) -> None:
        # Besides the end there are files to deliver and addresses to open: none leave here.
        if json.loads(data).get("type") == "exit":
            await self.remote_close()

    async def on_packed(self, payload: bytes) -> None:
        """Pieces of a file: there are none."""

    async def stop(self) -> None:
        try:
            await asyncio.wait_for(super().stop(), LEAVING)
        except (asyncio.TimeoutError, OSError):
            process = self._process
            if process is not None and process.returncode is None:
                process.kill()
                await process.wait()


class CyclesimServer(Server):
    """Serves at most `sessions` sessions at a time; one that nobody uses ends after `idle` seconds.

    An `idle` of 0 lets it stay.
    """

    def __init__(self, command: str, host: str, port: int, sessions: int, idle: float) -> None:
        super().__init__(
            command, host, port, title="cyclesim", statics_path=_STATICS, templates_path=_PAGES
        )
        self.sessions, self.idle = sessions, idle
        self.visitors: set[_Session] = set()
        #: Open connections; a session that is leaving still counts.
        self._open = 0

    @property
    def full(self) -> bool:
        return self._open >= self.sessions

    @property
    def _full_text(self) -> str:
        return trn(
            "The {count} session that this server allows is taken. Try again later.",
            "All {count} sessions that this server allows are taken. Try again later.",
            self.sessions,
        ).format(count=self.sessions)

    async def make_app(self) -> web.Application:
        """The page, its parts, and the line that keys and pictures go through."""
        app = web.Application(middlewares=[self._guard], client_max_size=MOST_BYTES)
        aiohttp_jinja2.setup(
            app, loader=jinja2.FileSystemLoader(self.templates_path), autoescape=True
        )
        app.add_routes(
            [
                web.get("/", self.handle_index),
                web.get("/ws", self.handle_websocket),
                web.static("/static", self.statics_path),
            ]
        )
        app.on_shutdown.append(self.on_shutdown)
        return app

    async def on_shutdown(self, app: web.Application) -> None:
        await asyncio.gather(*(visitor.stop() for visitor in list(self.visitors)))

    # -- who may come in ---------------------------------------------------------------------

    @web.middleware
    async def _guard(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        """Answer only pages of our own: not another site's script, nor one that borrows our name.

        A browser lets any page connect to a server on the same computer. It says from where: in
        `Origin`, and, where a foreign name was made to point here, in `Host`.
        """
        name = urlsplit(f"//{request.host}").hostname or ""
        if _is_loopback(self.host) and not _is_loopback(name):
            raise web.HTTPForbidden(text=tr("This server answers to this computer only."))
        origin = request.headers.get("Origin")
        if origin is not None and urlsplit(origin).netloc != request.host:
            raise web.HTTPForbidden(text=tr("This server answers to its own page only."))
        return await handler(request)

    async def handle_index(self, request: web.Request) -> web.Response:
        """The page: the app, or that there is no room for another."""
        nonce = secrets.token_urlsafe(16)
        page = aiohttp_jinja2.render_template(
            "index.html",
            request,
            {
                "language": current(),
                "nonce": nonce,
                "websocket": not self.full,
                "font_size": _within(request.query.get("fontsize"), FONTS, 16),
                "waiting": tr("The session is starting…"),
                "ended": tr("The session has ended."),
                "again": tr("Begin again"),
                "full": self._full_text,
            },
            status=503 if self.full else 200,
        )
        page.headers["Content-Security-Policy"] = (
            f"default-src 'none'; script-src 'self' 'nonce-{nonce}'; connect-src 'self'; "
            "style-src 'self' 'unsafe-inline'; font-src 'self'; img-src 'self' data:; "
            "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        )
        page.headers["X-Content-Type-Options"] = "nosniff"
        page.headers["Referrer-Policy"] = "no-referrer"
        page.headers["Cache-Control"] = "no-store"
        return page

    # -- a session ---------------------------------------------------------------------------

    async def handle_websocket(self, request: web.Request) -> web.WebSocketResponse:
        """One visit: a process that lives as long as its page."""
        line = web.WebSocketResponse(heartbeat=15, max_msg_size=MOST_BYTES)
        await line.prepare(request)
        if self.full:
            await line.send_bytes(f"\r\n  {self._full_text}\r\n".encode())
            await line.close(code=WSCloseCode.TRY_AGAIN_LATER)
            return line
        self._open += 1

        async def close() -> None:
            await line.close()

        visitor = _Session(
            self.command,
            write_bytes=_quietly(line.send_bytes),
            write_str=_quietly(line.send_str),
            close=close,
            download_manager=self.download_manager,
        )
        self.visitors.add(visitor)
        try:
            await visitor.start(
                _within(request.query.get("width"), WIDTHS, 80),
                _within(request.query.get("height"), HEIGHTS, 24),
            )
            await self._attend(visitor, line)
        finally:
            try:
                await visitor.stop()
            finally:
                self.visitors.discard(visitor)
                self._open -= 1
        return line

    async def _attend(self, visitor: _Session, line: web.WebSocketResponse) -> None:
        """Pass on what the page says, until it goes, or says nothing for too long.

        A forgotten page still says that it is there, so only a person's doing counts.
        """
        loop = asyncio.get_running_loop()
        used = loop.time()
        while True:
            left = used + self.idle - loop.time() if self.idle else None
            try:
                message = await asyncio.wait_for(line.receive(), left)
            except asyncio.TimeoutError:
                return
            if message.type in (WSMsgType.CLOSE, WSMsgType.CLOSING, WSMsgType.CLOSED):
                return
            if message.type == WSMsgType.TEXT:
                kind = await self._take(message.data, visitor, line)
                used = loop.time() if kind in ("stdin", "resize") else used

    async def _take(self, said: str, visitor: _Session, line: web.WebSocketResponse) -> object:
        """One message from the page; its kind. What is not understood is left alone."""
        try:
            kind, *rest = json.loads(said)
        except (ValueError, TypeError, RecursionError):
            return None
        content = rest[0] if rest else None
        if kind == "stdin" and isinstance(content, str):
            await visitor.send_bytes(content.encode("utf-8", "replace"))
        elif kind == "resize" and isinstance(content, dict):
            width = _within(content.get("width"), WIDTHS, 80)
            await visitor.set_terminal_size(width, _within(content.get("height"), HEIGHTS, 24))
        elif kind == "ping":
            await line.send_json(["pong", content])
        elif kind == "blur":
            await visitor.blur()
        elif kind == "focus":
            await visitor.focus()
        return kind


def serve(command: str, host: str, port: int, sessions: int, idle: float) -> None:
    """Serve sessions of `command` at `host` and `port` until Ctrl-C.

    Args:
        command: opens one session.
        host, port: where to listen.
        sessions: so many at a time.
        idle: seconds after which a session ends that nobody uses; 0 for never.

    Raises:
        CyclesimError: the address cannot be taken.
    """
    if not 0 <= port < 2**16:
        raise CyclesimError(tr("{port} is no port: give one from 0 to 65535.").format(port=port))
    if sessions < 1:
        raise CyclesimError(tr("--sessions {count} lets nobody in.").format(count=sessions))
    if not 0 <= idle < math.inf:
        raise CyclesimError(tr("--idle takes minutes, 0 for never."))
    door = _listen(host, port)
    with door:
        port = door.getsockname()[1]
        shown = f"[{host}]" if ":" in host else host
        room = trn("{count} session at most", "{count} sessions at most", sessions)
        print(
            f"cyclesim: http://{shown}:{port} · {room.format(count=sessions)} · "
            + tr("Ctrl-C ends it"),
            flush=True,
        )
        if not _is_loopback(host):
            print(tr("Everybody who can reach this computer can use it."), flush=True)
        server = CyclesimServer(command, host, port, sessions, idle)
        web.run_app(
            server.make_app(), sock=door, print=None, access_log=None, shutdown_timeout=LEAVING
        )


def _listen(host: str, port: int) -> socket.socket:
    try:
        family, _, _, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        return socket.create_server(address[:2], family=family)
    except OSError as error:
        # A failed lookup has a negative number, a failed bind the system's own.
        why = error.strerror or str(error)
        raise CyclesimError(
            tr("{host}, port {port}, cannot be served: {why}.").format(
                host=host, port=port, why=why
            )
        ) from None


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _within(value: Any, limits: tuple[int, int], usual: int) -> int:
    try:
        return min(max(int(value), limits[0]), limits[1])
    except (TypeError, ValueError, OverflowError):
        return usual


def _quietly(send: Callable[[Any], Awaitable[None]]) -> Callable[[Any], Awaitable[None]]:
    """`send`, but a page that has gone is no error: its session is about to end."""

    async def sent(content: Any) -> None:
        try:
            await send(content)
        except (ConnectionError, RuntimeError):
            pass

    return sent
