"""From a client's request to what a turn is asked, and from its steps to the client's answer. Pure."""
