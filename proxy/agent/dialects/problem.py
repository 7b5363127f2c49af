"""A failed turn in the words of OpenAI's errors."""

from driftgate.proxy.agent.asked import Json
from driftgate.proxy.agent.steps import TurnError
from driftgate.proxy.errors import Fault

_TOO_MANY = 429
# codes of a `response.failed` that clients tell apart; all others are a server_error to them
_CONTEXT = "context_length_exceeded"


def error_object(error: TurnError) -> Json:
    """An error answer's body: what, and whose fault it is."""
    client = error.fault is Fault.CLIENT
    told = {
        "message": error.message,
        "type": "invalid_request_error" if client else "server_error",
        "param": None,
        "code": error.code,
        "driftgate": {"fault": error.fault.value},
    }
    return {"error": told}


def response_error(error: TurnError) -> Json:
    """The error of a `response.failed`: a code of OpenAI's list, and our own beside it."""
    code = "invalid_prompt" if error.fault is Fault.CLIENT else "server_error"
    if error.code == _CONTEXT:
        code = _CONTEXT
    elif error.status == _TOO_MANY:
        code = "rate_limit_exceeded"
    ours = {"fault": error.fault.value, "code": error.code}
    return {"code": code, "message": error.message, "driftgate": ours}
