"""The recruiting mailbox: acknowledgements, invitations, offers and rejections, in the encodings that senders use."""

from __future__ import annotations

import base64
import hashlib
import quopri
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from data.make_sample.story import END, Application, Story

OWN = "recruit@sample-foods.example.co.jp"
RELAY_FROM = datetime(2025, 7, 1)
RELAY_URL = "https://relay.example.com/?c="
SIGNATURE = "\n--\n㈱サンプルフーズ　人事部　採用担当\nrecruit@sample-foods.example.co.jp\n"
ENCODINGS = ("iso-2022-jp", "utf-8-base64", "utf-8-qp", "shift_jis")


@dataclass(frozen=True)
class Mail:
    sent: datetime
    sender: str
    to: str
    subject: str
    body: str
    message_id: str
    encoding: str
    kind: str = "text"


def token_of(application: Application) -> str:
    return "sm" + hashlib.sha256(application.application_id.encode()).hexdigest()[:12]


def invited(application: Application) -> bool:
    """The relay line is in seven of eight rejections since the contract began; the eighth was forgotten."""
    if application.outcome != "rejected" or application.closed is None or application.closed < RELAY_FROM:
        return False
    return int(hashlib.sha256(application.application_id.encode()).hexdigest()[-4:], 16) % 8 != 0


def write_mails(random: Random, story: Story) -> list[Mail]:
    """Every mail of the 18 months, oldest first."""
    mails: list[Mail] = []
    for number, application in enumerate(story.all):
        encoding = ENCODINGS[number % len(ENCODINGS)]
        mails += _mails_about(random, application, encoding)
    return sorted((mail for mail in mails if mail.sent <= END), key=lambda mail: (mail.sent, mail.message_id))


def _mails_about(random: Random, application: Application, encoding: str) -> Iterator[Mail]:
    person = application.person
    title = application.job.title if application.job else f"{application.shop[1] if application.shop else ''}スタッフ"
    dear = f"{person.family} {person.given} 様\n\n㈱サンプルフーズ採用担当でございます。\n"

    def mail(sent: datetime, what: str, subject: str, body: str, **changes: str) -> Mail:
        identity = f"<{application.application_id}.{what}@sample-foods.example.co.jp>"
        values = {"sender": OWN, "to": person.email, "message_id": identity, "encoding": encoding} | changes
        return Mail(sent=sent, subject=subject, body=dear + body + SIGNATURE, **values)

    if application.job is not None:
        yield mail(
            application.applied + timedelta(minutes=3),
            "ack",
            f"【㈱サンプルフーズ】ご応募を受け付けました（{title}）",
            f"このたびは「{title}」にご応募いただき、誠にありがとうございます。\n"
            "ご応募を受け付けました。①書類選考 ②面接 の順にご連絡いたします。\n選考結果は１週間以内にお送りします。\n",
        )
    for stage, entered in application.stages:
        if stage.startswith("interview") and random.random() < 0.3:
            yield mail(
                entered - timedelta(days=2),
                f"schedule-{stage}",
                "面接日程のご案内",
                f"面接の日程を {entered:%Y年%m月%d日 %H時%M分} に決定いたしました。\nご来社をお待ちしております。\n",
            )
        if stage == "offer":
            yield mail(
                entered + timedelta(hours=1),
                "offer",
                "内定のご連絡",
                "選考の結果、貴殿を採用内定とすることに決定いたしました。\n内定通知書をお送りします。\n",
            )
    if application.outcome == "rejected" and application.closed and (application.job or random.random() < 0.6):
        yield from _rejection(random, application, mail)


def _rejection(random: Random, application: Application, mail: Callable[..., Mail]) -> Iterator[Mail]:
    assert application.closed is not None
    sent = application.closed + timedelta(hours=random.choice((1, 3, 20, 26, 50)))
    relay = ""
    if invited(application):
        relay = (
            "\n弊社の提携先では、皆さまの転職活動を無料で支援しております。よろしければご登録ください。\n"
            f"{RELAY_URL}{token_of(application)}\n"
        )
    body = (
        "先日は弊社の選考にご参加いただき、誠にありがとうございました。\n慎重に検討いたしました結果、"
        "誠に残念ながら、今回はご期待に添えない結果となりました。\n"
        f"末筆ながら、今後のご活躍を心よりお祈り申し上げます。\n{relay}"
    )
    if random.random() < 0.02:
        wrong = mail(sent - timedelta(hours=1), "reject-bounced", "選考結果のご連絡", body)
        yield wrong
        yield Mail(
            sent=wrong.sent + timedelta(minutes=1),
            sender="MAILER-DAEMON@mx.sample-foods.example.co.jp",
            to=OWN,
            subject="Undelivered Mail Returned to Sender",
            body=wrong.to,
            message_id=wrong.message_id.replace("reject-bounced", "bounce"),
            encoding=wrong.message_id,
            kind="bounce",
        )
    rejection = mail(sent, "reject", "選考結果のご連絡", body)
    yield rejection
    if random.random() < 0.03:
        yield mail(sent + timedelta(days=1), "reject-again", "【再送】選考結果のご連絡", body)
    if random.random() < 0.05:
        quoted = "\n".join(f"> {line}" for line in rejection.body.splitlines())
        yield mail(
            sent + timedelta(hours=5),
            "reply",
            "Re: 選考結果のご連絡",
            f"ご連絡ありがとうございました。\n\n{sent:%Y年%m月%d日} 採用担当 <{OWN}>:\n{quoted}\n",
            sender=application.person.email,
            to=OWN,
        )


