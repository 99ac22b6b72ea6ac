"""A learner without a browser: signs in, starts labs, reads its keys, speaks HTTP only."""

from __future__ import annotations

import html
import re
import shlex
import time
from dataclasses import dataclass
from typing import Any

import requests


@dataclass(frozen=True)
class Keys:
    """What the Connect tab of a session gives."""

    endpoint: str
    access_key: str
    secret: str
    region: str

    def client(self, service: str) -> Any:
        """Return a boto3 client of the sandbox."""
        import boto3

        return boto3.client(
            service,
            endpoint_url=self.endpoint,
            aws_access_key_id=self.access_key,
            aws_secret_access_key=self.secret,
            region_name=self.region,
        )

    def signed_sts(self) -> tuple[str, dict[str, str], bytes]:
        """Return address, headers and body of a signed GetCallerIdentity: what a tool sends first."""
        from botocore.auth import SigV4Auth
        from botocore.awsrequest import AWSRequest
        from botocore.credentials import Credentials

        body = b"Action=GetCallerIdentity&Version=2011-06-15"
        headers = {"content-type": "application/x-www-form-urlencoded; charset=utf-8"}
        request = AWSRequest("POST", f"{self.endpoint}/", data=body, headers=headers)
        SigV4Auth(Credentials(self.access_key, self.secret), "sts", self.region).add_auth(request)
        return request.url, dict(request.headers), body


class Learner:
    """A signed-in learner."""

    def __init__(self, url: str, username: str = "learner") -> None:
        self.url = url
        self.http = requests.Session()
        self.post("/accounts/login/", login=username, password="skylab-demo")

    def get(self, path: str) -> requests.Response:
        """Fetch a page."""
        answer = self.http.get(self.url + path, timeout=30)
        answer.raise_for_status()
        return answer

    def post(self, path: str, page: str = "", **fields: str) -> requests.Response:
        """Send the form of a page: its CSRF token is read from the page that shows it (by default, the same address)."""
        shown = self.get(page or path).text
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', shown)
        assert token, f"no form at {page or path}"
        return self.send(path, token[1], **fields)

    def send(self, path: str, token: str, **fields: str) -> requests.Response:
        """Send a form whose token is known."""
        answer = self.http.post(
            self.url + path, data={"csrfmiddlewaretoken": token, **fields}, headers={"Referer": self.url}, timeout=30
        )
        answer.raise_for_status()
        return answer

    def token(self, page: str) -> str:
        """Return the CSRF token of a page."""
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', self.get(page).text)
        assert token, f"no form at {page}"
        return token[1]

    def keys(self, session_path: str, seconds: float = 60) -> Keys:
        """Wait until the session has its sandbox; return its keys. Asks every 10 ms, as a browser is told by the server."""
        deadline = time.monotonic() + seconds
        while True:
            answer = self.http.get(f"{self.url}{session_path}connect/", timeout=30)
            if answer.status_code == 200:
                break
            if time.monotonic() > deadline:
                raise TimeoutError(f"{session_path} was not ready after {seconds:.0f} s")
            time.sleep(0.01)
        found = dict(
            shlex.split(line)[1].split("=", 1)
            for line in html.unescape(answer.text).split('id="snippet-bash"')[1].split("</code>")[0].splitlines()
            if "export " in line
            for line in [line[line.index("export ") :]]
        )
        return Keys(
            found["AWS_ENDPOINT_URL"], found["AWS_ACCESS_KEY_ID"], found["AWS_SECRET_ACCESS_KEY"], found["AWS_REGION"]
        )
