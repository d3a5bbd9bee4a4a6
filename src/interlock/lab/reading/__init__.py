"""Scenario files read: every fault with its place, or a `Scenario`."""
