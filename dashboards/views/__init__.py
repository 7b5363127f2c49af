"""What the pages overview, sessions and contracts show, made of rows by pure functions."""
