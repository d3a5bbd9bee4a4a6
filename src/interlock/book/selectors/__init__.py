"""Reading the book: everything here is narrowed to what the actor may see."""
