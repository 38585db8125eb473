"""Parts of an erasure: whom it concerns (subject), how the person may be written (traces), the warehouse without her
(stored), and what a killed one leaves (leftovers). orchestration/erase.py puts them in order."""
