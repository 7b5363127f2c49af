"""The pages, a module each: ROUTES, what answers them, and how rows become what a template is given."""
