"""Say it so that the server understands: requests and answers from one dialect to another. Pure."""
