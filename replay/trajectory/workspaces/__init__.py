"""Where a trajectory works: copies of a folder, what a turn left in them, and the check behind it."""
