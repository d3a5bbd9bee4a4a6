"""Expressions: a subset of CEL, parsed once into one typed tree, with two evaluators.

parse       text -> syntax, with line and column; by a maintained CEL parser
check       names, types and units -> the typed tree
tree        the tree itself, and unknown as a value
scalar      one case at a time
columns     Polars expressions; each boolean is two columns, can be true and can be false (R6)
"""
