from __future__ import annotations

import re

import pytest

from connectors.formats.mail import Message, read_message
from connectors.formats.mail_bounce import Bounce, read_bounce
from connectors.formats.mail_box import RawMessage, read_messages, recognise_mail
from tests.connectors.formats.raw_mail import FIXTURES, write_mail, write_multipart, write_part, write_word

HELD_ID = re.compile(rb"(?im)^[> \t]*message-id\s*:\s*(<[^<>\s]+>)")
DAEMON = "Mail Delivery System <MAILER-DAEMON@mx.example.net>"
RETURNED = b"From: recruit@example.co.jp\nTo: taro@example.com\nSubject: x\nMessage-ID: <orig@example.co.jp>\n"
TO_US = {"To": "recruit@example.co.jp", "Return_Path": "<>", "From": DAEMON}


def read(mail: bytes) -> Bounce | None:
    return read_bounce(read_message(RawMessage(1, mail)))


def write_report(fields: str, returned: bytes | None = RETURNED, explanation: str = "I'm sorry.") -> bytes:
    parts = [
        write_part(explanation),
        write_part(f"Reporting-MTA: dns; mx.example.net\n\n{fields}", "message/delivery-status"),
    ]
    if returned is not None:
        parts.append(write_part(returned, "text/rfc822-headers"))
    mail = write_multipart("report", parts, Subject="Undelivered Mail Returned to Sender", **TO_US)
    return mail.replace(b"multipart/report; ", b"multipart/report; report-type=delivery-status; ")


@pytest.mark.parametrize(
    ("action", "result"),
    [("failed", "bounced"), ("delayed", "deferred"), ("delivered", "delivered"), ("relayed (to mx)", "delivered")],
)
def test_a_report_tells_recipient_message_and_result(action: str, result: str) -> None:
    fields = f"Final-Recipient: rfc822; taro@example.com\nAction: {action}\nStatus: 5.1.1\n"
    assert read(write_report(fields)) == Bounce(
        result, action.split()[0], "taro@example.com", "orig@example.co.jp", "5.1.1"
    )


def test_fields_may_come_in_any_order_and_the_recipient_may_be_elsewhere() -> None:
    fields = (
        "Diagnostic-Code: smtp; 550 no\nStatus: 5.1.1\nOriginal-Recipient: rfc822;Taro@example.com\nAction: Failed\n"
    )
    found = read(write_report(fields))
    assert found is not None
    assert (found.result, found.recipient, found.status) == ("bounced", "Taro@example.com", "5.1.1")


def test_of_several_recipients_the_failed_one_is_told() -> None:
    fields = (
        "Final-Recipient: rfc822; a@example.com\nAction: delivered\nStatus: 2.0.0\n\n"
        "Final-Recipient: rfc822; b@example.com\nAction: failed\nStatus: 5.2.2\n"
    )
    found = read(write_report(fields))
    assert found is not None
    assert (found.result, found.recipient) == ("bounced", "b@example.com")


def test_a_report_without_an_action_is_told_by_its_status() -> None:
    found = read(write_report("Final-Recipient: rfc822; a@example.com\nStatus: 4.4.1\n"))
    assert found is not None
    assert found.result == "deferred"


def test_without_the_returned_mail_its_id_may_stand_in_reply_to() -> None:
    fields = "Final-Recipient: rfc822; a@example.com\nAction: failed\n"
    mail = write_report(fields, returned=None).replace(b"Subject:", b"In-Reply-To: <orig@example.co.jp>\nSubject:", 1)
    found = read(mail)
    assert found is not None
    assert found.message_id == "orig@example.co.jp"


