"""Talking to an API: one session a source, with timeouts, retries, a rate budget, renewed tokens and redacted errors.

What is retried: 429 and 5xx (Retry-After is obeyed up to ten minutes, else a back-off with jitter: it changes when a
request is made, never what), lost connections, and bodies that were cut or are no JSON. What is refused: plain HTTP to
anything but this machine, and a redirect to another host, which would hand it the credentials.
No error tells a query string, a header or a body: they hold tokens and personal data.
"""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin, urlsplit

import orjson
import requests
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase
from urllib3.util.retry import Retry

from connectors.errors import ApiError

RETRIES = 7  # with BACKOFF 0.5 and the maximum of 60 s: given up after about two minutes
BACKOFF = 0.5
RETRY_AFTER_LIMIT = 600  # seconds; a server that asks for more is down
RETRY_STATUS = (429, 500, 502, 503, 504)
TIMEOUT = (10, 60)  # seconds to connect, and between two bytes
REDIRECTS = (301, 302, 303, 307, 308)
LOOPBACK = ("127.0.0.1", "localhost", "::1")
CUT = (requests.exceptions.ChunkedEncodingError, requests.exceptions.ContentDecodingError, json.JSONDecodeError)


@dataclass(frozen=True)
class Call:
    """One request, as it is kept between pages: `path` is relative to the API's base, or a whole URL on its host."""

    path: str
    params: Mapping[str, Any] = field(default_factory=dict)
    body: Mapping[str, Any] | None = None  # given: POST as JSON

    def to_json(self) -> dict[str, Any]:
        return {"path": self.path, "params": dict(self.params), "body": None if self.body is None else dict(self.body)}


@dataclass(frozen=True)
class Answer:
    """`data`: the body, read as JSON; `links`: the Link header's, rel → whole URL; `date`: the header Date."""

    data: Any
    links: Mapping[str, str]
    date: str | None


class Budget:
    """At most `requests` in `seconds`, evenly spread after a burst of that many. Shared by the threads of a source."""

    def __init__(self, requests: int, seconds: float) -> None:
        self._step, self._burst = seconds / requests, seconds
        self._next = 0.0
        self._lock = threading.Lock()

    def wait(self) -> None:
        """Sleep until a request may be made; it decides when, never what."""
        with self._lock:
            now = time.monotonic()
            self._next = max(self._next, now - self._burst) + self._step
            delay = self._next - now
        if delay > 0:
            time.sleep(delay)


