"""Mail files → messages: mbox (all dialects), .eml, .emlx, .msg and Maildir files, found by content, not by name;
event logs of SendGrid, Amazon SES, Mailgun and Postmark (JSON lines) and Postfix logs → their deliveries.

Settings: `path`, the folder or file, or `imap`, a mailbox on a server (mailing/imap.py: host, user, password, mailbox,
security, port); `own_addresses` and `own_domains`, which mails are ours (else found from the file, see
formats/mail_direction.py: give them where the folder holds single .eml files); `rules`, the user's own kind rules
(form: profiles/mail/kinds.yml); `application_id_header` and `application_id_pattern` (one group, searched in subject
and own text), where mails state the application; `load`.

What becomes of a message: bodies are read and never stored, nor quarantined. A message without Message-ID is keyed by
its content; where a file holds several mails of one Message-ID (mass mailers give one to all), the later ones are keyed
by To and Date as well. One without any date (Date, Received, mbox separator), without a usable header, or with a text
that no charset reads is refused; drafts are left out and counted.

A notice of a medium that somebody applied gives a candidate and an application as well (applied_at_basis mail), where
it tells who (formats/mail_notice.py); the key is a digest of medium, day and address, else phone.

A bounce is an inbound message of kind `other`; what it says stands in `_extra`: bounced_message_id, final_recipient,
action (RFC 3464), result (bounced, deferred, delivered), status. The answered message's own row stays as it was:
the models join the two, since they come in different files.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from itertools import islice
from typing import Literal

from pydantic import BaseModel, ConfigDict, field_validator, model_validator

from connectors.core import Connector, FileNotes, Part, Run, SourceFile
from connectors.formats.mail_box import read_messages, recognise_mail
from connectors.formats.mail_direction import SHARED_DOMAINS, OwnSide
from connectors.formats.mail_kinds import SHIPPED_RULES, load_rules
from connectors.formats.mail_relay import compile_patterns
from connectors.formats.mail_words import Questions
from connectors.mailing.imap import ImapSettings, read_mailbox
from connectors.mailing.logs import read_log, recognise_log
from connectors.mailing.outlook import is_item, read_item
from connectors.mailing.reading import read_mails
from connectors.mailing.rows import MailFile
from connectors.mailing.sharing import read_in_order
from connectors.patterns import IdPattern

BATCH = 2_000  # rows are small; the own side of a file is told from its first batch
READING = "3"  # raised whenever the same mail would give another row: then every file is read again


class MailSettings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    path: str | None = None
    imap: ImapSettings | None = None
    load: Literal["delta", "full"] = "delta"
    own_addresses: list[str] = []
    own_domains: list[str] = []
    rules: str | None = None
    application_id_header: str | None = None
    application_id_pattern: IdPattern | None = None

    @model_validator(mode="after")
    def _has_a_source(self) -> MailSettings:
        if (self.path is None) == (self.imap is None):
            raise ValueError("needs either path (files) or imap (a mailbox on a server)")
        if self.imap is not None and self.load == "full":
            raise ValueError("load: full does not go with imap, which tells what is new and never what is gone")
        return self

    @field_validator("own_addresses")
    @classmethod
    def _are_addresses(cls, values: list[str]) -> list[str]:
        for value in values:
            if "@" not in value:
                raise ValueError(f"{value!r} is no address; a whole domain goes into own_domains")
        return [value.strip().lower() for value in values]

    @field_validator("own_domains")
    @classmethod
    def _are_domains(cls, values: list[str]) -> list[str]:
        return [value.strip().lower().removeprefix("@") for value in values]


connector = Connector("mail", MailSettings)


def fingerprint_reading(run: Run) -> str:
    """Changes whenever the same bytes would give other rows: the rules, the relay's URLs or the settings."""
    settings: MailSettings = run.settings
    rules = SHIPPED_RULES.read_bytes()
    if settings.rules is not None and (run.home / settings.rules).is_file():
        rules += (run.home / settings.rules).read_bytes()
    told = json.dumps(
        [READING, settings.model_dump(exclude={"path", "imap"}), run.relay_url_patterns], ensure_ascii=False
    )
    return hashlib.blake2b(told.encode() + rules, digest_size=16).hexdigest()


@connector.files(entities=("messages", "candidates", "applications"), fingerprint=fingerprint_reading)
def read_mail(run: Run, file: SourceFile, notes: FileNotes) -> Iterator[Part]:
    """Parts for every 2,000 messages. Raises FileRefused where the file is no mail, SettingsError for the rules."""
    settings: MailSettings = run.settings
    own = _own_side(settings)
    log = recognise_log(file.path)
    if log is not None:
        notes.facts["format"] = log
        yield from read_log(file.path, log, own, file.extracted_at, settings.load, notes)
        return
    questions = _ask(run)
    mails = MailFile(own, settings.load, run.timezone, labels_count=own is None)
    if is_item(file.path):
        notes.facts["format"] = "Outlook item"
        messages = iter((read_item(file.path),))
    else:
        notes.facts["format"] = shape = recognise_mail(file.path)
        messages = read_messages(file.path, shape)
    readings = read_in_order(messages, questions, file.path.stat().st_size)
    while batch := list(islice(readings, BATCH)):
        yield from mails.make_parts(batch)
    _note(mails, own, notes)


@connector.feed
def mailbox(run: Run) -> Iterator[tuple[Part, str]]:
    """What came to the IMAP mailbox since the cursor. Raises SourceError where the server does not let us in."""
    settings: MailSettings = run.settings
    if settings.imap is None:
        return
    own = _own_side(settings)
    if own is None and "@" in settings.imap.user:
        address = settings.imap.user.lower()
        domain = address.rpartition("@")[2]
        # Of a provider that many strangers share, the address alone is ours.
        own = OwnSide(frozenset({address}), frozenset() if domain in SHARED_DOMAINS else frozenset({domain}))
    mails = MailFile(own, "delta", run.timezone, labels_count=own is None)
    questions = _ask(run)
    for raws, cursor in read_mailbox(settings.imap, run.since):
        for part in mails.make_parts(read_mails(raws, questions)):
            yield part, cursor


def _own_side(settings: MailSettings) -> OwnSide | None:
    given = OwnSide(frozenset(settings.own_addresses), frozenset(settings.own_domains))
    return given if given.addresses or given.domains else None


def _ask(run: Run) -> Questions:
    settings: MailSettings = run.settings
    return Questions(
        rules=load_rules(None if settings.rules is None else run.home / settings.rules),
        relay=compile_patterns(run.relay_url_patterns),
        application_id_header=settings.application_id_header,
        application_id_pattern=settings.application_id_pattern,
    )


def _note(mails: MailFile, given: OwnSide | None, notes: FileNotes) -> None:
    if given is None:
        own = mails.own or OwnSide(is_sure=False)
        side = ", ".join(sorted(own.addresses | own.domains)) or "unknown"
        notes.facts["own_side"] = f"{side} ({'found' if own.is_sure else 'guessed'}; own_domains would say)"
    notes.facts["messages"] = str(mails.messages)
    if mails.notices:
        notes.facts["applications_told"] = str(mails.notices)
    if mails.nameless_notices:
        notes.facts["notices_without_applicant"] = str(mails.nameless_notices)
    if mails.drafts:
        notes.facts["drafts_left_out"] = str(mails.drafts)
    if mails.redated:
        count = f"{mails.redated} of {mails.messages}"
        notes.warnings.append(f"{count} messages have no readable Date: the time of receipt was taken")
