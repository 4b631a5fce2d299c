"""One publisher's service over HTTP: asked one request at a time, with patience that has an end.

Owns: the HTTP library, waits and retries, keys on their way out and nowhere else, and the first look at an answer (status,
type, size, compression). Never: knows what is asked; follows no link to an address that is not declared.
"""

from __future__ import annotations

import gzip
import hashlib
import logging
import ssl
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from functools import cache
from pathlib import Path
from typing import Final
from urllib.parse import quote, urlencode, urlsplit

import httpx

from lmi.errors import AccessRefused, LmiError, SourceChanged, SourceUnavailable
from lmi.raw.fetch.answers import Answer, Archive, digest_of, request_digest, unwritable
from lmi.registry import ServiceEnd

log = logging.getLogger(__name__)
JSON: Final = ("application/json", "application/geo+json", "text/json", "text/plain")
CSV: Final = ("text/csv", "application/csv", "text/comma-separated-values", "text/plain", "application/octet-stream")
WORKBOOK: Final = (
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "application/vnd.ms-excel",
    "application/vnd.ms-excel.sheet.macroenabled.12", "application/vnd.oasis.opendocument.spreadsheet",
    "application/octet-stream",
)  # fmt: skip
#: Answers that may be another one a moment later.
_PASSING = frozenset({429, 500, 502, 503, 504})
_REFUSED = frozenset({401, 403})
_REDIRECTS, _MOST_REDIRECTS = frozenset({301, 302, 303, 307, 308}), 3
_GZIP = b"\x1f\x8b"
#: What a publisher says of its own service, worth keeping and worth telling.
_KEPT_HEADERS = ("date", "deprecation", "sunset", "link", "retry-after", "api-supported-versions", "content-encoding")
_NOTICES = ("deprecation", "sunset")
_SHOWN = 200  # characters of an address or an error answer that a message shows


@dataclass(frozen=True)
class Waits:
    """The clock as a client needs it: `pause` waits so many seconds, `ticks` counts seconds."""

    pause: Callable[[float], None]
    ticks: Callable[[], float]


@dataclass(frozen=True)
class Key:
    """A secret. It goes into a header or a parameter when a request leaves; it is in no text that we make."""

    value: str = field(default="", repr=False)
    header: str = ""
    parameter: str = ""

    def out_of(self, text: str) -> str:
        """Return `text` without the secret, plain or percent-encoded."""
        for form in {self.value, quote(self.value, safe=""), urlencode({"": self.value})[1:]} - {""}:
            text = text.replace(form, "[key]")
        return text


class _WithoutAddress(logging.Filter):
    """The library logs the address of each request, and an address may hold a key."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let nothing below a warning pass."""
        return record.levelno >= logging.WARNING


for _name in ("httpx", "httpcore"):
    logging.getLogger(_name).addFilter(_WithoutAddress())


@cache
def _trusted() -> ssl.SSLContext:
    """Return the certificates that are trusted, read once a process."""
    return httpx.create_ssl_context()