class Client:
    """One API. `check` looks at each answer's JSON and raises ApiError where a 200 is an error all the same."""

    def __init__(
        self,
        base: str,
        auth: AuthBase,
        *,
        budget: Budget | None = None,
        check: Callable[[Any], None] | None = None,
        backoff: float = BACKOFF,
    ) -> None:
        self.base = base.rstrip("/") + "/"
        self._auth, self._budget, self._check, self._backoff = auth, budget, check, backoff
        self._refuse_plain(self.base)
        retry = Retry(
            total=RETRIES,
            status_forcelist=RETRY_STATUS,
            allowed_methods=None,  # a POST of ours only asks
            backoff_factor=backoff,
            backoff_jitter=backoff,
            backoff_max=60,
            retry_after_max=RETRY_AFTER_LIMIT,
            raise_on_status=False,
            redirect=False,
        )
        self._session = requests.Session()
        self._session.headers["Accept"] = "application/json"
        # Looked up once, since the host stays the same: requests does it twice a request, a seventh of a page's time.
        self._session.proxies.update(requests.utils.get_environ_proxies(self.base))
        self._session.verify = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE") or True
        self._session.trust_env = False
        for scheme in ("https://", "http://"):
            self._session.mount(scheme, HTTPAdapter(max_retries=retry))

    def call(self, call: Call, *, is_form: bool = False) -> Answer:
        """Raises ApiError for what retrying does not mend: a 4xx, a server that stays down, an answer not JSON."""
        url = urljoin(self.base, call.path) if call.path else self.base.rstrip("/")
        self._stay(self.base, url)
        shown = show_url(url)
        renewed = False
        for attempt in range(RETRIES):
            response = self._send(url, call, is_form, shown)
            if response.status_code == 401 and not renewed and getattr(self._auth, "renew", bool)():
                renewed = True
                continue
            if response.status_code >= 400:
                raise ApiError(_explain(response.status_code), where=shown, status=response.status_code)
            try:
                data = read_json(response.content)
            except CUT:
                self._pause(attempt)
                continue
            except requests.exceptions.ConnectionError:
                self._pause(attempt)
                continue
            if self._check is not None:
                try:
                    self._check(data)
                except ApiError as error:
                    error.where = shown
                    raise
            links = {name: urljoin(url, link["url"]) for name, link in response.links.items() if "url" in link}
            return Answer(data, links, response.headers.get("Date"))
        raise ApiError(f"the answer was cut or is no JSON, {RETRIES} times over", where=shown)

    def _send(self, url: str, call: Call, is_form: bool, shown: str) -> requests.Response:
        params: Mapping[str, Any] | None = call.params
        for _ in range(5):
            if self._budget is not None:
                self._budget.wait()
            try:
                response = self._session.request(
                    "GET" if call.body is None else "POST",
                    url,
                    params=params,
                    data=call.body if is_form else None,
                    json=None if is_form else call.body,
                    auth=self._auth,
                    timeout=TIMEOUT,
                    allow_redirects=False,
                    stream=True,
                )
            except ApiError:
                raise
            except requests.RequestException as error:
                # Its text quotes the URL with the query; the kind is what helps.
                raise ApiError(f"no answer after {RETRIES} retries ({type(error).__name__})", where=shown) from None
            if response.status_code not in REDIRECTS:
                return response
            target = urljoin(url, response.headers.get("Location", ""))
            self._stay(url, target)
            url, params = target, None
        raise ApiError("redirected more than five times", where=shown)

    def _pause(self, attempt: int) -> None:
        time.sleep(min(60.0, self._backoff * 2**attempt))

    def _stay(self, url: str, target: str) -> None:
        here, there = urlsplit(url), urlsplit(target)
        if (here.scheme, here.netloc) != (there.scheme, there.netloc):
            other = f"{there.scheme}://{there.hostname}"
            raise ApiError(f"leads to another host, {other}; not followed", where=show_url(url))

    @staticmethod
    def _refuse_plain(url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme != "https" and parts.hostname not in LOOPBACK:
            raise ApiError("only https is used, save on this machine itself", where=show_url(url))


def read_json(body: bytes) -> Any:
    """JSON as Python reads it, five times as fast (orjson). NaN and infinities, which JSON has not, are None.

    Raises json.JSONDecodeError."""
    try:
        data = orjson.loads(body)
    except orjson.JSONDecodeError:
        return json.loads(body, parse_constant=lambda text: None)
    # orjson makes a float of an integer that needs more than 64 bits; such a number shows when it is written again.
    if b"e+" in orjson.dumps(data):
        return json.loads(body, parse_constant=lambda text: None)
    return data


def show_url(url: str) -> str:
    """Without query, fragment and user: what may stand in a log."""
    parts = urlsplit(url)
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{parts.hostname}{port}{parts.path}"


def _explain(status: int) -> str:
    told = {
        401: "401: the credentials are not accepted",
        403: "403: the credentials may not read this",
        404: "404: there is no such resource",
        422: "422: the parameters are not accepted",
        429: "429: too many requests, still after all retries",
    }
    return told.get(status, f"HTTP {status}")


def budget_for(base: str, requests_per_second: float | None, documented: float) -> Budget | None:
    """What the settings say, else what the vendor documents; a server on this machine has no limit of its own."""
    if requests_per_second is None and urlsplit(base).hostname in LOOPBACK:
        return None
    return Budget(1, 1 / (requests_per_second or documented))
