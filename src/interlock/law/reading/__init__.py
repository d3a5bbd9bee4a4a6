"""From a regime's YAML text to its model; every fault in one pass, each with its place.

regime      the way in: one file, whole
tables      what each part may hold: the one list behind the reader and the editors' schema
facts, items, accounts, dates, numbers, shapes, kinds, names, claims: the parts of a file
schema      the same tables as JSON Schema
"""
