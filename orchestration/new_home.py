"""`tsunagu init`: a new home with a tsunagu.yml that explains itself."""

from __future__ import annotations

from pathlib import Path

from connectors.errors import UsageError
from connectors.settings import SETTINGS_FILE

TEMPLATE = """\
# One company's recruiting data. Every key is explained here; a wrong one is told with its line.
company:
  name: 株式会社サンプル            # shown in reports
  timezone: Asia/Tokyo              # times without an offset are in this zone; months are cut in it
  fiscal_year_start: 4              # first month of the fiscal year

# Where the data comes from. The name on the left becomes the schema raw_<name> and the `source` of every row.
sources:
  # Files whose names are entities (applications.csv, stage_events.csv …). `tsunagu template` writes an empty workbook.
  template: {connector: table, path: inbox/template}
  # An ATS export: dropped as it is, its format found by its header. `tsunagu inspect FILE` shows how it is read.
  ats: {connector: table, path: inbox/ats}
  # A hand-kept sheet. load: full means each file is the whole list, so a row that vanished is gone.
  costs: {connector: table, path: inbox/costs, load: delta}
  # Sent and received mail: .mbox files or folders of .eml. Bodies are read, never stored.
  recruit_mail: {connector: mail, path: inbox/mail}

# The career relay's contract: what marks our URL in a rejection mail (* = the token), and how many referrals earn a
# free hire slot. A later entry replaces an earlier one from its date on.
# relay:
#   - {valid_from: 2025-04-01, url_patterns: ["https://relay.example.com/?c=*"], referrals_per_slot: 10}

# What agencies take and give back, so that a hire's fee and a leaver's refund are estimated until the invoice comes.
# agency: as applications name it, or a channel. The fee is of the offer's annual salary. valid_from: first day of work.
# agencies:
#   - {agency: サンプルエージェント, valid_from: 2025-04-01, fee_rate: 0.35, minimum_fee: 800000,
#      refund_steps: [{within_days: 30, refund_rate: 0.8}, {within_days: 90, refund_rate: 0.5}],
#      fee_excludes: [new_graduate], refund_excludes: [contract_end, transfer, death]}

# Your own words for stages, channels and reasons: a CSV with the header vocabulary,label,key
# labels: labels.csv

# From which probability on two records are one person, and from which on a pair is shown by tsunagu person review.
# weights: what a level of agreement says, m of one person's records, u of two persons'; tsunagu person show names them.
# identity: {link_probability: 0.95, review_probability: 0.3,
#            weights: {phone: {the phone number: {m: 0.65, u: 0.000002}}}}

# How many days after an application ended its applicant is erased, by how it ended; without it: never. The daily run
# erases who is due; `tsunagu retention --dry-run` says how many.
# retention: {rejected: 365, withdrawn: 365, offer_declined: 365, hired: never}

# May the agency's registrations be matched to applicants? Where not, the agency's list alone counts.
# consent: {match_agency_list: true}

# Where to say that a run failed; with level: warning also what it warned of. Slack, Teams and Google Chat take it.
# alerts: {webhook: "${ALERT_WEBHOOK}", level: warning}
# How many days may pass without news of a source before the run warns.
# freshness: {ats: 7, costs: 40}

# What DuckDB may take of this machine. Without it: 80 % of the memory, every core.
# warehouse: {memory_limit: 4GB, threads: 2}

# Where Dagster keeps its history: without it in this home. A scheduled run that takes longer is ended.
# dagster: {storage: "${DAGSTER_STORAGE}", max_run_hours: 6}   # postgresql://USER:PASSWORD@HOST:5432/DATABASE

# Where every run exports the change log to as Parquet, for Spark and other engines (docs/spark.md).
# lake: {folder: lake}

# How many earlier published files stay in versions/, for tsunagu publish --rollback; each is as large as marts.duckdb.
# publish: {keep: 3}
# engine: spark builds the marts on Apache Spark: this machine's cores, or a standalone cluster (docs/spark.md).
# publish: {engine: spark}
# spark: {master: "local[*]", memory: 2g}   # spark://HOST:7077 | sc://HOST:15002
"""

FOLDERS = ("inbox/template", "inbox/ats", "inbox/costs", "inbox/mail", "profiles", "logs")
GITIGNORE = "# Personal data and what can be made again\ninbox/\n*.duckdb*\nlogs/\n.tsunagu/\n.env\n*.key\n"


def make_home(folder: Path) -> list[str]:
    """Write tsunagu.yml, the inbox folders and a .gitignore. Returns lines that say what to do next.

    Raises UsageError where `folder` already is a home: nothing is ever overwritten.
    """
    settings = folder / SETTINGS_FILE
    if settings.exists():
        raise UsageError("is a home already", where=str(settings), mend=f"tsunagu run --home {folder}")
    for name in FOLDERS:
        (folder / name).mkdir(parents=True, exist_ok=True)
    settings.write_text(TEMPLATE, encoding="utf-8")
    ignore = folder / ".gitignore"
    if not ignore.exists():
        ignore.write_text(GITIGNORE, encoding="utf-8")
    return [
        f"made {settings}",
        "1. set the company's name and the sources in it",
        f"2. drop files into {folder / 'inbox'}; tsunagu inspect FILE shows how one would be read",
        f"3. tsunagu run --home {folder}",
    ]
