"""Which recorded threads are gone through again, and with which prompts."""
