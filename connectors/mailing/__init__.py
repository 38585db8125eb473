"""What becomes of mails, mail logs and Outlook items: rows of messages, candidates and applications."""
