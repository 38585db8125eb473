from __future__ import annotations

import pytest

from connectors.formats.mail import is_unreadable, read_message, read_texts
from connectors.formats.mail_bounce import read_bounce
from connectors.formats.mail_box import RawMessage
from connectors.formats.mail_html import read_html
from connectors.formats.mail_kinds import load_rules
from connectors.formats.mail_quote import cut_quoted, unfold_flowed
from connectors.formats.mail_relay import compile_patterns
from connectors.formats.mail_words import Questions, Words, read_words
from tests.connectors.formats.raw_mail import write_mail, write_multipart, write_part

REFUSAL = "誠に残念ながら、今回は採用を見送らせていただくこととなりました。"
URL = "https://careerrelay.jp/?c=Ab12"
QUESTIONS = Questions(load_rules(), compile_patterns(("https://careerrelay.jp/?c=*",)))

ATTRIBUTIONS = [
    "On Tue, Mar 11, 2025 at 9:00 AM Recruit <recruit@example.co.jp> wrote:",
    "On Tue, Mar 11, 2025 at 9:00 AM 採用担当\n<recruit@example.co.jp> wrote:",
    "2025年3月11日(火) 9:00 採用担当 <recruit@example.co.jp>:",
    "2025/03/11 9:00、採用担当 <recruit@example.co.jp> のメール：",
    "採用担当さんは書きました:",
    "recruit@example.co.jp wrote:",
]
REST_MARKS = [
    "-----Original Message-----",
    "-----元のメッセージ-----",
    "---------- Forwarded message ---------",
    "Begin forwarded message:",
    "差出人: 採用担当 <recruit@example.co.jp>\n送信日時: 2025年3月11日 9:00\n宛先: taro@example.com\n件名: 選考結果",
    "From: Recruit <recruit@example.co.jp>\nSent: Tuesday, March 11, 2025 9:00 AM\nTo: Taro\nSubject: Result",
    "________________________________\n*From:* Recruit\n*Date:* Tue, Mar 11\n*Subject:* Result",
    "2025年3月11日(火) 9:00 採用担当 <recruit@example.co.jp>:",
    "On Tue, Mar 11, 2025 at 9:00 AM Recruit <recruit@example.co.jp> wrote:",
]


def read(mail: bytes) -> Words:
    message = read_message(RawMessage(1, mail))
    return read_words(message, read_texts(message), message.text(b"subject") or "", QUESTIONS)


@pytest.mark.parametrize("attribution", ATTRIBUTIONS)
def test_quoted_lines_are_cut_and_the_answer_below_them_stays(attribution: str) -> None:
    text = f"above\n\n{attribution}\n> {REFUSAL}\n> {URL}\n>\n\nbelow"
    kept = cut_quoted(text, is_reply=True)
    assert REFUSAL not in kept
    assert URL not in kept
    assert kept.split() == ["above", "below"]


@pytest.mark.parametrize("mark", REST_MARKS)
def test_all_below_a_mark_is_the_others(mark: str) -> None:
    kept = cut_quoted(f"thanks\n\n{mark}\n\n{REFUSAL}\n{URL}\n", is_reply=True)
    assert kept.strip() == "thanks"


@pytest.mark.parametrize(
    "text",
    [
        "下記をご確認ください。\n件名: 営業職\n日時: 4月3日 10:00\n場所: 本社",
        "2025年3月11日 10:00 以下の場所にお越しください:\n本社5階",
        "From: の欄をご確認ください。\n以上",
        "-----\nサンプル株式会社\n-----\nhttps://example.com",
        "＞＞ 詳しくはこちら\nhttps://example.com",
        "On Monday we wrote: nothing is final.\nBye",
        "前回のメールをご覧ください。\nよろしくお願いします。",
    ],
)
def test_what_only_looks_like_a_quotation_is_kept(text: str) -> None:
    assert cut_quoted(text, is_reply=False) == text


def test_a_full_width_mark_quotes_in_an_answer_only() -> None:
    assert cut_quoted("＞ あ\nい", is_reply=True) == "い"
    assert cut_quoted("＞ あ\nい", is_reply=False) == "＞ あ\nい"


