"""The token, typed: it is exchanged for a cookie."""

from urllib.parse import urlsplit

from aiohttp import web

from driftgate.dashboards.app import admit, login
from driftgate.dashboards.site import BASE, Asked, Route


async def page(asked: Asked) -> web.StreamResponse:
    """Lets in who knows it."""
    fields = await asked.form()
    if not asked.site.guard.is_token(fields.get("token", "").strip()):
        return login(asked, "that token is not right")
    answer = asked.redirect(where(fields.get("there", "")))
    admit(asked.site, answer)
    return answer


def where(there: str) -> str:
    """The path below the base that was asked for first; the start page where it is none of ours."""
    try:
        parts = urlsplit(there)
    except ValueError:  # it is no address at all
        return "/"
    path = parts.path.removeprefix(BASE)
    ours = parts.path.startswith(f"{BASE}/") and not parts.netloc and not parts.scheme
    if not ours or path.startswith("/login"):
        return "/"
    return path + (f"?{parts.query}" if parts.query else "")


ROUTES = (Route("POST", "/login", page),)
