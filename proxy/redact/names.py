"""Which headers and query parameters carry secrets, told by their names."""

import re

SECRET_HEADERS = frozenset(
    {
        "api-key",
        "authorization",
        "chatgpt-account-id",
        "cookie",
        "proxy-authorization",
        "set-cookie",
        "x-api-key",
        "x-auth-token",
        "x-goog-api-key",
    }
)
SECRET_PARAMETERS = frozenset(
    {
        "access_token",
        "api_key",
        "apikey",
        "auth",
        "key",
        "password",
        "secret",
        "sig",
        "signature",
        "token",
    }
)
URL_HEADERS = frozenset(
    {"content-location", "location", "referer", "x-forwarded-uri", "x-original-url"}
)
PROTOCOL_HEADER = "sec-websocket-protocol"

# Schemes of RFC 9110 section 11 that stay readable. Only known ones: the first word of a value
# that has no scheme is the secret itself.
SCHEMES = frozenset(
    {
        b"apikey",
        b"aws4-hmac-sha256",
        b"basic",
        b"bearer",
        b"digest",
        b"dpop",
        b"negotiate",
        b"token",
    }
)

# `tokens` counts, as in x-ratelimit-remaining-tokens; `token` is a secret.
_SECRET_WORDS = re.compile(
    r"token(?!s)|secret|passw|credential|authorization|cookie|signature|api[-_]?key"
)

# Browsers cannot send Authorization with a websocket, so keys travel as subprotocol names:
# OpenAI's realtime interface and the Kubernetes API server (its proxies reach model servers too).
SECRET_PROTOCOL = re.compile(
    rb"(?P<name>openai-insecure-api-key\.|base64url\.bearer\.authorization\.k8s\.io\.)"
    rb"(?P<secret>[^\s,]+)"
)


def is_secret_header(name: str) -> bool:
    """Whether the values of this header (lower case) are secrets."""
    return name in SECRET_HEADERS or _SECRET_WORDS.search(name) is not None


def is_secret_parameter(name: str) -> bool:
    """Whether the values of this query parameter (lower case) are secrets."""
    return name in SECRET_PARAMETERS or _SECRET_WORDS.search(name) is not None
