"""The few S3 requests with which tests prepare and damage buckets, signed with nothing but the standard library.

A test of lakecat should not put its objects with the libraries that it tests. The signature is AWS's version 4:
https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
"""

from __future__ import annotations

import hashlib
import hmac
import urllib.request
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote, urlencode, urlsplit
from xml.etree import ElementTree as ET

SPACE = "{http://s3.amazonaws.com/doc/2006-03-01/}"


@dataclass(frozen=True, kw_only=True)
class Client:
    """Requests to one server with one key; a path is ``bucket/key``.

    Args:
        endpoint: The URL of the server.
        key: The access key's name.
        secret: The access key.
        region: The region that the signature names.
    """

    endpoint: str
    key: str
    secret: str
    region: str

    def make_bucket(self, name: str) -> None:
        """Make a bucket."""
        self._send("PUT", name)

    def put(self, path: str, data: bytes, *, new: bool = False) -> None:
        """Put an object, or replace it; with ``new``, only if there is none (otherwise an HTTPError with code 412)."""
        self._send("PUT", path, data=data, headers={"If-None-Match": "*"} if new else None)

    def get(self, path: str) -> bytes:
        """Return an object's bytes."""
        return self._send("GET", path)

    def delete(self, path: str) -> None:
        """Remove an object."""
        self._send("DELETE", path)

    def keys(self, bucket: str, prefix: str = "") -> list[str]:
        """Return the keys of a bucket that start with a prefix, sorted, 1,000 at most."""
        root = ET.fromstring(self._send("GET", bucket, query={"list-type": "2", "prefix": prefix}))
        return sorted(str(found.text) for found in root.iter(f"{SPACE}Key"))

    def _send(
        self,
        method: str,
        path: str,
        *,
        query: dict[str, str] | None = None,
        data: bytes = b"",
        headers: dict[str, str] | None = None,
    ) -> bytes:
        host = urlsplit(self.endpoint).netloc
        place, search = quote(f"/{path}"), urlencode(sorted((query or {}).items()), quote_via=quote)
        now = datetime.now(UTC)
        moment, digest = f"{now:%Y%m%dT%H%M%SZ}", hashlib.sha256(data).hexdigest()
        signed = {"host": host, "x-amz-content-sha256": digest, "x-amz-date": moment}
        names = ";".join(signed)
        asked = "\n".join([method, place, search, *(f"{k}:{v}" for k, v in signed.items()), "", names, digest])
        scope = f"{now:%Y%m%d}/{self.region}/s3/aws4_request"
        text = "\n".join(["AWS4-HMAC-SHA256", moment, scope, hashlib.sha256(asked.encode()).hexdigest()])
        signing = f"AWS4{self.secret}".encode()
        for part in scope.split("/"):
            signing = hmac.digest(signing, part.encode(), "sha256")
        signature = hmac.digest(signing, text.encode(), "sha256").hex()
        permit = f"AWS4-HMAC-SHA256 Credential={self.key}/{scope}, SignedHeaders={names}, Signature={signature}"
        url = f"{self.endpoint}{place}" + (f"?{search}" if search else "")
        headers = {**(headers or {}), **signed, "Authorization": permit}
        request = urllib.request.Request(url, data=data if method == "PUT" else None, headers=headers, method=method)
        with urllib.request.urlopen(request, timeout=20) as answer:
            body: bytes = answer.read()
            return body
