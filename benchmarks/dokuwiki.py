"""DokuWiki as Debian ships it, behind nginx and php-fpm, in a folder of its own: what serving is compared with."""

import hashlib
import os
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterable
from pathlib import Path

CODE, CONF = Path("/usr/share/dokuwiki"), Path("/etc/dokuwiki")
USER, PASSWORD = "ada", "correct-horse"

NGINX = """
daemon off; user root; worker_processes 2; pid {root}/nginx.pid; error_log {root}/nginx.log;
events {{ worker_connections 1024; }}
http {{
  access_log off; client_body_temp_path {root}/tmp; fastcgi_temp_path {root}/tmp; proxy_temp_path {root}/tmp;
  uwsgi_temp_path {root}/tmp; scgi_temp_path {root}/tmp; types {{ text/html html; text/css css; }}
  server {{
    listen 127.0.0.1:{port}; root {root}/wiki; index doku.php;
    location /static/ {{ root {root}; }}
    location ~ \\.php$ {{
      fastcgi_pass unix:{root}/php.sock; include /etc/nginx/fastcgi_params;
      fastcgi_param SCRIPT_FILENAME $document_root$fastcgi_script_name; fastcgi_param HTTP_PROXY "";
    }}
  }}
}}
"""
PHP = """
[global]
error_log = {root}/php.log
daemonize = no
[www]
user = root
group = root
listen = {root}/php.sock
pm = static
pm.max_children = 4
"""
LOCAL = """<?php
$conf['title'] = 'Notes'; $conf['license'] = ''; $conf['useacl'] = 1; $conf['superuser'] = 'ada'; $conf['remote'] = 1;
$conf['remoteuser'] = ''; $conf['savedir'] = '{root}/data'; $conf['updatecheck'] = 0;
"""


def is_here() -> bool:
    """Whether Debian's packages are: dokuwiki, php-fpm, php-xml, nginx-light."""
    return CODE.exists() and php() is not None and shutil.which("nginx") is not None


def php() -> str | None:
    found = sorted(Path("/usr/sbin").glob("php-fpm*"))
    return str(found[-1]) if found else None


def page_id(path: str) -> str:
    """The id that DokuWiki gives to a file's path."""
    parts = path.removesuffix(".md").lower().split("/")
    return ":".join(re.sub(r"[^a-z0-9]+", "_", part).strip("_") or "x" for part in parts)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class DokuWiki:
    """A running one with the given pages, on `address`; files below `static` are given out by the same nginx."""

    def __init__(self, root: Path, pages: Iterable[tuple[str, str]]) -> None:
        self.root, self.static = root, root / "static"
        port = free_port()
        self.address = f"http://127.0.0.1:{port}"
        shutil.copytree(CODE, root / "wiki")
        shutil.copytree(CONF, root / "conf")
        (root / "wiki/inc/preload.php").write_text(f"<?php define('DOKU_CONF', '{root}/conf/');")
        (root / "conf/local.php").write_text(LOCAL.format(root=root))
        hashed = hashlib.md5(PASSWORD.encode()).hexdigest()
        for name, text in {
            "users.auth.php": f"{USER}:{hashed}:Ada:ada@example.org:user\n", "acl.auth.php": "* @ALL 1\n* @user 16\n",
        }.items():  # fmt: skip
            (root / "conf" / name).unlink(missing_ok=True)
            (root / "conf" / name).write_text(text)
        for name in ("attic", "cache", "index", "locks", "log", "media", "media_attic", "media_meta", "meta", "pages",
                     "tmp", "../static", "../tmp"):  # fmt: skip
            (root / "data" / name).mkdir(parents=True, exist_ok=True)
        for path, text in pages:
            file = root / "data/pages" / f"{page_id(path).replace(':', '/')}.txt"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        (root / "php.conf").write_text(PHP.format(root=root))
        (root / "nginx.conf").write_text(NGINX.format(root=root, port=port))
        command = php()
        assert command is not None, "dokuwiki, php-fpm, php-xml and nginx-light are needed"
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        self.processes = [
            subprocess.Popen([command, "-R", "-y", root / "php.conf"], **quiet),
            subprocess.Popen(["nginx", "-c", root / "nginx.conf"], **quiet),
        ]
        for _ in range(200):
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                time.sleep(0.05)

    def index(self) -> None:
        """Has every page indexed for its search."""
        env = os.environ | {"DOKU_CONF": f"{self.root}/conf/"}
        subprocess.run(["php", self.root / "wiki/bin/indexer.php", "-q"], check=True, env=env)

    def url(self, path: str) -> str:
        return f"{self.address}/doku.php?id={page_id(path)}"

    def stop(self) -> None:
        for process in self.processes:
            process.terminate()
            process.wait(20)
