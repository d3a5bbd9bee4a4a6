"""The command line, `interlock`. One module for each command; `main` mounts them.

A command module imports what it needs when it runs, so that `interlock --help` answers at once.
`common` holds the formats and exit codes that all share, `generate` writes the generated pages.
"""