class Client:
    """A service. One client a run, so that the gap between two requests is kept whichever source asks."""

    def __init__(self, name: str, end: ServiceEnd, key: Key, waits: Waits, agent: str) -> None:
        self.name, self.end, self.key, self._waits = name, end, key, waits
        timeout = httpx.Timeout(end.silence_seconds, connect=end.connect_seconds)
        self._http = httpx.Client(
            timeout=timeout, follow_redirects=False, headers={"User-Agent": agent}, verify=_trusted()
        )
        self._last: float | None = None

    def close(self) -> None:
        """Give the connections up."""
        self._http.close()

    def send(
        self,
        source: str,
        archive: Archive,
        url: str,
        *,
        params: Mapping[str, str] | None = None,
        body: bytes = b"",
        accept: Sequence[str] = JSON,
        since: Answer | None = None,
    ) -> Answer | None:
        """Return the kept answer, or None when the publisher says that `since` is still the newest.

        Raises AccessRefused (401, 403), SourceUnavailable (no answer that passes within the tries and waits declared) or
        SourceChanged (an answer of another kind). A body that is not empty is posted as JSON.
        """
        params = dict(params or {})
        method = "POST" if body else "GET"
        digest = request_digest(method, url, params, body)
        address = url + (f"?{urlencode(params)}" if params else "")
        shown = address if len(address) <= _SHOWN else f"{address[:_SHOWN]}..."
        wait, problem = self.end.wait_seconds, ""
        for attempt in range(1, self.end.tries + 1):
            self._be_polite()
            told_wait: float | None = None
            try:
                with self._open(method, url, params, body, accept, since, source, shown) as response:
                    status = response.status_code
                    if status == httpx.codes.NOT_MODIFIED and since is not None:
                        return None
                    if status == httpx.codes.OK:
                        part, sha256 = self._receive(response, archive.part(), source, shown)
                        return self._checked(response, part, sha256, archive, digest, method, address, accept, source)
                    response.read()
                    problem = self._said(response)
                    if status >= httpx.codes.INTERNAL_SERVER_ERROR and status not in _PASSING:
                        raise self._unavailable(problem, attempt, source, shown)
                    if status not in _PASSING:
                        raise self._refusal(status, problem, source, shown)
                    told_wait = _asked_wait(response)
            except (httpx.TransportError, httpx.DecodingError, TimeoutError) as error:
                problem = self.key.out_of(f"{type(error).__name__} {error}".strip())
            if told_wait is not None and told_wait > self.end.longest_wait_seconds:
                raise self._unavailable(f"{problem}; asks to wait {told_wait:.0f} seconds", attempt, source, shown)
            if attempt < self.end.tries:
                self._waits.pause(told_wait if told_wait is not None else min(wait, self.end.longest_wait_seconds))
                wait *= 2
        raise self._unavailable(problem, self.end.tries, source, shown)

    def may_go_to(self, url: str) -> bool:
        """True when the address belongs to the service, so that a link in an answer may be followed."""
        asked = urlsplit(url)
        return any(
            (asked.scheme, asked.netloc) == (end.scheme, end.netloc)
            for end in map(urlsplit, (self.end.url, *self.end.also))
        )

    def _be_polite(self) -> None:
        now = self._waits.ticks()
        if self._last is not None and now - self._last < self.end.gap_seconds:
            self._waits.pause(self.end.gap_seconds - (now - self._last))
        self._last = self._waits.ticks()

    def _open(
        self,
        method: str,
        url: str,
        params: Mapping[str, str],
        body: bytes,
        accept: Sequence[str],
        since: Answer | None,
        source: str,
        shown: str,
    ) -> _Stream:
        headers = {"Accept": ", ".join([*dict.fromkeys(accept), "*/*;q=0.1"])}
        if body:
            headers["Content-Type"] = "application/json"
        if since is not None:
            headers |= {"If-None-Match": since.etag} if since.etag else {}
            headers |= {"If-Modified-Since": since.last_modified} if since.last_modified else {}
        for _ in range(_MOST_REDIRECTS + 1):
            if not self.may_go_to(url):
                raise SourceChanged(
                    "the answer leads to an address that is not declared.",
                    source=source,
                    place=shown,
                    expected=", ".join((self.end.url, *self.end.also)),
                    found=self.key.out_of(url),
                    do=f"if the publisher moved, add the address to service {self.name} in declared/services.toml.",
                )
            sent, secret = dict(params), dict(headers)
            if self.key.value and url.startswith(self.end.url):  # to no other address
                sent |= {self.key.parameter: self.key.value} if self.key.parameter else {}
                secret |= {self.key.header: self.key.value} if self.key.header else {}
            request = self._http.build_request(method, url, params=sent or None, content=body or None, headers=secret)
            response = self._http.send(request, stream=True)
            if response.status_code not in _REDIRECTS:
                return _Stream(response)
            response.close()
            url, params = str(request.url.join(response.headers.get("location", ""))), {}
        raise SourceChanged(
            "the address leads in a circle.",
            source=source,
            place=shown,
            do="open it in a browser and see where it goes.",
        )

    def _receive(self, response: httpx.Response, part: Path, source: str, shown: str) -> tuple[Path, str]:
        """Write the body as it arrives, within the time and size that one answer may take; return it and its sha256."""
        started, size, digest = self._waits.ticks(), 0, hashlib.sha256()
        try:
            file = part.open("wb")
        except OSError as error:
            raise unwritable(part.parent, error) from error
        with file:
            for chunk in response.iter_bytes():
                try:
                    file.write(chunk)
                except OSError as error:
                    raise unwritable(part.parent, error) from error
                digest.update(chunk)
                size += len(chunk)
                if self._waits.ticks() - started > self.end.whole_seconds:
                    raise TimeoutError(f"the answer was still dripping after {self.end.whole_seconds:g} seconds")
                if size > self.end.most_bytes:
                    raise SourceChanged(
                        "the answer does not end.",
                        source=source,
                        place=shown,
                        expected=f"at most {self.end.most_bytes:,} bytes",
                        do="ask for less at a time, or raise most_bytes in declared/services.toml.",
                    )
        return part, digest.hexdigest()

    def _checked(
        self,
        response: httpx.Response,
        part: Path,
        sha256: str,
        archive: Archive,
        digest: str,
        method: str,
        address: str,
        accept: Sequence[str],
        source: str,
    ) -> Answer:
        """Keep the answer, then see whether it is of the kind asked for."""
        head = response.headers
        kept = {n: self.key.out_of(v) for n, v in head.items() if n in _KEPT_HEADERS or n.startswith("x-ratelimit")}
        for name in _NOTICES:
            if name in kept:
                log.warning("%s: %s says %s: %s", source, address[:_SHOWN], name, kept[name])
        unpacked, damaged = _unpack(part)
        kind = head.get("content-type", "")
        answer = archive.keep(
            part,
            digest_of(part) if unpacked else sha256,
            request=digest,
            method=method,
            url=address,
            status=response.status_code,
            content_type=kind,
            etag=head.get("etag", ""),
            last_modified=head.get("last-modified", ""),
            headers=kept,
        )
        start = _start(answer.path)
        found = ""
        if damaged:
            found = f"compressed bytes that do not unpack: {damaged}"
        elif not start:
            found = "an empty answer"
        elif start.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<":
            found = f"a web page: {start[:60]!r}"
        elif kind.partition(";")[0].strip().lower() not in accept:
            found = f"Content-Type {kind or 'none'}"
        if found:
            raise SourceChanged(
                "the answer is not what was asked for.",
                source=source,
                place=answer.short_url,
                expected=" or ".join(accept[:2]),
                found=found,
                do=f"look at {answer.path}; the ids and codes of the query may be out of date, or callers are being shut out.",
            )
        return answer

    def _said(self, response: httpx.Response) -> str:
        text = " ".join(response.text.split())[:_SHOWN]
        return self.key.out_of(f"HTTP {response.status_code} {response.reason_phrase}: {text}".rstrip(": "))

    def _refusal(self, status: int, problem: str, source: str, shown: str) -> LmiError:
        if status in _REFUSED:
            need = (
                f"check the key in {self.end.key} ({self.end.key_from})."
                if self.end.key
                else "the service may shut callers out: wait a day."
            )
            return AccessRefused("the publisher refuses access.", source=source, place=shown, found=problem, do=need)
        return SourceChanged(
            "the publisher does not know what is asked for.",
            source=source,
            place=shown,
            expected="an answer to the declared query",
            found=problem,
            do="compare the ids and codes of the query with the publisher's present lists, and change the declaration.",
        )

    def _unavailable(self, problem: str, tries: int, source: str, shown: str) -> SourceUnavailable:
        return SourceUnavailable(
            "the publisher cannot be reached.",
            source=source,
            place=shown,
            expected=f"an answer within {self.end.tries} tries",
            found=f"{problem} (tried {tries} times)",
            do="run lmi refresh --live again later; pages that came are kept, and the last good vintage serves meanwhile.",
        )


