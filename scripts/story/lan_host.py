"""The host that tools fetch from: a small HTTP server on an address of the test's own network namespace."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ADDRESS = "10.99.0.1"


class LanHost:
    """Answers every GET with JSON and remembers the paths and the header X-Key, which it also echoes. Takes every POST."""

    def __init__(self) -> None:
        self.paths: list[str] = []
        self.keys: list[str | None] = []
        self.posts: list[tuple[str, dict[str, str], bytes]] = []
        host = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:  # noqa: N802 (the library's name)
                host.paths.append(self.path)
                host.keys.append(self.headers.get("X-Key"))
                body = json.dumps({"path": self.path, "celsius": 21.5, "key": self.headers.get("X-Key")}).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_POST(self) -> None:  # noqa: N802 (the library's name)
                body = self.rfile.read(int(self.headers["Content-Length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                host.posts.append((self.path, headers, body))
                self.send_response(200)
                self.send_header("Content-Length", "8")
                self.end_headers()
                self.wfile.write(b"taken it")

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer((ADDRESS, 0), Handler)
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    @property
    def rule(self) -> str:
        return f"{ADDRESS}:{self.port}"

    @property
    def url(self) -> str:
        return f"http://{self.rule}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
