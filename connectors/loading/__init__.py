"""How load.py appends to the raw tables. From the outside only load.py, inbox.py, ops.py and quarantine.py are used."""
