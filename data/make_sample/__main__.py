"""`python -m data.make_sample`: write data/sample/inbox anew. The same bytes, whenever and wherever."""

from __future__ import annotations

from pathlib import Path
from random import Random

from data.make_sample.exports import write_herp, write_hrhacker
from data.make_sample.ledgers import write_jobs, write_offers, write_reviews
from data.make_sample.mails import to_mbox, write_mails
from data.make_sample.sheets import (
    staff,
    write_costs,
    write_evaluations,
    write_registrations,
    write_roster,
    write_slots,
)
from data.make_sample.story import tell

SEED = 20260930
# The day in a name is the day of the export: it dates the rows wherever and whenever the file is copied.
STAMP = "20260930"


def main(home: Path) -> None:
    story = tell(Random(SEED))
    files = {
        f"herp/応募一覧_{STAMP}.csv": write_herp(Random(SEED + 1), story),
        # Later than the applications' export, which names the same jobs with less.
        f"herp/jobs_{STAMP}_1900.csv": write_jobs(),
        f"hrhacker/応募者一覧_{STAMP}.csv": write_hrhacker(Random(SEED + 2), story),
        f"costs/媒体費用_{STAMP}.xlsx": write_costs(Random(SEED + 3)),
        f"evaluations/面接評価シート_{STAMP}.xlsx": write_evaluations(Random(SEED + 4), story),
        f"roster/社員名簿_{STAMP}.xlsx": write_roster(Random(SEED + 5), story),
        f"mail/送信済み_{STAMP}.mbox": to_mbox(write_mails(Random(SEED + 6), story)),
        f"ledgers/offers_{STAMP}.csv": write_offers(Random(SEED + 8), story),
        f"ledgers/reviews_{STAMP}.csv": write_reviews(Random(SEED + 9), staff(Random(SEED + 5), story)),
        f"relay/登録者リスト_{STAMP}.xlsx": write_registrations(Random(SEED + 7), story),
        f"relay/枠利用リスト_{STAMP}.xlsx": write_slots(story),
    }
    for name, content in files.items():
        path = home / "inbox" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        print(f"{len(content):>9,}  {path.relative_to(home)}")


if __name__ == "__main__":
    main(Path(__file__).resolve().parents[1] / "sample")
