"""The real sandbox host on a free port, with a database of its own: for tests and measurements of the endpoint alone.

host = new_host()
host.start()
ref = host.make_sandbox()                # a row in the host's own database; live, epoch 1
s3 = host.client(ref, "s3")              # boto3 with the learner's key
host.journal(ref)                        # the rows that the calls left, oldest first
host.control({"op": "report"})           # one line to the control socket
host.stop()
"""

from __future__ import annotations

import hmac
import json
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import tempfile
import urllib.request
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from labs.sandboxes import Credentials, Ref, account_id_for, keys
from skylab.processes import Running, spawn, wait_for
from skylab.stack import ROOT, free_port

SECRET_KEY = "the secret key of a sandbox host on trial"


@dataclass(eq=False)
class SandboxHost:
    """A running sandbox host: `base_url` of its endpoint, `control_path` of its socket, `data` its folder."""

    base_url: str
    control_path: Path
    data: Path
    environment: dict[str, str]
    process: Running | None = None
    master: bytes = hmac.digest(SECRET_KEY.encode(), b"skylab sandbox keys 1", "sha256")
    _numbers: int = 0

    def start(self, *, warm: bool = True) -> None:
        """Start the process; with `warm`, return when it can open sandboxes."""
        host = spawn(
            "sandbox-host", sys.executable, "-m", "labs.gateway", log_dir=self.data, environment=self.environment
        )
        self.process = host
        wait_for(host, lambda: self.health().get("warm", False) or not (warm or not self.health()), seconds=90, cure="")

    def stop(self) -> None:
        """Stop it, as an operator would."""
        if self.process:
            self.process.stop()

    def remove(self) -> None:
        """Stop it and remove its folder."""
        self.stop()
        shutil.rmtree(self.data, ignore_errors=True)

    def health(self) -> dict[str, Any]:
        """Return what the health page says, {} where nobody answers."""
        try:
            with urllib.request.urlopen(f"{self.base_url}/_skylab/health", timeout=5) as answer:
                return dict(json.load(answer))
        except OSError:
            return {}

    def control(self, order: dict[str, Any]) -> dict[str, Any]:
        """Send one line to the control socket and return the reply."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(30)
            connection.connect(str(self.control_path))
            connection.sendall(json.dumps(order).encode() + b"\n")
            return dict(json.loads(connection.makefile().readline()))

    def sql(self, statement: str, *values: Any) -> list[dict[str, Any]]:
        """Run one statement in the host's database."""
        with closing(sqlite3.connect(self.data / "skylab.sqlite3", timeout=20)) as database, database:
            database.row_factory = sqlite3.Row
            return [dict(row) for row in database.execute(statement, values)]

    def make_sandbox(self, region: str = "us-east-1") -> Ref:
        """Make a live sandbox; it opens at its first call."""
        self._numbers += 1
        account_id = account_id_for(self._numbers)
        self.sql(
            "INSERT INTO labs_sandbox (number, account_id, region, provider, state, epoch, created_at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            *(self._numbers, account_id, region, "emulated", "live", 1, datetime.now(UTC).isoformat(" ")),
        )
        return Ref(self._numbers, 1, account_id, region)

    def epoch(self, ref: Ref) -> Ref:
        """Begin the next epoch in the database, as a reset does, and return its Ref."""
        self.sql("UPDATE labs_sandbox SET epoch = ? WHERE number = ?", ref.epoch + 1, ref.number)
        return Ref(ref.number, ref.epoch + 1, ref.account_id, ref.region)

    def end(self, ref: Ref) -> None:
        """End the sandbox in the database."""
        self.sql("UPDATE labs_sandbox SET state = 'ended' WHERE number = ?", ref.number)

    def journal(self, ref: Ref) -> list[dict[str, Any]]:
        """Return the rows of the sandbox's present epoch, oldest first; those of calls just now, too."""
        if self.process and self.process.alive:
            self.control({"op": "flush"})
        statement = "SELECT * FROM labs_apicall WHERE sandbox_id = ? AND epoch = ? ORDER BY seq"
        return self.sql(statement, ref.number, ref.epoch)

    def credentials(self, ref: Ref, serial: int = keys.LEARNER_SERIAL) -> Credentials:
        """Return a key: the learner's own, or (by serial) the grader's or the start block's."""
        derive = keys.sandbox_secret if serial == keys.LEARNER_SERIAL else keys.grader_secret
        key = keys.mint_access_key(ref.number, serial)
        secret = keys.secret_for(derive(self.master, ref.number), key)
        return Credentials(key, secret, None, ref.region, self.base_url, ref.account_id)

    def client(
        self, ref: Ref, service: str, *, serial: int = keys.LEARNER_SERIAL, config: Any = None, **options: Any
    ) -> Any:
        """Return a boto3 client of the sandbox."""
        credentials = self.credentials(ref, serial)
        settings = {
            "aws_access_key_id": credentials.access_key_id,
            "aws_secret_access_key": credentials.secret_access_key,
            "region_name": ref.region,
            "endpoint_url": self.base_url,
        }
        plain = Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}, read_timeout=30)
        session = boto3.session.Session()
        return session.client(service, **settings | options, config=plain.merge(config) if config else plain)

    def aws(
        self, ref: Ref, *arguments: str, environment: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run the real AWS CLI with --endpoint-url, as a learner does."""
        credentials = self.credentials(ref)
        own = {
            "AWS_ACCESS_KEY_ID": credentials.access_key_id,
            "AWS_SECRET_ACCESS_KEY": credentials.secret_access_key,
            "AWS_DEFAULT_REGION": ref.region,
            "AWS_MAX_ATTEMPTS": "1",
            "HOME": str(self.data),
        }
        return subprocess.run(
            [str(Path(sys.executable).with_name("aws")), "--endpoint-url", self.base_url, *arguments],
            env={**os.environ, **own, **(environment or {})},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )


def new_host() -> SandboxHost:
    """Return a sandbox host that is not started yet, with a migrated database of its own."""
    data = Path(tempfile.mkdtemp(prefix="skylab-host-"))
    data.chmod(0o755)  # cells have uids of their own
    port = free_port()
    environment = {
        "SKYLAB_LOCAL": "1",
        "SKYLAB_DATA": str(data),
        "SECRET_KEY": SECRET_KEY,
        "SANDBOX_BIND": f"127.0.0.1:{port}",
        "SANDBOX_ENDPOINT": f"http://127.0.0.1:{port}",
        "SANDBOX_CONTROL": str(data / "control.sock"),
        "DATABASE_URL": f"sqlite:///{data / 'skylab.sqlite3'}",
        "DJANGO_SETTINGS_MODULE": "skylab.settings",
    }
    migrate = [sys.executable, "manage.py", "migrate", "--verbosity", "0", "--skip-checks"]
    subprocess.run(migrate, cwd=ROOT, env={**os.environ, **environment}, check=True)
    return SandboxHost(environment["SANDBOX_ENDPOINT"], data / "control.sock", data, environment)
