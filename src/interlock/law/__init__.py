"""Law as data: regime files read, checked, compiled for a day, and asked.

Rooms, in the order in which a file goes through them:

reading     a YAML file -> the model of a regime, every fault with its place
expr        expressions: parsed once into one typed tree, evaluated by case and by column
compiling   the model and a day -> clauses and account plans, names and units checked
cases       one case, or a table of them: facts read and checked against the vocabulary
deciding    clauses and a case -> findings, verdict, what would open it, quantity, legs

Doors:

library     `load_regimes(paths)`, then `library.law(at, known)`: the way in
bulk        the same verdicts over frames of many rows
show, diff  the law of a day in legal words, and what changed between two
casetests   the cases beside a regime file, run
private     a file that fills what a regime does not disclose
vocabulary  every name that an expression may use; model, terms, times, units: what all rooms share

Nothing is imported here: a caller pays only for the module that it uses.
"""
