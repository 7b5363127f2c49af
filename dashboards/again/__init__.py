"""One recorded call asked again from its page: what is under way, and how the answers compare."""
