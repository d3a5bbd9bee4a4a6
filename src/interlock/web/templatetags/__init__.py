"""Tags and filters of the pages: words, numbers, days, badges, icons."""
