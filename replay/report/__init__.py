"""A decision as people and programs read it: text, HTML, Markdown, JSON, JUnit. Pure."""
