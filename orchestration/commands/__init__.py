"""The commands of `tsunagu`, a module a subject; orchestration/cli.py gathers them.

Heavy imports (Dagster, dbt, polars) stand inside the functions that need them: `tsunagu sql` answers in a blink.
"""
