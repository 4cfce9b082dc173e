"""What is compared: each passes messages between wallboxes on its port and the same backend."""

import os
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bench.relay.processes import Child, accepts, answers, free_port

WATTGATE = "wattgate"
WEBSOCKETS = "websockets"
NGINX = "nginx"


@dataclass(frozen=True, slots=True)
class Subject:
    """A relay that listens; `start_s` is how long that took."""

    child: Child
    port: int
    start_s: float

    @property
    def name(self) -> str:
        """What the table calls it."""
        return self.child.name


def wattgate(folder: Path, charge_box_ids: Sequence[str], backend_port: int) -> Subject:
    """The manager, with one EVSE and one backend login per wallbox."""
    site = folder / "site.toml"
    site.write_text(_site(charge_box_ids, backend_port))
    port, http_port = free_port(), free_port()
    command = [
        *(sys.executable, "-c", "from wattgate.cli.main import main; main()", "run"),
        *("--site", str(site), "--data", str(folder / "data"), "--backend-retry", "0.05"),
        *("--ocpp-port", str(port), "--http-port", str(http_port)),
    ]
    child = Child(WATTGATE, command, folder)
    return Subject(
        child,
        port,
        child.wait_until(partial(accepts, port), partial(answers, http_port, "/healthz")),
    )


def websockets(folder: Path, backend_port: int) -> Subject:
    """The reference in Python."""
    port = free_port()
    command = [sys.executable, "-m", "bench.relay.websockets_relay", str(port), str(backend_port)]
    child = Child(WEBSOCKETS, command, folder)
    return Subject(child, port, child.wait_until(partial(accepts, port)))


def nginx(folder: Path, backend_port: int) -> Subject | None:
    """The reference in C: a proxy that copies bytes. None where it is not installed."""
    program = shutil.which(NGINX, path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")
    if program is None:
        return None
    port = free_port()
    settings = folder / "nginx.conf"
    settings.write_text(_nginx_settings(folder, port, backend_port))
    command = [program, "-p", str(folder), "-c", str(settings), "-e", "stderr"]
    child = Child(NGINX, command, folder)
    return Subject(child, port, child.wait_until(partial(accepts, port)))


def _site(charge_box_ids: Sequence[str], backend_port: int) -> str:
    head = '[site]\nload_management = "observe"\n\n[ocpp_server]\nhost = "127.0.0.1"\n'
    evses = [
        f'\n[[evse]]\nid = "{each}"\naddress = "{each}"\n'
        f'[[evse.gateway]]\nurl = "ws://127.0.0.1:{backend_port}/"\n'
        for each in charge_box_ids
    ]
    return head + "".join(evses)


def _nginx_settings(folder: Path, port: int, backend_port: int) -> str:
    bodies = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    temporary = "".join(f"    {body}_temp_path {folder}/{body};\n" for body in bodies)
    return f"""
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log stderr warn;
events {{ worker_connections 1024; }}
http {{
{temporary}    access_log off;
    server {{
        listen 127.0.0.1:{port};
        location / {{
            proxy_pass http://127.0.0.1:{backend_port};
            proxy_http_version 1.1;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection "upgrade";
            proxy_read_timeout 1h;
        }}
    }}
}}
"""
