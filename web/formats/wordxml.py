"""Reading the XML of a Word file by the names of its elements, whatever the dialect."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree.ElementTree import Element


def namespace(root: Element) -> str:
    """The name space of Word's own elements, in braces: it has two dialects."""
    return root.tag.partition("}")[0] + "}"


def local(element: Element) -> str:
    """An element's name without its name space."""
    return element.tag.rpartition("}")[2]


def children(element: Element | None, name: str) -> Iterator[Element]:
    """The children with this name; none of nothing."""
    if element is not None:
        yield from (each for each in element if local(each) == name)


def child(element: Element | None, name: str) -> Element | None:
    """The first child with this name."""
    return next(children(element, name), None)


def attribute(element: Element | None, name: str) -> str | None:
    """The value of an attribute, whatever its name space."""
    if element is None:
        return None
    for key, value in element.items():
        if key.rpartition("}")[2] == name:
            return value
    return None


def value(element: Element | None, *path: str) -> str | None:
    """The `val` of the element that is reached by child names."""
    for name in path:
        element = child(element, name)
    return attribute(element, "val")


def whole(written: str | None, otherwise: int) -> int:
    """A whole number from 0 that is written, or `otherwise`."""
    return int(written) if written and written.isdecimal() else otherwise


class Styles:
    """The paragraph styles of a Word file, each based on another."""

    def __init__(self, root: Element) -> None:
        self._styles = {attribute(s, "styleId"): s for s in children(root, "style")}

    def properties(self, style: str | None) -> Iterator[Element]:
        """What the style says of a paragraph, then what those say it is based on."""
        seen: set[str] = set()
        while style and style not in seen and style in self._styles:
            seen.add(style)
            if (found := child(self._styles[style], "pPr")) is not None:
                yield found
            style = value(self._styles[style], "basedOn")

    def heading(self, style: str | None) -> int | None:
        """The level of heading, from 1, that the style makes a paragraph."""
        levels = (value(each, "outlineLvl") for each in self.properties(style))
        level = next((whole(each, 9) for each in levels if each), 9)
        return level + 1 if level < 9 else None

    def place(self, style: str | None) -> tuple[str, int] | None:
        """The list (its number in the file) and the depth, from 0, of the style."""
        for each in self.properties(style):
            if (number := value(each, "numPr", "numId")) is not None:
                depth = whole(value(each, "numPr", "ilvl"), 0)
                return None if number == "0" else (number, depth)
        return None
