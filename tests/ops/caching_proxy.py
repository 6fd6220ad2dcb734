"""nginx as people put it before a site: it keeps what the site says may be kept, and believes what it says."""

import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.ops.serving import PATIENCE, free_port

NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
CONFIG = """
daemon off; master_process off; pid {folder}/pid; error_log {folder}/error.log;
events {{ worker_connections 512; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  proxy_cache_path {folder}/cache levels=1:2 keys_zone=kept:10m inactive=60m;
  server {{
    listen 127.0.0.1:{port};
    large_client_header_buffers 8 32k;
    location / {{
      proxy_pass http://127.0.0.1:{behind};
      proxy_http_version 1.1;
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_set_header Connection "";
      proxy_cache kept;
      proxy_cache_revalidate on;
      proxy_cache_use_stale error timeout updating;
      proxy_cache_background_update on;
      proxy_cache_valid any 10m;
      add_header X-Kept $upstream_cache_status always;
      {more}
    }}
  }}
}}
"""
#: What makes it a proxy that keeps whatever it gets, as in the accidents.
DEAF = "proxy_ignore_headers Cache-Control Expires Vary Set-Cookie X-Accel-Expires;"


@contextmanager
def caching_proxy(folder: Path, behind: int, more: str = "") -> Iterator[int]:
    """The port of a caching proxy before the server on the port `behind`."""
    assert NGINX
    port = free_port()
    folder.mkdir()
    (folder / "nginx.conf").write_text(CONFIG.format(folder=folder, port=port, behind=behind, more=more))
    running = subprocess.Popen([NGINX, "-p", str(folder), "-c", str(folder / "nginx.conf")], stderr=subprocess.DEVNULL)
    try:
        _until_it_listens(running, port, folder)
        yield port
    finally:
        running.terminate()
        running.wait(PATIENCE)


def _until_it_listens(running: "subprocess.Popen[bytes]", port: int, folder: Path) -> None:
    for _ in range(PATIENCE * 20):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        try:
            running.wait(0.05)
        except subprocess.TimeoutExpired:
            continue
        raise AssertionError((folder / "error.log").read_text())
    raise AssertionError("nginx does not listen.")
