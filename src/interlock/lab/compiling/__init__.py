"""A scenario and the law made into flat arrays: masks, legs, accounts, processes."""
