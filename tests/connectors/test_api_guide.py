"""The guide's connector works as it is printed."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from connectors.kit.server import Asked, FakeApi, Reply, serving
from tests.conftest import ROOT
from tests.fakes.loading import ApiHome


def test_the_toy_of_the_guide_loads_its_api_whole_and_then_what_changed(tmp_path: Path) -> None:
    text = (ROOT / "docs" / "api-connector.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    printed: dict[str, Any] = {"__name__": "toy"}
    exec(compile(blocks[0], "guide", "exec", dont_inherit=True), printed)
    applications = [{"id": n, "updated_at": f"2025-06-{n % 28 + 1:02d}T00:00:00Z"} for n in range(120)]

    def answer(asked: Asked) -> Reply:
        if asked.authorization != "Bearer toy-secret":
            return Reply({}, 401)
        if asked.path.endswith("/moves"):
            return Reply({"items": [{"id": f"m{asked.path.split('/')[3]}"}]})
        records = [{"id": "J"}] if asked.path.endswith("/jobs") else applications
        records = [each for each in records if each.get("updated_at", "") >= asked.query.get("updated_since", "")]
        start = int(asked.query.get("offset", 0))
        return Reply({"items": records[start : start + 50]})

    with serving(FakeApi(answer)) as api:
        home = ApiHome(tmp_path, printed["connector"], token="toy-secret", base_url=f"{api.base}/v1")
        counts = {name: told.rows_loaded for name, told in home.load().streams.items()}
        assert counts == {"applications": 120, "moves": 120, "jobs": 1}
        applications[5] |= {"updated_at": "2025-07-01T00:00:00Z", "status": "rejected"}
        api.asked.clear()
        assert home.load().rows_loaded == 1
        moves = [path for path in api.paths() if path.endswith("/moves")]
        assert "/v1/applications/5/moves" in moves and len(moves) < 10
