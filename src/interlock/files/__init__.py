"""Reading files with positions, and the one way to report what is wrong with them."""

from interlock.files.digest import digest_of
from interlock.files.faults import BadInputError, Fault, Faults, InterlockError, Place, nearest
from interlock.files.plain import node_of, plain_of
from interlock.files.yaml import Node, parse_yaml, read_yaml

__all__ = [
    "BadInputError",
    "Fault",
    "Faults",
    "InterlockError",
    "Node",
    "Place",
    "digest_of",
    "nearest",
    "node_of",
    "parse_yaml",
    "plain_of",
    "read_yaml",
]
