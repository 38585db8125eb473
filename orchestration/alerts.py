"""A message to where people look, when a run did not end well. It names sources and numbers, never a row or a file."""

from __future__ import annotations

import requests

from connectors.settings import Home
from orchestration.session import Session

TIMEOUT_SECONDS = 10


def send_alert(session: Session) -> None:
    """POST {"text": …} to the webhook of `alerts`, where one is set and there is something to say. What goes wrong
    with it is said and logged: a run that ended well does not fail because a chat is down."""
    alerts = session.home.alerts
    if alerts is None:
        return
    text = write_alert(session, with_warnings=alerts.level == "warning")
    if text is None:
        return
    try:
        answer = requests.post(alerts.webhook, json={"text": text}, timeout=TIMEOUT_SECONDS, allow_redirects=False)
        problem = None if answer.ok and not answer.is_redirect else f"it answered {answer.status_code}"
    except requests.RequestException as error:
        problem = type(error).__name__  # its text holds the URL, which is a secret
    if problem is not None:
        session.reporter.say(f"the alert could not be sent: {problem}")


def write_alert(session: Session, *, with_warnings: bool) -> str | None:
    """What to say of a run; None where there is nothing."""
    failed = session.status != "published"
    lines: list[str] = []
    for name, report in sorted(session.sources.items()):
        told = []
        if report.failure is not None:
            told.append("failed")
        if report.rows_quarantined:
            told.append(f"{report.rows_quarantined:,} rows refused")
        if report.warnings:
            told.append(f"{len(report.warnings)} warnings")
        if told:
            lines.append(f"{name}: {', '.join(told)}")
    warned = sum(check.status == "warn" for check in session.checks)
    if warned:
        lines.append(f"{warned} checks warned")
    if not failed and not (with_warnings and lines):
        return None
    head = f"{session.home.company.name}: the run {'failed' if failed else 'was published with warnings'}"
    reason = [session.message] if failed and session.message else []
    return "\n".join([head, *reason, *lines, _advise(session.home, failed)])


def _advise(home: Home, failed: bool) -> str:
    return "the marts published before stay as they were → tsunagu status" if failed else "→ tsunagu status"
