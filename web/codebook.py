"""The codebook of a consultation: the themes that its comments are coded with."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from unicodedata import combining, normalize
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response

from domain.consultation import Consultation
from domain.planning import revise_codebook
from projections.codebook import theme_uses
from projections.consultation import ThemeRow, themes_of
from web.access import clock, consultation_for
from web.forms import Form, posted
from web.language import say_many
from web.pages import page, redirect
from web.settled import settled
from web.visitor import signed_in

MOST = 200
"""Themes that one form takes; people stop finding their way long before."""
SLUG = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True)
class Theme:
    """A theme as it stands in the form; a new one has no key yet."""

    key: str = ""
    title: str = ""
    title_en: str = ""
    description: str = ""

    @property
    def is_blank(self) -> bool:
        """Whether nobody has written anything."""
        return not (self.key or self.title or self.title_en or self.description)


def edit(request: Request, form: Form | None = None) -> Response:
    """The themes with what they are used for, and the form that revises them."""
    with request.state.reads(request.state.moment) as reads:
        consultation = consultation_for(request, reads)
        stored = themes_of(reads, consultation.id)
        uses = theme_uses(reads, consultation.id)
    if form is None:
        themes = [_theme(row) for row in stored] or [Theme()]
        form = _written(request, themes, consultation.edition)
    kept = {theme.key for theme in _themes(form)}
    return page(
        request,
        "planning/themes.html",
        block="form",
        status=form.status,
        consultation=consultation,
        stored=stored,
        numbers=range(_count(form)),
        uses=uses,
        dropped=[row for row in stored if row.key not in kept and uses.get(row.key)],
        is_changed=_themes(form) != [_theme(row) for row in stored],
        form=form,
    )


def _place(at: str) -> int:
    """The row that a button names."""
    return int(at) if at.isdecimal() and len(at) < 5 else 0


@posted(again=edit)
def revise(request: Request, form: Form) -> Response:
    """Save the themes as a new edition; other buttons only rearrange the form."""
    do, _, at = form["do"].partition(" ")
    if do != "save":
        themes = _rearranged(_all_themes(form), do, _place(at))
        return edit(request, _written(request, themes, form["edition"]))
    themes = [theme for theme in _all_themes(form) if not theme.is_blank]
    for number, theme in enumerate(_all_themes(form)):
        if not theme.is_blank and not theme.title:
            form.wrong(f"title-{number}", "Write the theme's title.")
        form.text(f"title-{number}", longest=200)
        form.text(f"description-{number}", longest=2000)
    id: UUID = request.path_params["consultation"]
    current = request.state.log.look(Consultation, id)
    if form["edition"] != str(current.edition):
        form.wrong(
            "edition",
            "Somebody else has saved a new edition meanwhile. Load the page again.",
        )
    _require_sure(request, form, current.themes - {theme.key for theme in themes})
    form.check()
    codebook = [
        {
            "key": theme.key,
            "title": theme.title,
            "title_en": theme.title_en,
            "description": theme.description,
        }
        for theme in _with_keys(themes, current.themes)
    ]
    receipt = revise_codebook(
        request.state.log, id=id, themes=codebook, by=signed_in(request), now=clock()
    )
    settled(request, receipt)
    return redirect(
        request, "codebook.edit", consultation=id, notice="The codebook is saved."
    )


def _require_sure(request: Request, form: Form, dropped: set[str]) -> None:
    """Have somebody say that themes which stand on comments are to go."""
    with request.state.reads(None) as reads:
        uses = theme_uses(reads, request.path_params["consultation"])
    lost = sum(uses.get(key, 0) for key in dropped)
    if lost and not form.ticked("sure"):
        form.errors["sure"] = say_many(
            request,
            "A theme that you remove stands on %(num)s comment. Say that you are sure.",
            "Themes that you remove stand on %(num)s comments. Say that you are sure.",
            lost,
        )


def _theme(row: ThemeRow) -> Theme:
    return Theme(row.key, row.title, row.title_en, row.description)


def _count(form: Form) -> int:
    asked = form["count"]
    return min(int(asked), MOST) if asked.isdecimal() and len(asked) < 5 else 0


def _all_themes(form: Form) -> list[Theme]:
    return [
        Theme(
            form[f"key-{number}"],
            form[f"title-{number}"].strip(),
            form[f"title_en-{number}"].strip(),
            form[f"description-{number}"].replace("\r\n", "\n").strip(),
        )
        for number in range(_count(form))
    ]


def _themes(form: Form) -> list[Theme]:
    return [theme for theme in _all_themes(form) if not theme.is_blank]


def _written(request: Request, themes: Sequence[Theme], edition: object) -> Form:
    """The form with these themes in it, in this order."""
    values: dict[str, object] = {"count": len(themes), "edition": edition}
    for number, theme in enumerate(themes):
        values[f"key-{number}"] = theme.key
        values[f"title-{number}"] = theme.title
        values[f"title_en-{number}"] = theme.title_en
        values[f"description-{number}"] = theme.description
    return Form.blank(request, **values)


def _rearranged(themes: list[Theme], do: str, at: int) -> list[Theme]:
    match do:
        case "add" if len(themes) < MOST:
            themes.append(Theme())
        case "up" if 0 < at < len(themes):
            themes[at - 1], themes[at] = themes[at], themes[at - 1]
        case "down" if at < len(themes) - 1:
            themes[at + 1], themes[at] = themes[at], themes[at + 1]
        case "remove" if at < len(themes):
            del themes[at]
    return themes


def _with_keys(themes: Sequence[Theme], known: set[str]) -> list[Theme]:
    """The themes, each new one with a key made from its title.

    A key that somebody made up in the form is not taken for one that stands.
    """
    taken = {theme.key for theme in themes} & known
    keyed = []
    for theme in themes:
        key = theme.key if theme.key in known else _key(theme.title, taken | known)
        taken.add(key)
        keyed.append(replace(theme, key=key))
    return keyed


def _key(title: str, taken: set[str]) -> str:
    plain = "".join(c for c in normalize("NFKD", title.lower()) if not combining(c))
    stem = SLUG.sub("-", plain)[:40].strip("-") or "tema"
    key, number = stem, 1
    while key in taken:
        number += 1
        key = f"{stem}-{number}"
    return key
