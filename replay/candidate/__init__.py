"""What answers instead: a candidate's file, and recorded requests as they are sent to it."""
