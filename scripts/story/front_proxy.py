"""Real reverse proxies in front of a box, with a certificate of an authority of their own: nginx and Caddy, on the address that plays
the LAN. Their configuration is given by the test, so that each can be wrong in one place."""

from __future__ import annotations

import os
import shutil
import socket
import ssl
import subprocess
import time
from pathlib import Path

ADDRESS = "10.99.0.1"
START_LIMIT_S = 20

# What every configuration of nginx here begins with; `%(server)s` is the part under test.
NGINX = """
worker_processes 1;
daemon off;
pid %(dir)s/nginx.pid;
error_log %(dir)s/error.log;
events { worker_connections 256; }
http {
  access_log off;
  client_body_temp_path %(dir)s/body; proxy_temp_path %(dir)s/proxy; fastcgi_temp_path %(dir)s/fastcgi;
  uwsgi_temp_path %(dir)s/uwsgi; scgi_temp_path %(dir)s/scgi;
  server {
    listen %(address)s:%(port)d %(tls)s;
    ssl_certificate %(dir)s/server.pem;
    ssl_certificate_key %(dir)s/server.key;
    %(server)s
  }
}
"""

CADDY = """
{
  admin off
  auto_https off
}
https://%(address)s:%(port)d {
  tls %(dir)s/server.pem %(dir)s/server.key
  %(server)s
}
"""


class Authority:
    """A certificate authority, and a certificate of it for the address."""

    def __init__(self, directory: Path, names: str = f"IP:{ADDRESS}") -> None:
        self.directory = directory
        directory.mkdir(parents=True, exist_ok=True)
        self.file = directory / "ca.pem"
        extensions = directory / "extensions"
        extensions.write_text(f"subjectAltName={names}\n")
        common = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
        self._openssl("req", "-x509", *common, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=test authority", "-days", "30")
        self._openssl("req", *common, "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=box")
        self._openssl(
            "x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-out", "server.pem",
            "-days", "30", "-extfile", str(extensions),
        )  # fmt: skip

    def _openssl(self, *arguments: str) -> None:
        subprocess.run(["openssl", *arguments], cwd=self.directory, check=True, capture_output=True, timeout=60)

    def context(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.file))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((ADDRESS, 0))
        return probe.getsockname()[1]


class Proxy:
    """A running proxy; a context."""

    def __init__(self, authority: Authority, directory: Path, server: str, *, program: str = "nginx", port: int, tls: bool = True) -> None:
        self.port = port
        directory.mkdir(parents=True, exist_ok=True)
        for name in ("server.pem", "server.key"):
            shutil.copy(authority.directory / name, directory / name)
        known = {"dir": directory, "address": ADDRESS, "port": port, "server": server, "tls": "ssl" if tls else ""}
        config = directory / "config"
        config.write_text((NGINX if program == "nginx" else CADDY) % known)
        self._log = directory / "log"
        path = shutil.which(program) or f"/usr/sbin/{program}"
        command = [path, "-p", str(directory), "-c", str(config)]
        if program == "caddy":
            command = [path, "run", "--config", str(config), "--adapter", "caddyfile"]
        env = os.environ | {"HOME": str(directory), "XDG_DATA_HOME": str(directory), "XDG_CONFIG_HOME": str(directory)}
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(command, env=env, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self._wait()

    def _wait(self) -> None:
        deadline = time.monotonic() + START_LIMIT_S
        while True:
            try:
                socket.create_connection((ADDRESS, self.port), 1).close()
                return
            except OSError:
                is_late = time.monotonic() > deadline
                if is_late or self._process.poll() is not None:
                    self.close()
                    raise AssertionError(f"the proxy did not start:\n{self._log.read_text()}") from None
                time.sleep(0.01)

    def close(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def __enter__(self) -> Proxy:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
