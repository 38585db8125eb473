from __future__ import annotations

import pytest

from connectors.formats.mail_relay import compile_patterns, find_relay

PATTERN = "https://careerrelay.jp/?c=*"


def find(text: str, *links: str, patterns: tuple[str, ...] = (PATTERN,)) -> tuple[bool, str | None]:
    return find_relay(text, list(links), compile_patterns(patterns))


@pytest.mark.parametrize(
    "text",
    [
        "https://careerrelay.jp/?c=Ab-1_2",
        "こちら：https://careerrelay.jp/?c=Ab-1_2。",
        "（https://careerrelay.jp/?c=Ab-1_2）",
        "<https://careerrelay.jp/?c=Ab-1_2>",
        "https://careerrelay.jp/?c=Ab-1_2からご登録ください",
        "https://careerrelay.jp/?c=Ab-1_2, please",
        "See https://careerrelay.jp/?c=Ab-1_2.",
        "https://careerrelay.jp/?c=Ab-1_2&utm_source=mail",
        "https://careerrelay.jp/?c=Ab-1_2#top",
        "HTTPS://CareerRelay.JP/?c=Ab-1_2",
        "https://careerrelay.jp/\n?c=Ab-1_2",
        "<https://careerrelay.jp/?c=Ab-\n1_2>",
        "https://careerrelay.jp/\u200b?c=Ab-1_2",
        "https://click.example.com/?u=https%3A%2F%2Fcareerrelay.jp%2F%3Fc%3DAb-1_2",
    ],
)
def test_the_token_is_found_however_the_url_is_dressed(text: str) -> None:
    assert find(text) == (True, "Ab-1_2")


@pytest.mark.parametrize(
    "text",
    [
        "http://careerrelay.jp/?c=Ab-1_2",
        "https://careerrelay.jp.example.com/?c=Ab-1_2",
        "https://careerrelay.jp/?d=Ab-1_2",
        "https://careerrelay.jp/?c=",
        "https://careerrelay.jp/?c={{token}}",
        "https://careerrelay.jp/",
        "careerrelay.jp",
        "",
    ],
)
def test_another_url_or_one_without_a_token_is_none(text: str) -> None:
    assert find(text) == (False, None)


def test_an_escaped_ampersand_in_a_pattern_is_found() -> None:
    pattern = "https://relay.example.jp/r?company=7&id=*"
    assert find("https://relay.example.jp/r?company=7&amp;id=x1 ", patterns=(pattern,)) == (True, "x1")


def test_percent_escapes_belong_to_the_token() -> None:
    assert find("https://careerrelay.jp/?c=a%2Fb%3D ") == (True, "a/b=")


def test_a_token_of_other_characters_is_not_cut_short() -> None:
    assert find("https://careerrelay.jp/?c=abc.def") == (True, None)


def test_the_fixed_end_of_a_pattern_must_follow() -> None:
    pattern = "https://relay.example.jp/*/entry"
    assert find("https://relay.example.jp/abc/entry", patterns=(pattern,)) == (True, "abc")
    assert find("https://relay.example.jp/abc/other", patterns=(pattern,)) == (False, None)


def test_a_pattern_without_a_token_tells_presence_alone() -> None:
    assert find("https://relay.example.jp/ours です", patterns=("https://relay.example.jp/ours",)) == (True, None)
    assert find("https://relay.example.jp/ours2", patterns=("https://relay.example.jp/ours",)) == (False, None)


def test_a_link_behind_words_counts() -> None:
    assert find("こちら", "https://careerrelay.jp/?c=Z9") == (True, "Z9")


def test_any_of_several_patterns_counts() -> None:
    patterns = ("https://old.example.jp/*", PATTERN)
    assert find("https://old.example.jp/q1", patterns=patterns) == (True, "q1")
    assert find("https://careerrelay.jp/?c=q2", patterns=patterns) == (True, "q2")


def test_without_patterns_nothing_is_found() -> None:
    assert find("https://careerrelay.jp/?c=q2", patterns=()) == (False, None)
