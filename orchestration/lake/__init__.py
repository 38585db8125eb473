"""The change log and the facts that the models read, as an immutable Parquet lake that any engine reads.

`manifest.py` says what a lake holds and how a reader finds it, `export.py` writes it.
"""
