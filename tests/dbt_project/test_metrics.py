"""The metrics give the marts' own numbers: every definition, turned into SQL as MetricFlow does, on the sample's marts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import Any

import duckdb
import pytest
import yaml

from tests.conftest import ROOT

DEFINED = yaml.safe_load((ROOT / "dbt_project/models/semantic/metrics.yml").read_text(encoding="utf-8"))
METRICS = {metric["name"]: metric for metric in DEFINED["metrics"]}
MEASURES = {
    measure["name"]: (model, measure) for model in DEFINED["semantic_models"] for measure in model["measures"]
}
Ask = Callable[[str], list[tuple[Any, ...]]]


@pytest.fixture(scope="module")
def ask(sample: Path) -> Iterator[Ask]:
    with duckdb.connect(str(sample / "marts.duckdb"), read_only=True) as marts:
        yield lambda query: marts.execute(query).fetchall()


def table_of(model: dict[str, Any]) -> str:
    return model["model"].removeprefix("ref('").removesuffix("')")


def simple(ask: Ask, name: str) -> Any:
    model, measure = MEASURES[name]
    window = measure.get("non_additive_dimension")
    where = ""
    if window is not None:
        column = next(d["expr"] for d in model["dimensions"] if d["name"] == window["name"])
        where = f" where {column} = (select {window['window_choice']}({column}) from {table_of(model)})"
    return ask(f"select {measure['agg']}({measure['expr']}) from {table_of(model)}{where}")[0][0]


def value(ask: Ask, name: str) -> Any:
    metric = METRICS[name]
    parameters = metric["type_params"]
    if metric["type"] == "simple":
        return simple(ask, parameters["measure"])
    return value(ask, parameters["numerator"]) / value(ask, parameters["denominator"])


# The second method: the same number from another published table, or counted row by row.
SAME = {
    "applications": "select sum(n_applications) from mart_channel_total",
    "hires": "select sum(n_hired) from mart_channel_total",
    "hire_rate": "select sum(n_hired) / sum(n_applications) from mart_channel_total",
    "mature_hire_rate": """
        select count(*) filter (where outcome = 'hired') / count(*) filter (where outcome <> 'open')
        from fct_applications where not is_excluded""",
    "cost_per_hire": "select sum(cost_net) / sum(n_hired) from mart_channel_total",
    "relay_coverage": "select sum(n_url_present) / sum(n_eligible) from mart_relay_funnel",
    "acceptance_rate": "select count(*) filter (where status = 'accepted') / count(*) from fct_offers where is_sent",
    "quota": "select available from mart_quota_balance order by balance_date desc limit 1",
    "actual_pass_rate": """
        select count(*) filter (where fate = 'advanced') / count(*)
        from fct_application_stages where fate in ('advanced', 'rejected', 'withdrawn')""",
}


@pytest.mark.parametrize("name", SAME)
def test_a_metric_gives_the_marts_own_number(name: str, ask: Ask) -> None:
    assert value(ask, name) == pytest.approx(ask(SAME[name])[0][0], rel=1e-12)


def test_time_to_hire_is_the_median_of_hired_applications(ask: Ask) -> None:
    days = ask("select days_to_hire from fct_applications where not is_excluded and days_to_hire is not null")
    assert value(ask, "time_to_hire") == pytest.approx(median(float(day) for (day,) in days))


def test_retention_counts_those_who_left_or_were_watched_long_enough(ask: Ask) -> None:
    rows = ask("select days, is_event from fct_retention_subjects")
    left = sum(1 for days, is_event in rows if is_event and days <= 180)
    stayed = sum(1 for days, is_event in rows if days >= 180 and not (is_event and days <= 180))
    assert value(ask, "retention_180d_observed") == pytest.approx(stayed / (stayed + left))


@pytest.mark.parametrize("name", METRICS)
def test_every_metric_can_be_computed(name: str, ask: Ask) -> None:
    assert value(ask, name) is not None


def test_every_dimension_is_a_column_of_its_published_table(ask: Ask) -> None:
    for model in DEFINED["semantic_models"]:
        for dimension in model["dimensions"]:
            ask(f"select {dimension.get('expr', dimension['name'])} from {table_of(model)} limit 1")
