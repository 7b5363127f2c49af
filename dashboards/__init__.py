"""Dashboards: the history for people who would rather look.

Nouns:

site     what is shown: one history, with how it may be reached (`driftgate.dashboards.site`)
page     one address below the site's base: a module of `pages`, its SQL in `queries`, its template
asked    one request for a page, as the page sees it
view     what a template is given: plain values, made from rows by pure functions
guard    who may ask: Host, Origin, token, CSRF (`driftgate.dashboards.guard`)
chart    numbers drawn by the browser, with the same numbers as a table beside them

The pages run in a process of their own (`driftgate.dashboards.process`), which the proxy's workers
relay `/_driftgate/` to. It opens the history for one page at a time and for reading only.
"""
