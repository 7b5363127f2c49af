"""What two answers to the same question have in common, aspect by aspect, with reasons. Pure."""