class _Stream:
    """A response that is closed when it was read, or given up."""

    def __init__(self, response: httpx.Response) -> None:
        self._response = response

    def __enter__(self) -> httpx.Response:
        return self._response

    def __exit__(self, *_: object) -> None:
        self._response.close()


def _asked_wait(response: httpx.Response) -> float | None:
    """Return the seconds that Retry-After asks for, by number or by date, or None."""
    text = response.headers.get("retry-after", "").strip()
    if text.isdigit():
        return float(text)
    try:
        sent = parsedate_to_datetime(response.headers.get("date", ""))
        return max(0.0, (parsedate_to_datetime(text) - sent).total_seconds())
    except (ValueError, TypeError):
        return None


def _start(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_SHOWN)


def _unpack(part: Path) -> tuple[bool, str]:
    """Unpack a body whose header of compression was lost on the way; return whether it was, and what is wrong with it."""
    if not _start(part).startswith(_GZIP):
        return False, ""
    plain = part.with_suffix(".plain")
    try:
        with gzip.open(part) as packed, plain.open("wb") as file:
            while chunk := packed.read(2**20):
                file.write(chunk)
    except (OSError, EOFError, zlib.error) as error:
        plain.unlink(missing_ok=True)
        return False, str(error)
    plain.replace(part)
    return True, ""
