"""HTML of a mail → the text and the links its reader sees, without what it quotes."""

from __future__ import annotations

import html
import re

TOKEN = re.compile(r"<!--.*?(?:-->|\Z)|<(/?)([A-Za-z][\w:-]*)((?:[^<>\"']|\"[^<\"]*\"|'[^<']*')*+)>|<[!?][^<>]*>", re.S)
UNSEEN = frozenset({"script", "style", "head", "title", "template"})
BREAKS = frozenset(
    {"br", "p", "div", "tr", "li", "ul", "ol", "table", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "pre", "section"}
    | {"article", "header", "footer", "center", "address", "dt", "dd", "dl", "blockquote", "tbody", "body"}
)
VOID = frozenset({"br", "hr", "img", "input", "meta", "link", "col", "wbr", "area", "base"})
QUOTE = re.compile(
    r"gmail_quote|gmail_extra|yahoo_quoted|moz-cite-prefix|protonmail_quote|zmail_extra|OutlookMessageHeader"
)
# What follows these up to the end is the answered mail: Outlook puts it beside the marker, not inside.
QUOTE_TO_END = re.compile(r"[\"'\s](?:x_)?(?:divRplyFwdMsg|appendonsend|mail-editor-reference-message-container)\b")
HREF = re.compile(r"\bhref\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s>\"']+))", re.I)
BLANKS_INSIDE = re.compile(r"[ \t]{2,}")
BLANKS = re.compile(r"[ \t\r\n\f]+")


def read_html(source: str) -> tuple[str, list[str]]:
    """The text that is not quoted, line by line, and the link targets in it, both with entities resolved."""
    pieces: list[str] = []
    links: list[str] = []
    quote_tag, depth = "", 0
    unseen = ""
    end = 0
    for token in TOKEN.finditer(source):
        if not depth and not unseen and token.start() > end:
            pieces.append(BLANKS.sub(" ", source[end : token.start()]))
        end = token.end()
        name = token.group(2)
        if name is None:
            continue
        name = name.lower()
        closes = bool(token.group(1))
        if unseen:
            # <body> ends a head that nobody closed.
            if (closes and name == unseen) or (name == "body" and unseen == "head"):
                unseen = ""
            continue
        attributes = token.group(3)
        if depth:
            if name == quote_tag and not attributes.endswith("/"):
                depth += -1 if closes else 1
            continue
        if not closes:
            if attributes and QUOTE_TO_END.search(attributes):
                end = len(source)
                break
            if name not in VOID and (name == "blockquote" or (attributes and QUOTE.search(attributes))):
                quote_tag, depth = name, 1
                pieces.append("\n")
                continue
            if name in UNSEEN and not attributes.endswith("/"):
                unseen = name
                continue
            if name == "a" and attributes and (href := HREF.search(attributes)) is not None:
                links.append(html.unescape(next(group for group in href.groups() if group is not None)))
        pieces.append("\n" if name in BREAKS else " " if name in ("td", "th") else "")
    if not depth and not unseen:
        pieces.append(BLANKS.sub(" ", source[end:]))
    text = BLANKS_INSIDE.sub(" ", html.unescape("".join(pieces)).replace("\xa0", " "))
    return "\n".join(line.strip() for line in text.split("\n")), links
