"""Reading files with positions, and the one way to report what is wrong with them."""

from interlock.files.digest import digest_of
from interlock.files.faults import BadInputError, Fault, Faults, InterlockError, Place, nearest
from interlock.files.yaml import Node, read_yaml

__all__ = [
    "BadInputError",
    "Fault",
    "Faults",
    "InterlockError",
    "Node",
    "Place",
    "digest_of",
    "nearest",
    "read_yaml",
]
