"""How fast are mails read, against the standard library's parser over the same mbox, on one core?

    .venv/bin/python -m benchmarks.mail [number of mails]

The standard library only parses (`message_from_bytes` with policy.default, no body decoded); the connector also decodes
headers and bodies, cuts quotes and tells kind, direction, token and bounce. Target: at least the same rate.
Then a mailbox large enough to be shared, in wall seconds: the process bound to one core, and with all of them.
"""

from __future__ import annotations

import email
import os
import random
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import datetime
from email import policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from connectors.core import FileNotes, Run, SourceFile
from connectors.mailing.sharing import LARGE_BYTES
from connectors.sources.mail import MailSettings, read_mail

TEXTS = (
    "{0} 様\n\nこの度は弊社の求人にご応募いただき、誠にありがとうございました。\n慎重に検討いたしました結果、"
    "誠に残念ながら今回は採用を\n見送らせていただくこととなりました。\n末筆ながら、今後のご活躍を心よりお祈り申し上げます。\n\n"
    "https://careerrelay.jp/?c=tok{1}\n--\n株式会社サンプル 採用担当\n",
    "{0} 様\n\n一次面接の日程調整のお願いです。下記の候補日よりご都合のよい日時をお知らせください。\n"
    "・3月11日 10:00から12:00\n・3月12日 13:00から15:00\nよろしくお願いいたします。\n",
    "{0} 様\n\nご応募を受け付けました。書類選考の結果は1週間以内にご連絡いたします。\n受付番号 {1}\n",
    "お世話になっております。\n資料をお送りします。ご確認ください。来週の会議の件、了解しました。\n\n"
    "> 先日の件ですが、どうなっていますでしょうか。\n> お手数ですがご確認ください。\n",
)
SUBJECTS = ("選考結果のご連絡", "面接日程のご相談【株式会社サンプル】", "ご応募ありがとうございます", "Re: 会議の件")
HOP = (
    "from mail.example.co.jp (mail.example.co.jp [192.0.2.1]) by mx.example.com (Postfix) with ESMTPS id ABCDEF "
    "for <c{0}@example.com>; Tue, 11 Mar 2025 09:00:00 +0900 (JST)"
)


def make_mail(number: int, chance: random.Random, *, is_bare: bool) -> bytes:
    """Bare: what a script sends, five headers and a short text. Else what a mailbox holds: hops, a signature, HTML in
    every third mail and a PDF of 30 KB in every twentieth."""
    mail = EmailMessage()
    if not is_bare:
        mail["Received"] = HOP.format(number)
        mail["DKIM-Signature"] = "v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.co.jp; s=s1; b=" + "A" * 300
    mail["From"] = "採用担当 <recruit@example.co.jp>"
    mail["To"] = f"見本 太郎 <c{number}@example.com>"
    mail["Subject"] = SUBJECTS[number % 4]
    mail["Date"] = f"Tue, 11 Mar 2025 09:{number // 60 % 60:02d}:{number % 60:02d} +0900"
    mail["Message-ID"] = f"<{number}.bench@example.co.jp>"
    text = TEXTS[number % 4].format("見本太郎", number)
    charset = ("utf-8", "iso-2022-jp")[number // 4 % 2]
    mail.set_content(text, charset=charset)
    if not is_bare and number % 3 == 0:
        lines = "".join(f'<p style="margin:0">{line}</p>' for line in text.split("\n"))
        mail.add_alternative(
            f"<html><head><style>p{{color:red}}</style></head><body>{lines}</body></html>", subtype="html"
        )
    if not is_bare and number % 20 == 0:
        mail.add_attachment(chance.randbytes(30_000), maintype="application", subtype="pdf", filename="履歴書.pdf")
    return mail.as_bytes(policy=policy.SMTP.clone(linesep="\n"))


def measure(work: Callable[[], Any]) -> float:
    """CPU seconds, the best of three: other processes on the machine slow a run down, nothing speeds one up."""
    best = float("inf")
    for _ in range(3):
        start = time.process_time()
        work()
        best = min(best, time.process_time() - start)
    return best


def main(count: int) -> None:
    chance = random.Random(1)
    boxed: list[bytes] = []
    run = Run("mail", MailSettings(path="inbox"), Path(), relay_url_patterns=("https://careerrelay.jp/?c=*",))
    with tempfile.TemporaryDirectory() as folder:
        for name, is_bare in (("a mailbox", False), ("bare mails", True)):
            mails = [make_mail(number, chance, is_bare=is_bare) for number in range(count)]
            boxed = boxed or mails
            path = Path(folder) / "box"
            path.write_bytes(b"".join(b"From - Tue Mar 11 09:00:00 2025\n" + mail + b"\n" for mail in mails))
            file = SourceFile(path, path.name, datetime.fromisoformat("2025-04-01"))
            parse = measure(
                lambda mails=mails: [email.message_from_bytes(mail, policy=policy.default) for mail in mails]
            )
            read = measure(lambda file=file: [part.rows.height for part in read_mail(run, file, FileNotes())])
            print(
                f"{name} ({path.stat().st_size / count / 1000:.1f} KB each): standard parser {count / parse:,.0f}/s, "
                f"connector {count / read:,.0f}/s, ratio {parse / read:.2f}"
            )
    measure_cores(boxed, run)


def measure_cores(mails: list[bytes], run: Run) -> None:
    cores = os.sched_getaffinity(0)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "box"
        count = 0
        with path.open("wb") as box:
            while box.tell() <= LARGE_BYTES:
                box.writelines(b"From - Tue Mar 11 09:00:00 2025\n" + mail + b"\n" for mail in mails)
                count += len(mails)
        file = SourceFile(path, path.name, datetime.fromisoformat("2025-04-01"))
        rates = []
        for allowed in ({min(cores)}, cores):
            os.sched_setaffinity(0, allowed)
            begun = time.perf_counter()
            for _ in read_mail(run, file, FileNotes()):
                pass
            rates.append(count / (time.perf_counter() - begun))
        print(
            f"{path.stat().st_size >> 20} MB, {count:,} mails: {rates[0]:,.0f}/s on one core, {rates[1]:,.0f}/s on"
            f" {len(cores)}, ratio {rates[1] / rates[0]:.2f}"
        )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 4_000)
