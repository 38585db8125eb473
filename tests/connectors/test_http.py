"""The HTTP client: where it goes, what it never tells, and how it pages."""

from __future__ import annotations

import json
import time

import pytest

from connectors.credentials import Bearer
from connectors.errors import ApiError
from connectors.http import Budget, Call, Client, read_json, show_url
from connectors.kit.server import Asked, FakeApi, Reply, serving
from connectors.paging import by_offset, by_token, by_url


def test_a_redirect_to_another_host_is_refused_and_one_to_the_same_is_followed() -> None:
    def answer(asked: Asked) -> Reply:
        if asked.path == "/away":
            return Reply(None, 302, {"Location": "http://localhost:1/there?token=abc"})
        return Reply(None, 302, {"Location": "/end"}) if asked.path == "/here" else Reply({"ok": asked.authorization})

    with serving(FakeApi(answer)) as api:
        client = Client(api.base, Bearer("hidden"))
        assert client.call(Call("here")).data == {"ok": "Bearer hidden"}
        with pytest.raises(ApiError, match="leads to another host, http://localhost; not followed") as caught:
            client.call(Call("away"))
        assert "abc" not in str(caught.value)
        with pytest.raises(ApiError, match="another host"):
            client.call(Call("http://127.0.0.1:1/elsewhere"))


def test_json_is_read_as_python_reads_it() -> None:
    texts = ["123456789012345678901234567890", "18446744073709551615", "-0.0", '"e+ 1e400"', '"\\ud83d"', "1e16"]
    for text in texts:
        assert repr(read_json(text.encode())) == repr(json.loads(text))
    assert read_json(b'[NaN, -Infinity, "\xe7\x94\xb0"]') == [None, None, "田"]
    with pytest.raises(json.JSONDecodeError):
        read_json(b'{"data": [1, 2')


def test_plain_http_is_for_this_machine_alone() -> None:
    with pytest.raises(ApiError, match="only https"):
        Client("http://ats.example.com/v1", Bearer("x"))


def test_an_error_tells_neither_query_nor_credentials_nor_body() -> None:
    api = FakeApi(lambda asked: Reply({"message": "person@example.com"}, 422))
    with serving(api), pytest.raises(ApiError) as caught:
        Client(api.base, Bearer("hidden")).call(Call("list", {"email": "person@example.com"}))
    assert "422" in str(caught.value) and "person" not in str(caught.value) and "hidden" not in str(caught.value)
    assert show_url("https://user:secret@example.com:444/a/b?key=1#x") == "https://example.com:444/a/b"


def test_a_server_that_stays_cut_off_is_given_up_with_an_error() -> None:
    with serving(FakeApi(lambda asked: Reply({"id": 1}, cut=3))) as api:
        with pytest.raises(ApiError, match="cut or is no JSON, 7 times"):
            Client(api.base, Bearer("x"), backoff=0).call(Call("list"))
        assert len(api.asked) == 7


def test_retry_after_is_obeyed() -> None:
    with serving(FakeApi(lambda asked: Reply({}))) as api:
        api.disturb = lambda number, asked: Reply({}, 429, {"Retry-After": "1"}) if number == 1 else None
        begun = time.monotonic()
        Client(api.base, Bearer("x"), backoff=0).call(Call("list"))
        assert time.monotonic() - begun >= 1


def test_a_budget_spreads_requests_after_a_burst() -> None:
    budget = Budget(10, 0.2)
    begun = time.monotonic()
    for _ in range(25):
        budget.wait()
    assert 0.2 <= time.monotonic() - begun < 1.5


@pytest.mark.parametrize("style", ["token", "url", "offset"])
def test_paginators_reach_the_last_page_and_stop(style: str) -> None:
    records = [{"id": n} for n in range(23)]

    def answer(asked: Asked) -> Reply:
        start = int(asked.query.get("at", 0))
        data: dict = {"records": records[start : start + 5], "more": start + 5 < 23}
        if data["more"]:
            data |= {"next": str(start + 5), "paging": {"next": f"{api.base}/list?at={start + 5}"}}
        return Reply(data)

    paginator = {"token": by_token("next", sent_as="at", more="more"), "url": by_url("paging", "next")}
    next_page = paginator.get(style) or by_offset(5, sent_as="at")
    with serving(FakeApi(answer)) as api:
        client, found, call = Client(api.base, Bearer("x")), [], Call("list")
        while call is not None:
            told = client.call(call)
            found += told.data["records"]
            call = next_page(call, told, told.data["records"])
    assert found == records and len(api.asked) == 5
