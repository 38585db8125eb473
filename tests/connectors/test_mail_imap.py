"""An IMAP mailbox read from a real Dovecot that the test starts: new mails only, UIDVALIDITY, clear refusals."""

from __future__ import annotations

import getpass
import imaplib
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
from pydantic import ValidationError

from connectors.core import Run
from connectors.errors import SourceError
from connectors.load import load_source, prepare
from connectors.mailing.imap import ImapSettings, read_mailbox
from connectors.sources.mail import MailSettings, connector
from tests.connectors.formats.raw_mail import write_mail
from tests.connectors.reading_mail import REFUSAL, URL
from tests.ports import find_port

DOVECOT = shutil.which("dovecot") or shutil.which("dovecot", path="/usr/sbin:/usr/local/sbin")
CONFIG = """\
protocols = imap
listen = 127.0.0.1
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/dovecot.log
ssl = no
disable_plaintext_auth = no
default_internal_user = {internal}
default_login_user = {login}
default_internal_group = {group}
first_valid_uid = 1
mail_location = maildir:{folder}/mail
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service anvil {{
  chroot =
}}
passdb {{
  driver = static
  args = password=hidden-word
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/mail
}}
"""


@pytest.fixture(scope="module")
def server() -> Iterator[dict[str, Any]]:
    """Settings of a running Dovecot; skips, saying why, where there is none or it does not start."""
    if DOVECOT is None:
        pytest.skip("no Dovecot on this machine: install dovecot-imapd (.ci/run does) to test IMAP")
    # Not below pytest's own folder: that is closed to the mail user, and a socket's path may have 108 characters only.
    folder = Path(tempfile.mkdtemp(prefix="dovecot-"))
    port, is_root = find_port(), os.geteuid() == 0
    # A mail user is never root; without root everything runs as who runs the test.
    uid, gid = (65534, 65534) if is_root else (os.getuid(), os.getgid())
    (folder / "mail").mkdir()
    if is_root:
        folder.chmod(0o755)
        os.chown(folder / "mail", uid, gid)
    names = {"internal": "dovecot", "login": "dovenull", "group": "dovecot"} if is_root else {}
    names = names or {"internal": getpass.getuser(), "login": getpass.getuser(), "group": str(os.getgid())}
    config = folder / "dovecot.conf"
    config.write_text(CONFIG.format(folder=folder, port=port, uid=uid, gid=gid, **names), encoding="utf-8")
    daemon = subprocess.Popen([DOVECOT, "-F", "-c", str(config)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        for _ in range(100):
            try:
                imaplib.IMAP4("127.0.0.1", port, timeout=5).logout()
                break
            except (OSError, imaplib.IMAP4.error):
                if daemon.poll() is not None:
                    break
                time.sleep(0.1)
        else:
            daemon.terminate()
        if daemon.poll() is not None:
            told = daemon.communicate()[0].decode("utf-8", "replace")
            log = folder / "dovecot.log"
            pytest.skip(f"Dovecot does not start here: {told} {log.read_text('utf-8') if log.exists() else ''}"[:2000])
        yield {
            "host": "127.0.0.1",
            "port": port,
            "security": "none",
            "user": "hr@example.co.jp",
            "password": "hidden-word",
        }
    finally:
        daemon.terminate()
        daemon.wait(20)
        shutil.rmtree(folder)


def append(server: dict[str, Any], mailbox: str, *mails: bytes) -> None:
    with imaplib.IMAP4(server["host"], server["port"], timeout=20) as client:
        client.login(server["user"], server["password"])
        client.create(mailbox)
        for mail in mails:
            assert client.append(mailbox, "", "", mail)[0] == "OK"  # type: ignore[arg-type]


def mail(number: int) -> bytes:
    return write_mail(REFUSAL + URL, To=f"c{number}@example.com", Message_ID=f"<{number}@example.co.jp>")


def load(connection: duckdb.DuckDBPyConnection, server: dict[str, Any], mailbox: str, **settings: Any) -> int:
    imap = ImapSettings.model_validate(server | {"mailbox": mailbox})
    run = Run("sent", MailSettings(imap=imap, **settings), Path(), relay_url_patterns=("https://careerrelay.jp/?c=*",))
    report = load_source(connection, connector, run)
    return report.streams["messages"].rows_in if "messages" in report.streams else 0


def test_a_mailbox_is_read_once_and_then_only_what_is_new(server: dict[str, Any]) -> None:
    append(server, "Sent", *map(mail, range(1, 46)))
    with duckdb.connect() as connection:
        prepare(connection)
        assert load(connection, server, "Sent") == 45
        assert load(connection, server, "Sent") == 0
        append(server, "Sent", mail(46), mail(47))
        assert load(connection, server, "Sent") == 2
        rows = connection.execute(
            "select direction, kind, relay_token, count(*), max(_row_number) from raw_sent.messages group by all"
        ).fetchall()
        assert rows == [("outbound", "rejection", "Ab12", 47, 47)]
        (cursor,) = connection.execute("select cursor from ops.cursors where stream = 'mailbox'").fetchall()
        assert cursor[0].endswith(":47")
        secret = connection.execute("select string_agg(facts || coalesce(reason, '')) from ops.files").fetchall()
        assert "hidden-word" not in str(secret)


def test_a_new_uidvalidity_reads_all_again_and_adds_nothing_twice(server: dict[str, Any]) -> None:
    append(server, "Again", mail(1), mail(2))
    with duckdb.connect() as connection:
        prepare(connection)
        assert load(connection, server, "Again") == 2
        with imaplib.IMAP4(server["host"], server["port"], timeout=20) as client:
            client.login(server["user"], server["password"])
            assert client.delete("Again")[0] == "OK"
        time.sleep(1.1)  # Dovecot's UIDVALIDITY is the second in which a mailbox is made
        append(server, "Again", mail(2), mail(3))
        assert load(connection, server, "Again") == 2
        rows = connection.execute("select message_id from raw_sent.messages order by 1").fetchall()
        assert [row[0] for row in rows] == ["1@example.co.jp", "2@example.co.jp", "3@example.co.jp"]


def test_a_mail_that_is_refused_waits_in_quarantine_until_all_is_read_again(server: dict[str, Any]) -> None:
    undated = mail(2).replace(b"Date:", b"X-Other:")
    append(server, "Odd", mail(1), undated)
    lines = "select row_number, reason, status from ops.quarantine"
    with duckdb.connect() as connection:
        prepare(connection)
        assert load(connection, server, "Odd") == 2
        ((row, reason, status),) = connection.execute(lines).fetchall()
        assert (row, status) == (2, "open") and "date" in reason
        append(server, "Odd", mail(3))
        assert load(connection, server, "Odd") == 1
        assert connection.execute(lines).fetchall() == [(2, reason, "open")]
        assert connection.execute("select sum(rows_quarantined) from ops.loads").fetchall() == [(1,)]


def test_nothing_on_the_server_changes(server: dict[str, Any]) -> None:
    append(server, "Unseen", mail(1))
    list(read_mailbox(ImapSettings.model_validate(server | {"mailbox": "Unseen"}), None))
    with imaplib.IMAP4(server["host"], server["port"], timeout=20) as client:
        client.login(server["user"], server["password"])
        client.select("Unseen", readonly=True)
        assert client.search(None, "UNSEEN")[1] == [b"1"]


def test_a_japanese_mailbox_is_found_by_its_name(server: dict[str, Any]) -> None:
    append(server, '"&kAFP4W4IMH8-"', mail(1))
    batches = list(read_mailbox(ImapSettings.model_validate(server | {"mailbox": "送信済み"}), None))
    assert [len(mails) for mails, _ in batches] == [1]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"password": "other-word"}, "refuses the login"),
        ({"mailbox": "Nowhere"}, "no mailbox Nowhere"),
        ({"port": 1}, "no IMAP server answers"),
    ],
)
def test_a_refusal_says_what_to_mend_and_no_secret(server: dict[str, Any], wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(SourceError, match=message) as refusal:
        list(read_mailbox(ImapSettings.model_validate(server | wrong), None))
    assert refusal.value.mend and "word" not in str(refusal.value).replace("password", "")


def test_settings_name_files_or_a_mailbox_and_show_no_password() -> None:
    imap = {"host": "imap.example.com", "user": "hr", "password": "hidden-word"}
    assert "hidden-word" not in repr(MailSettings.model_validate({"imap": imap}))
    for wrong in ({}, {"path": "inbox", "imap": imap}, {"imap": imap, "load": "full"}):
        with pytest.raises(ValidationError):
            MailSettings.model_validate(wrong)
