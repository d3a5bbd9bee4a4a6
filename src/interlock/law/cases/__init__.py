"""Cases: what is asked of the law, checked against the vocabulary before anything is decided.

reader      `CaseReader`: one JSON object of facts -> a case
licences, values, ownership: the parts of a case
intake      a table of facts, column by column
tables      CSV and Parquet files of cases
schema      the JSON Schema of a case
"""
