"""Loading many things at once: order lines from tables, and whole episodes."""