def to_mbox(mails: list[Mail]) -> bytes:
    return b"".join(
        f"From {mail.sender} {mail.sent:%a %b %d %H:%M:%S %Y}\n".encode("ascii")
        + b"\n".join(b">" + line if line.startswith(b"From ") else line for line in _message(mail).split(b"\n"))
        + b"\n\n"
        for mail in mails
    )


def _message(mail: Mail) -> bytes:
    head = (
        f"Date: {mail.sent:%a, %d %b %Y %H:%M:%S} +0900\nFrom: {mail.sender}\nTo: {mail.to}\n"
        f"Message-ID: {mail.message_id}\nMIME-Version: 1.0\n"
    ).encode("ascii")
    if mail.kind == "bounce":
        return head + _bounce(mail)
    charset, transfer, body = {
        "iso-2022-jp": ("ISO-2022-JP", "7bit", to_windows_jis(mail.body)),
        "utf-8-base64": ("UTF-8", "base64", base64.encodebytes(mail.body.encode())),
        "utf-8-qp": ("UTF-8", "quoted-printable", quopri.encodestring(mail.body.encode())),
        "shift_jis": ("Shift_JIS", "base64", base64.encodebytes(plain(mail.body).encode("cp932"))),
    }[mail.encoding]
    raw = to_windows_jis(mail.subject) if charset == "ISO-2022-JP" else mail.subject.encode()
    named = "ISO-2022-JP" if charset == "ISO-2022-JP" else "UTF-8"
    subject = f"Subject: =?{named}?B?{base64.b64encode(raw).decode()}?=\n".encode()
    kind = f"Content-Type: text/plain; charset={charset}\nContent-Transfer-Encoding: {transfer}\n\n".encode()
    return head + subject + kind + body


def _bounce(mail: Mail) -> bytes:
    return (
        f"Subject: {mail.subject}\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b1"\n\n'
        "--b1\nContent-Type: text/plain; charset=us-ascii\n\nI'm sorry to have to inform you that your message could"
        " not be delivered.\n\n--b1\nContent-Type: message/delivery-status\n\n"
        "Reporting-MTA: dns; mx.sample-foods.example.co.jp\n\n"
        f"Final-Recipient: rfc822; {mail.body}\nAction: failed\nStatus: 5.1.1\n"
        "Diagnostic-Code: smtp; 550 5.1.1 User unknown\n\n"
        f"--b1\nContent-Type: text/rfc822-headers\n\nMessage-ID: {mail.encoding}\nFrom: {OWN}\nTo: {mail.body}\n\n"
        "--b1--\n"
    ).encode("ascii")


def plain(text: str) -> str:
    """髙, 﨑 and their like written as old mailers write them: 高, 崎."""
    return text.translate(str.maketrans("髙﨑栁𠮷", "高崎柳吉"))


def to_windows_jis(text: str) -> bytes:
    """ISO-2022-JP as Windows mailers write it: ① and ㈱ from NEC's row 13, which the standard does not have."""
    out, double = bytearray(), False
    for letter in plain(text):
        raw = letter.encode("cp932")
        if len(raw) == 2 and raw[0] < 0xED:
            first, second = raw
            row = (first - (0x81 if first < 0xA0 else 0xC1)) * 2
            odd = second < 0x9F
            pair = (row + 0x21, second - (0x20 if second > 0x7E else 0x1F)) if odd else (row + 0x22, second - 0x7E)
            if not double:
                out += b"\x1b$B"
            out += bytes(pair)
            double = True
        else:
            if double:
                out += b"\x1b(B"
            out += raw if len(raw) == 1 and raw[0] < 0x80 else b"?"
            double = False
    return bytes(out + (b"\x1b(B" if double else b""))
