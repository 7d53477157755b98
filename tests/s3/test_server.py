"""That the server is strict: on a lax one the other tests would prove nothing."""

from __future__ import annotations

import dataclasses
import urllib.error
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .ceph import Gateway


@pytest.mark.parametrize("change", [{"secret": "other"}, {"key": "other"}])
def test_wrong_credentials_are_refused(s3: Gateway, bucket: str, change: dict[str, str]) -> None:
    """A request that is signed with another key, or another key's name, is forbidden."""
    s3.client.put(f"{bucket}/a", b"1")
    with pytest.raises(urllib.error.HTTPError) as caught:
        dataclasses.replace(s3.client, **change).get(f"{bucket}/a")
    assert caught.value.code == HTTPStatus.FORBIDDEN
    caught.value.close()


def test_one_of_many_conditional_puts_wins(s3: Gateway, bucket: str) -> None:
    """Of puts of one key with ``If-None-Match: *`` at the same time one is carried out, and its bytes stay."""

    def put(number: int) -> int:
        try:
            s3.client.put(f"{bucket}/commit", str(number).encode(), new=True)
        except urllib.error.HTTPError as error:
            error.close()
            return error.code
        return HTTPStatus.OK

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(put, range(8)))
    assert answers.count(HTTPStatus.OK) == 1
    assert s3.client.get(f"{bucket}/commit") == str(answers.index(HTTPStatus.OK)).encode()


def test_both_gateways_hold_the_same(s3: Gateway, faults: Gateway, bucket: str) -> None:
    """What is put through one gateway is read through the other, before and after that was paused and stopped."""
    s3.client.put(f"{bucket}/day=1 é/a", b"1")
    assert faults.client.keys(bucket, "day=") == ["day=1 é/a"]
    faults.pause()
    faults.stop()
    s3.client.put(f"{bucket}/b", b"2")
    with pytest.raises(urllib.error.URLError, match="refused"):
        faults.client.get(f"{bucket}/b")
    faults.recover()
    assert faults.client.get(f"{bucket}/b") == b"2"
    s3.client.delete(f"{bucket}/b")
    assert faults.client.keys(bucket) == ["day=1 é/a"]