TEXTS = {
    "qmail": "Hi. This is the qmail-send program at example.net.\nI'm afraid I wasn't able to deliver your message.\n\n"
    "<taro@example.com>:\nSorry, no mailbox here by that name. (#5.1.1)\n\n"
    "--- Below this line is a copy of the message.\n\n",
    "exim": "This message was created automatically by mail delivery software.\nA message that you sent could not be "
    "delivered.\n\n  taro@example.com\n    550 5.1.1 user unknown\n\n------ This is a copy of the message ------\n\n",
    "sendmail": "   ----- The following addresses had permanent fatal errors -----\n<taro@example.com>\n"
    "   ----- Transcript of session follows -----\n550 5.1.1 User unknown\n   ----- Unsent message follows -----\n",
    "mobile": "<taro@example.com>\n\nEach of the following recipients was rejected by a remote mail server.\n"
    "---------------------------------------------------\n",
    "japanese": "次のあて先へのメッセージはエラーのため送信できませんでした。\n"
    "送信先メールアドレス: taro@example.com\n5.1.1\n\n",
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
def test_a_bounce_in_prose_is_read(text: str) -> None:
    found = read(write_mail(text.encode() + RETURNED + b"\nbody\n", Subject="failure notice", **TO_US))
    assert found is not None
    assert (found.result, found.recipient, found.message_id) == ("bounced", "taro@example.com", "orig@example.co.jp")


def test_a_warning_that_delivery_is_late_is_no_bounce_yet() -> None:
    text = b"THIS IS A WARNING MESSAGE ONLY.\nYou do not need to resend your message.\n\n<taro@example.com>: 4.4.1\n\n"
    found = read(write_mail(text + RETURNED, Subject="Warning: could not send message for past 4 hours", **TO_US))
    assert found is not None
    assert found.result == "deferred"


def test_a_provider_that_writes_as_a_person_is_known_by_the_returned_mail() -> None:
    mail = write_multipart(
        "mixed",
        [
            write_part("送信できませんでした。\n宛先: <taro@example.com>"),
            write_part(RETURNED + b"\nx", "message/rfc822"),
        ],
        Subject=write_word("メールエラー通知", "iso-2022-jp"),
        From="no-reply@example.ne.jp",
        To="recruit@example.co.jp",
    )
    found = read(mail)
    assert found is not None
    assert (found.recipient, found.message_id) == ("taro@example.com", "orig@example.co.jp")


@pytest.mark.parametrize(
    "mail",
    [
        write_mail("I am away.", Subject="Automatic reply: your mail", **TO_US),
        write_mail("不在です。", Subject="自動応答: 不在", **TO_US),
        write_mail("メールがエラーで戻りました。ご確認ください。", Subject="メールのエラーについて"),
        write_mail("Your mail bounced, what is your address?", Subject="Re: mail delivery failed", In_Reply_To="<1@x>"),
        write_mail("残念ながら採用を見送らせていただきます。", Subject="選考結果"),
        write_multipart("report", [write_part("read")], Subject="Read", **TO_US).replace(
            b"multipart/report; ", b"multipart/report; report-type=disposition-notification; "
        ),
        write_multipart("mixed", [write_part("see attached"), write_part(RETURNED + b"\nx", "message/rfc822")]),
    ],
    ids=["away", "away in Japanese", "about an error", "an answer", "a refusal", "a receipt", "a forwarded mail"],
)
def test_what_is_no_bounce_is_none(mail: bytes) -> None:
    assert read(mail) is None


def test_of_sisimais_collected_bounces_at_least_98_percent_are_read(capsys: pytest.CaptureFixture[str]) -> None:
    # By their own names: an abuse report and a vacation note are no bounces; maildir/not holds what is none either.
    not_bounces = ("arf-01", "rfc3834-01")
    missed: list[str] = []
    read_count = 0
    for path in sorted((FIXTURES / "sisimai").rglob("*")):
        if not path.is_file() or path.suffix not in (".eml", "") or "not" in path.parts or path.name.startswith("size"):
            continue
        for raw in read_messages(path, recognise_mail(path)):
            found = read_bounce(read_message(raw))
            if path.stem in not_bounces:
                assert found is None, path.name
                continue
            read_count += 1
            # Right: not delivered, to whom, and which message, wherever the report holds another id than its own.
            ids = [match.strip(b"<>").decode("latin-1") for match in HELD_ID.findall(raw.data)[1:]]
            names_it = found is not None and (not ids or found.message_id in ids)
            if found is None or found.recipient is None or found.result != "bounced" or not names_it:
                missed.append(f"{path.parent.name}/{path.name}:{raw.line}")
    share = 1 - len(missed) / read_count
    with capsys.disabled():
        print(f"\nbounces read right: {read_count - len(missed)} of {read_count} ({share:.1%}); missed: {missed}")
    assert read_count >= 230
    assert len(missed) <= 0.02 * read_count


def read_fixture(name: str) -> Message:
    path = FIXTURES / "sisimai" / "maildir" / "not" / name
    return read_message(next(iter(read_messages(path, recognise_mail(path)))))


@pytest.mark.parametrize("name", ["is-not-bounce-01.eml", "is-not-bounce-02.eml"])
def test_sisimais_mails_that_are_no_bounces_are_none(name: str) -> None:
    assert read_bounce(read_fixture(name)) is None
