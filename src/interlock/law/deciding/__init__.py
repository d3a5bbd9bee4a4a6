"""One case against the law of a day: the findings, the verdict, and how it would open.

prepared, decide        `Decider`: the law made ready once, then asked case by case
formula, changes, ways  atoms, and the smallest sets of changes that would open a gate
legs, accounts, credits what a case draws, what is available, what a fact adds
rounds                  applications scored and placed together
weights, words, reasons what a finding rests on, and how it is said
verdicts, decision      what comes out, as data
audience, redact        what each viewer may see of it (R11)
"""