def test_flowed_lines_are_joined_and_quotes_stay_quotes() -> None:
    text = "one \ntwo\n> three \n> four\n five\n-- \nname"
    assert unfold_flowed(text, deletes_space=False) == "one two\n> three four\nfive\n-- \nname"
    assert unfold_flowed("https://careerrelay.jp/?c=Ab \n12", deletes_space=True) == URL


def test_html_becomes_text_without_styles_comments_and_quotes() -> None:
    source = (
        "<html><head><title>no</title><style>p{}</style></head><body><!-- > no --><p>一行目<br>二行目&nbsp;&amp;</p>"
        "<script>no()</script><table><tr><td>a</td><td>b</td></tr></table>"
        f'<a href="{URL}&amp;x=1" title="a > b">こちら</a>'
        '<div class="gmail_quote"><div>no</div><blockquote>no<blockquote>no</blockquote></blockquote></div>'
        "<p>end</p><blockquote>no <p>no</blockquote>last</body></html>"
    )
    text, links = read_html(source)
    assert [line for line in text.split("\n") if line] == ["一行目", "二行目 &", "a b", "こちら", "end", "last"]
    assert links == [f"{URL}&x=1"]


@pytest.mark.parametrize(
    "quote",
    [
        '<div class="gmail_quote gmail_quote_container"><div>On … wrote:<br></div>{}</div>',
        '<blockquote type="cite">{}</blockquote>',
        '<div id="appendonsend"></div><hr><div id="divRplyFwdMsg">From: x</div><div>{}</div>',
        '<div class="yahoo_quoted"><div>{}</div></div>',
        "<p>-----Original Message-----</p><p>{}</p>",
        "<div><b>差出人:</b> a<br><b>送信日時:</b> b<br><b>件名:</b> c</div><div>{}</div>",
    ],
)
def test_a_refusal_quoted_in_html_refuses_nobody(quote: str) -> None:
    quoted = quote.format(f'<p>{REFUSAL}</p><a href="{URL}">登録</a>')
    words = read(write_mail(f"<p>ありがとうございました。</p>{quoted}", content_type="text/html", In_Reply_To="<1@x>"))
    assert (words.kind, words.has_relay_url, words.relay_token) == ("other", False, None)


@pytest.mark.parametrize("transfer", ["8bit", "base64", "quoted-printable"])
@pytest.mark.parametrize("charset", ["utf-8", "cp932", "euc_jp", "iso2022_jp"])
def test_kind_and_token_are_read_from_any_transport(transfer: str, charset: str) -> None:
    label = {"cp932": "Shift_JIS", "euc_jp": "EUC-JP", "iso2022_jp": "ISO-2022-JP"}.get(charset, charset)
    words = read(write_mail(f"{REFUSAL}\n{URL}\n", charset=charset, label=label, transfer=transfer))
    assert (words.kind, words.has_relay_url, words.relay_token) == ("rejection", True, "Ab12")


def test_an_html_mail_is_read_like_a_plain_one() -> None:
    body = f'<html><head><meta charset="shift_jis"></head><body><p>{REFUSAL}</p><a href="{URL}">登録</a></body></html>'
    words = read(write_mail(body, charset="cp932", content_type="text/html", Content_Type="text/html"))
    assert (words.kind, words.relay_token) == ("rejection", "Ab12")


def test_a_plain_text_that_points_to_the_html_leaves_the_kind_to_it() -> None:
    html = write_part(f'<p>{REFUSAL}</p><a href="{URL}">登録</a>', "text/html; charset=utf-8")
    words = read(write_multipart("alternative", [write_part("HTML形式でご覧ください。"), html]))
    assert (words.kind, words.relay_token) == ("rejection", "Ab12")


def test_a_link_that_only_the_html_form_has_is_found() -> None:
    plain = write_part(REFUSAL + "\n" + "株式会社サンプル採用担当 " * 10)
    html = write_part(f'<p>{REFUSAL}</p><a href="{URL}">登録</a>', "text/html; charset=utf-8")
    assert read(write_multipart("alternative", [plain, html])).relay_token == "Ab12"


def test_attached_mails_and_files_say_nothing() -> None:
    mail = write_multipart(
        "mixed",
        [
            write_part("資料をお送りします。"),
            write_part(write_mail(REFUSAL + URL), "message/rfc822"),
            write_part(REFUSAL + URL, 'text/plain; charset=utf-8; name="a.txt"'),
            write_part(REFUSAL + URL, "text/plain; charset=utf-8", "Content-Disposition: attachment"),
        ],
    )
    assert read(mail) == Words(is_answer=False)


