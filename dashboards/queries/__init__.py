"""The SQL of pages, a file each: `NAME.sql` belongs to `pages/NAME.py`. See `driftgate.dashboards.statements`."""
