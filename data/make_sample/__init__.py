"""The sample company: an invented food maker with shops, 18 months of recruiting, written once and committed.

`python -m data.make_sample` writes data/sample/inbox anew, the same to the byte: one seed, no clock.
Nobody in it exists; every address is under example.com or example.co.jp, every phone in a range that is not given out.
"""