@pytest.mark.parametrize("boundary", ["=_b1", "a b", "x-1"])
def test_parts_inside_parts_are_found(boundary: str) -> None:
    inner = write_multipart("alternative", [write_part(REFUSAL), write_part(REFUSAL, "text/html")], boundary + "-2")
    part = b"\n".join(line for line in inner.split(b"\n") if not line.startswith((b"From:", b"To:", b"Subject:")))
    assert read(write_multipart("mixed", [part], boundary)).kind == "rejection"


def test_a_lost_boundary_is_found_in_the_body() -> None:
    mail = write_multipart("mixed", [write_part(REFUSAL)]).replace(b'; boundary="=_b1"', b"")
    assert read(mail).kind == "rejection"


def test_an_unclosed_multipart_is_read_to_the_end() -> None:
    mail = write_multipart("mixed", [write_part(REFUSAL)]).replace(b"--=_b1--\n", b"")
    assert read(mail).kind == "rejection"


def test_the_subject_of_an_answer_tells_no_kind() -> None:
    assert read(write_mail("了解しました。", Subject="不採用のご連絡 選考")).kind == "rejection"
    assert read(write_mail("了解しました。", Subject="Re: 不採用のご連絡 選考")).kind == "other"
    assert read(write_mail("了解しました。", Subject="RE：不採用のご連絡 選考")).kind == "other"
    assert read(write_mail("了解しました。", Subject="不採用のご連絡 選考", In_Reply_To="<1@x>")).kind == "other"


def test_a_candidate_who_quotes_the_refusal_refuses_nobody() -> None:
    body = f"ご連絡ありがとうございました。\n\n2025年3月11日(火) 9:00 採用 <a@example.co.jp>:\n> {REFUSAL}\n> {URL}\n"
    words = read(write_mail(body, Subject="Re: 選考結果のご連絡"))
    assert (words.kind, words.has_relay_url) == ("other", False)


def test_a_line_wrapped_by_quoted_printable_keeps_its_url_whole() -> None:
    body = ("x" * 70 + URL + "\n").encode()
    assert b"=\n" in write_mail(body, transfer="quoted-printable")
    assert read(write_mail(body, transfer="quoted-printable")).relay_token == "Ab12"


def test_bytes_that_are_no_text_are_known_for_it() -> None:
    noise = bytes(range(256)) * 20
    assert is_unreadable(read_texts(read_message(RawMessage(1, write_mail(noise, label="utf-8")))))
    assert not is_unreadable(read_texts(read_message(RawMessage(1, write_mail(REFUSAL)))))
    assert not is_unreadable(read_texts(read_message(RawMessage(1, write_mail("")))))


HOSTILE = {
    "blanks in every header": write_mail(
        "x", From="<" + " " * 200_000, Subject="a" + " \t" * 100_000 + "b", Date=" : " * 60_000
    ),
    "a word without an end": write_mail("a" * 900_000, From="MAILER-DAEMON@example.com", Subject="failure notice"),
    "tags without an end": write_mail('<a "' * 250_000, content_type="text/html"),
    "declarations without an end": write_mail("<!" * 400_000, content_type="text/html"),
    "quotes of quotes": write_mail(">" * 500_000 + "\n" + "> " * 200_000 + ":\n"),
    "lines that nearly are attributions": write_mail(("2025/1/1 " * 30 + "@a:\n") * 3_000),
    "rules without words": write_mail("--" + " " * 500_000 + "x\n"),
    "a header of junk": write_mail("x", X_Junk="a\n" + "junk\n" * 100_000 + "To: b@example.com"),
    "urls that never end": write_mail("< \n" * 100_000 + "https://careerrelay.jp/?c=" + "a" * 300_000 + ".a"),
    "words in words": write_mail("x", Subject="=?utf-8?B?" * 50_000),
}


@pytest.mark.parametrize("mail", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_mail_made_to_hang_its_reader_is_read(mail: bytes) -> None:
    # Each of them took minutes or hours with an expression that tries every way to split a run.
    message = read_message(RawMessage(1, mail))
    read_bounce(message)
    message.sent_at()
    assert message.addresses(b"from", b"to")[-1].endswith("@example.com")
    assert read(mail).kind == "other"
