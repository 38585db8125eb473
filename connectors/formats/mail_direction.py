"""Did we send it or get it? By the addresses the settings name as ours; else by who takes part in most of the file.

Without settings the own side is one domain (or, with a free mail provider, one address): the one that takes part in
the most messages of the file's first batch, as sender or receiver. Where several do alike, as in a file of one mail, it
is the one on the near end: the receiver of a mail with traces of delivery (Received, Delivered-To …), the sender of one
without; that is a guess, `is_sure` says so, and what a mail is about may overrule it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from connectors.formats.mail import Message

# Providers whose domain many strangers share: there an address, not the domain, is a side.
SHARED_DOMAINS = frozenset(
    """gmail.com googlemail.com yahoo.co.jp yahoo.com ymail.ne.jp outlook.com outlook.jp hotmail.com hotmail.co.jp
    live.jp live.com msn.com icloud.com me.com mac.com aol.com aol.jp docomo.ne.jp ezweb.ne.jp au.com softbank.ne.jp
    i.softbank.jp vodafone.ne.jp ymobile.ne.jp rakuten.jp nifty.com biglobe.ne.jp so-net.ne.jp ocn.ne.jp
    excite.co.jp qq.com 163.com naver.com proton.me protonmail.com gmx.com gmx.de mail.ru""".split()
)
DELIVERY_TRACES = (b"received", b"delivered-to", b"x-original-to", b"return-path", b"envelope-to", b"x-envelope-to")
RECEIVERS = (b"to", b"cc", b"delivered-to", b"x-original-to", b"envelope-to")
# Gmail's export says in which folders a mail was; the names are those of the account's language.
SENT_LABELS, INBOX_LABELS = ("sent", "送信済み"), ("inbox", "受信トレイ")


@dataclass(frozen=True, slots=True)
class Sides:
    """The two sides of a message, as far as its header tells. `label`: what its mailbox says outright."""

    sender: str
    receivers: frozenset[str]
    was_delivered: bool
    label: str | None


@dataclass(frozen=True)
class OwnSide:
    """Which addresses are ours: whole addresses and domains (their subdomains too), lower-case."""

    addresses: frozenset[str] = frozenset()
    domains: frozenset[str] = frozenset()
    is_sure: bool = True

    def has(self, address: str) -> bool:
        address = address.lower()
        if address in self.addresses:
            return True
        domain = address.rpartition("@")[2]
        return bool(domain) and any(domain == own or domain.endswith("." + own) for own in self.domains)


def read_sides(message: Message, sender: str) -> Sides:
    label = None
    labels = message.text(b"x-gmail-labels")
    if labels:
        names = [name.strip().lower() for name in labels.split(",")]
        if any(name in SENT_LABELS for name in names):
            label = "outbound"
        elif any(name in INBOX_LABELS for name in names):
            label = "inbound"
    return Sides(
        sender.lower(),
        frozenset(address.lower() for address in message.addresses(*RECEIVERS)),
        any(name in message.first for name in DELIVERY_TRACES),
        label,
    )


def find_own_side(messages: Iterable[Sides]) -> OwnSide:
    """The side that takes part in the most of these messages; deterministic, the first in the alphabet where even."""
    takes_part: Counter[str] = Counter()
    near_end: Counter[str] = Counter()
    for sides in messages:
        senders = {_name_side(sides.sender)} if "@" in sides.sender else set()
        receivers = {_name_side(address) for address in sides.receivers}
        takes_part.update(senders | receivers)
        near_end.update(receivers if sides.was_delivered else senders)
    if not takes_part:
        return OwnSide(is_sure=False)
    most = max(takes_part.values())
    leaders = [side for side, count in takes_part.items() if count == most]
    own = frozenset({min(leaders, key=lambda side: (-near_end[side], side))})
    is_sure = len(leaders) == 1
    return OwnSide(addresses=own, is_sure=is_sure) if "@" in next(iter(own)) else OwnSide(domains=own, is_sure=is_sure)


def _name_side(address: str) -> str:
    domain = address.rpartition("@")[2]
    return address if domain in SHARED_DOMAINS else domain
