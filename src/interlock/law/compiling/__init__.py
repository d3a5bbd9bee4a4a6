"""From the model of a regime to the law of a day.

checked     names, types and units of every expression, checked once for a file
compiled    what is left when the day is fixed: clauses, account plans, facts
compile     `compile_law(regimes, at, known)`: the versions and values in force, put together
"""
