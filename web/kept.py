"""What was typed when it took signing in to send it: kept for the way back."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from ledger.session import Sessions, Unreachable
from web.addresses import url
from web.forms import Form
from web.language import language_of
from web.limits import limited
from web.pages import redirect
from web.visitor import visitor_of

FIELD = "kept"
"""In the query of the page that shows the form again, and hidden in the form itself."""


def sign_in_and_return(
    request: Request, form: Form, name: str, /, **params: Any
) -> Response:
    """Keep a form, and ask its sender to sign in.

    The way back leads to the page called `name`, which shows the form as it was with
    `brought_back`. Nothing of what was typed is in any address.
    """
    limited(request, "kept form", limit=20, per=timedelta(hours=1))
    sent = (field for field in form.values if field != FIELD and "\0" not in field)
    typed = {field: form[field] for field in sent}
    token = _sessions(request).keep_typed(typed)
    back = url(request, name, **params, **{FIELD: token})
    return redirect(
        request,
        "session.ask",
        next=back,
        notice="What you wrote is kept. Sign in, and you come back to it.",
    )


def brought_back(request: Request) -> Form | None:
    """The form that the visitor had filled in before signing in, if there is one."""
    token = request.query_params.get(FIELD, "")
    if not token or visitor_of(request).person is None:
        return None
    typed = _sessions(request).typed(token)
    if not typed:
        return None
    return Form(language_of(request), **{**typed, FIELD: token})


def arrived(request: Request, form: Form) -> None:
    """Delete what was kept of a form that has now been recorded.

    If the database goes away just then, it is deleted when it is too old.
    """
    if form[FIELD]:
        with suppress(Unreachable):
            _sessions(request).forget_typed(form[FIELD])


def _sessions(request: Request) -> Sessions:
    found: Sessions = request.state.sessions
    return found
