"""A large company in the template's format, written by DuckDB: the same rows for the same size, on every machine."""

from __future__ import annotations

from pathlib import Path

import duckdb

SETTINGS = """\
company: {name: 株式会社ベンチ, timezone: Asia/Tokyo, fiscal_year_start: 4}
sources:
  t: {connector: table, path: inbox}
relay:
  - {valid_from: 2020-04-01, url_patterns: ["https://relay.example.com/?c=*"], referrals_per_slot: 10}
"""
# An application n: when it came, how many stages it entered (half of them three, a hired one all seven), how it ended.
# A third goes back to the document and in again: five stage events an application, on average.
APPLICATIONS = """
create temp table told as
select
    n,
    timestamp '2023-01-01 00:10:00' + to_minutes(n * 1_500_000 // {n} + n % 7) as applied_at,
    3 + 2 * (n % 2) + (n % 6 = 1)::int + (n % 12 = 1)::int as depth,
    depth + if(n % 3 = 0, 2, 0) as entries,
    case when n % 24 = 1 then 'hired' when n % 11 = 0 then 'open' when n % 5 = 0 then 'withdrawn' else 'rejected' end
        as outcome
from range({n}) as numbers (n)
"""
# Every stage takes three days; a terminal application closes three days after the last was entered.
TABLES = {
    "jobs": """
        select
            'J' || n as job_id, '募集' || n as title, '職種' || n % 12 as job_family, '部署' || n % 20 as department,
            'mid_career' as hiring_type, 'open' as status, date '2023-01-01' as opened_date, 3 as openings
        from range(400) as numbers (n)""",
    "candidates": """
        select
            'C' || n as candidate_id, '候補 ' || n as full_name, 'p' || n || '@example.com' as email,
            '090' || lpad(n::varchar, 8, '0') as phone, date '1970-01-01' + (n % 12000)::int as birth_date
        from told where n % 14 <> 13""",
    "applications": """
        select
            'A' || n as application_id, 'C' || if(n % 14 = 13, n - 13, n) as candidate_id, 'J' || n % 400 as job_id,
            ['リクナビNEXT', 'ビズリーチ', '社員紹介', '自社HP', 'Indeed', 'doda', 'Wantedly'][1 + n % 7]
                as channel_label,
            strftime(applied_at, '%Y-%m-%dT%H:%M:%S') as applied_at, outcome,
            if(outcome = 'open', null, strftime(applied_at + to_days((3 * entries)::int), '%Y-%m-%dT%H:%M:%S'))
                as closed_at
        from told""",
    "application_reasons": """
        select
            'A' || n as application_id, 1 as ordinal,
            ['スキル不足', '経験不足', '年収', '他社内定'][1 + n % 4] as reason_label
        from told where outcome in ('rejected', 'withdrawn')""",
    "stage_events": """
        select
            'A' || n as application_id, stage as event_id,
            case
                when stage = depth + 1 then 'document'
                else ['applied', 'document', 'interview_1', 'interview_2', 'interview_final', 'offer', 'accepted'][
                    least(stage, depth)]
            end as stage_label,
            strftime(applied_at + to_days((3 * (stage - 1))::int), '%Y-%m-%dT%H:%M:%S') as entered_at
        from told, lateral unnest(range(1, entries + 1)) as stages (stage)""",
    "employees": """
        select
            'E' || n as employee_id, 1 as spell_no, 'A' || n as application_id,
            (applied_at + to_days(60))::date as hire_date,
            if(n % 72 = 1, (applied_at + to_days(200 + (n % 400)::int))::date, null) as last_date,
            if(n % 72 = 1, 'voluntary', null) as termination_type
        from told where outcome = 'hired'""",
    "channel_costs": """
        select
            'K' || month || '-' || channel as cost_id,
            ['リクナビNEXT', 'ビズリーチ', 'Indeed', 'doda'][1 + channel] as channel_label, 'fixed' as kind,
            (date '2023-01-01' + to_months(month::int))::date as period_start_date,
            (date '2023-01-31' + to_months(month::int))::date as period_end_date, 100000 + 1000 * month as amount
        from range(34) as months (month), range(4) as channels (channel)""",
    "messages": """
        select
            'M' || n as message_id, 'outbound' as direction, 'recruit@example.co.jp' as from_address,
            'p' || if(n % 14 = 13, n - 13, n) || '@example.com' as to_address, '選考結果のご連絡' as subject,
            strftime(applied_at + to_days((3 * entries)::int) + interval 1 hour, '%Y-%m-%dT%H:%M:%S') as sent_at,
            if(outcome = 'rejected', 'rejection', 'other') as kind, if(outcome = 'rejected', 1, 0) as relay_url_present,
            if(outcome = 'rejected', 'tok' || n, null) as relay_token, 'delivered' as delivery,
            'A' || n as application_id
        from told""",
    "relay_registrations": """
        select
            'R' || n as registration_id, 'tok' || n as token,
            strftime(applied_at + to_days((3 * entries + 2)::int), '%Y-%m-%dT%H:%M:%S') as registered_at,
            'valid' as status, strftime(applied_at + to_days((3 * entries + 3)::int), '%Y-%m-%dT%H:%M:%S') as status_at
        from told where outcome = 'rejected' and n % 100 = 2""",
}


def write_company(home: Path, applications: int) -> None:
    """A home with its inbox: `applications` applications, about five times as many stage events, as many messages."""
    (home / "inbox").mkdir(parents=True)
    (home / "tsunagu.yml").write_text(SETTINGS, encoding="utf-8")
    with duckdb.connect() as connection:
        connection.execute(APPLICATIONS.format(n=applications))
        for entity, query in TABLES.items():
            connection.execute(f"copy ({query}) to '{home / 'inbox' / entity}.csv' (header)")
