"""Swedish prose for made-up consultations: unlike at every place, the same by seed."""

from __future__ import annotations

from itertools import product
from math import log
from random import Random

FIRST = (
    "arbets",
    "bemannings",
    "bostads",
    "budget",
    "byggnads",
    "digitaliserings",
    "distrikts",
    "enhets",
    "forsknings",
    "fortbildnings",
    "förvaltnings",
    "glesbygds",
    "handlednings",
    "hälso",
    "introduktions",
    "journal",
    "kommun",
    "kompetens",
    "kunskaps",
    "kvalitets",
    "ledar",
    "läkar",
    "miljö",
    "målgrupps",
    "natur",
    "närvårds",
    "omsorgs",
    "patient",
    "personal",
    "primärvårds",
    "rehabiliterings",
    "resurs",
    "samverkans",
    "sjukhus",
    "specialist",
    "språk",
    "statistik",
    "studie",
    "trygghets",
    "uppföljnings",
    "utbildnings",
    "vård",
    "verksamhets",
    "välfärds",
    "ålders",
    "äldre",
)
LAST = (
    "ansvaret",
    "avtalet",
    "behovet",
    "beslutet",
    "delen",
    "förslaget",
    "försörjningen",
    "frågan",
    "gruppen",
    "insatsen",
    "kedjan",
    "kraven",
    "ledningen",
    "läget",
    "mötet",
    "målet",
    "nivån",
    "omfattningen",
    "organisationen",
    "planen",
    "planeringen",
    "platserna",
    "processen",
    "programmet",
    "rollen",
    "rådet",
    "rätten",
    "strategin",
    "stödet",
    "systemet",
    "tiden",
    "tillgången",
    "tjänsten",
    "trycket",
    "underlaget",
    "utvecklingen",
    "vägen",
    "villkoren",
    "ytan",
    "året",
)
COMPOUNDS = tuple(first + last for last, first in product(LAST, FIRST))
"""From the commonest to the rarest."""

OPENINGS = (
    "Vi anser att",
    "Det är bra att",
    "Regionen menar att",
    "Det framgår inte hur",
    "Enligt vår erfarenhet innebär det att",
    "Förslaget förutsätter att",
    "Vi saknar en beskrivning av hur",
    "Under förra året visade det sig att",
    "För små kommuner betyder det att",
    "I praktiken kommer det att visa sig att",
    "Det bör anges att",
    "Vi delar bedömningen att",
    "Ett återkommande problem är att",
    "Förbundet vill framhålla att",
)
VERBS = (
    "stärker",
    "förutsätter",
    "påverkar",
    "begränsas av",
    "behöver följa",
    "ersätter",
    "bör samordnas med",
    "hänger ihop med",
    "saknar stöd i",
    "finansieras genom",
    "kan inte skiljas från",
    "ska redovisas tillsammans med",
)
ENDINGS = (
    "",
    "redan i år",
    "i hela landet",
    "på lika villkor",
    "över tid",
    "utan att personalen tillfrågas",
    "i samråd med de fackliga organisationerna",
    "senast vid halvårsskiftet",
    "oavsett var i landet patienten bor",
    "inom ramen för nuvarande uppdrag",
    "när handledare saknas",
    "enligt vad som sägs i bilagan",
)
SENTENCES = 20_000
MEDIAN_WORDS = 40
"""Of a comment; lengths are log-normal, so that some are ten times as long."""
SPREAD = 0.9
LONGEST_WORDS = 2_000


class Prose:
    """Sentences made once, and texts put together from them."""

    def __init__(self, seed: str) -> None:
        made = Random(f"{seed} sentences")  # noqa: S311
        self._sentences = [_sentence(made) for _ in range(SENTENCES)]
        self._words = [sentence.count(" ") + 1 for sentence in self._sentences]

    def text(self, chance: Random, words: float) -> str:
        """Whole sentences, until there are so many words."""
        found = []
        while words > 0:
            at = int(chance.random() * SENTENCES)
            found.append(self._sentences[at])
            words -= self._words[at]
        return " ".join(found)

    def comment(self, chance: Random) -> str:
        """Something that somebody says, as long as people are."""
        words = chance.lognormvariate(log(MEDIAN_WORDS), SPREAD)
        # A text of whole sentences is half a sentence longer than was asked for.
        return self.text(chance, min(max(words - 6, 1), LONGEST_WORDS))


def _sentence(chance: Random) -> str:
    return (
        f"{chance.choice(OPENINGS)} {_noun(chance)} {chance.choice(VERBS)}"
        f" {_noun(chance)} och {_noun(chance)} {chance.choice(ENDINGS)}".rstrip()
        + "."
    )


def _noun(chance: Random) -> str:
    """A word; a few are in everything and most are rare, as in any language."""
    return COMPOUNDS[int(len(COMPOUNDS) ** chance.random()) - 1]


def title(chance: Random) -> str:
    """A heading or the name of something, of a few words."""
    return f"{_noun(chance)} och {_noun(chance)}".capitalize()
