"""Printed letters: a licence and a decision as tagged PDF, each with a code that anybody can check.

A letter is what the book had recorded at one moment, rebuilt from the audit log, so printing it
again gives the same bytes, and checking its code shows what the book itself says.
"""
