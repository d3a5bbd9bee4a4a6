"""The book of record: who asked for what, what was granted, promised, sent, declared, let in."""
