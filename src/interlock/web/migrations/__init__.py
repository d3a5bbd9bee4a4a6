"""How the tables of the console are made: saved views of lists."""
