"""The compiled part of the lab: random streams, account arithmetic, the step."""
