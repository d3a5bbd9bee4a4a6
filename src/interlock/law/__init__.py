"""Law as data: regime files read, checked, compiled for a day, and asked.

library     `load_regimes(paths)`, then `library.law(at, known)`: the way in
cases       one case, its facts read and checked against the vocabulary
decide      findings, verdicts, what would open a gate, the greatest quantity, the legs
bulk        the same verdicts over frames of many rows
show, diff  the law of a day in legal words, and what changed between two
redact      what a viewer may see of a decision
casetests   the cases beside a regime file, run
vocabulary  every name that an expression may use; schema: the form of a file, for editors

Nothing is imported here: a caller pays only for the module that it uses.
"""
