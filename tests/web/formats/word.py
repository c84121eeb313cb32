"""Word files made by hand: what Word writes, without Word."""

from __future__ import annotations

from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile

NAMESPACES = (
    'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" '
    'xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing" '
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"'
)
RELATIONSHIPS = "http://schemas.openxmlformats.org/package/2006/relationships"
KIND = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="xml" ContentType="application/xml"/>'
    '<Override PartName="/word/document.xml" ContentType="application/vnd.'
    'openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>'
)
SHEET_TYPES = TYPES.replace("wordprocessingml.document", "spreadsheetml.sheet")
ROOT = (
    f'<Relationships xmlns="{RELATIONSHIPS}"><Relationship Id="rId1" '
    f'Type="{KIND}/officeDocument" Target="word/document.xml"/></Relationships>'
)
LINKS = (
    f'<Relationships xmlns="{RELATIONSHIPS}"><Relationship Id="rId9" '
    f'Type="{KIND}/hyperlink" Target="https://exempel.se/" TargetMode="External"/>'
    "</Relationships>"
)


def run(text: str, *properties: str) -> str:
    """A run of text with properties such as `b` and `i`."""
    inside = "".join(f"<w:{name}/>" for name in properties)
    return f'<w:r><w:rPr>{inside}</w:rPr><w:t xml:space="preserve">{text}</w:t></w:r>'


def paragraph(
    *runs: str, style: str = "", numbering: tuple[int, int] | None = None
) -> str:
    """A paragraph of runs (bare text is one); numbering is (list, depth from 0)."""
    inside = "".join(r if r.startswith("<") else run(r) for r in runs)
    properties = f'<w:pStyle w:val="{style}"/>' if style else ""
    if numbering:
        number, depth = numbering
        properties += (
            f'<w:numPr><w:ilvl w:val="{depth}"/><w:numId w:val="{number}"/></w:numPr>'
        )
    return f"<w:p><w:pPr>{properties}</w:pPr>{inside}</w:p>"


def table(*rows: tuple[str, ...]) -> str:
    """A table of cells with plain text."""
    inside = "".join(
        f"<w:tr>{''.join(f'<w:tc>{paragraph(cell)}</w:tc>' for cell in row)}</w:tr>"
        for row in rows
    )
    return f"<w:tbl>{inside}</w:tbl>"


def numbering(more: str = "", **lists: tuple[str, ...]) -> str:
    """word/numbering.xml: each list has a number and, for each depth, a format and a
    text, such as n1=("decimal %1.", "lowerLetter %2)"); `more` goes last."""
    abstract, concrete = "", ""
    for name, levels in lists.items():
        number = name.removeprefix("n")
        inside = ""
        for depth, level in enumerate(levels):
            form, _, text = level.partition(" ")
            inside += (
                f'<w:lvl w:ilvl="{depth}"><w:start w:val="1"/>'
                f'<w:numFmt w:val="{form}"/><w:lvlText w:val="{text}"/></w:lvl>'
            )
        abstract += (
            f'<w:abstractNum w:abstractNumId="{number}">{inside}</w:abstractNum>'
        )
        concrete += (
            f'<w:num w:numId="{number}"><w:abstractNumId w:val="{number}"/></w:num>'
        )
    return f"<w:numbering {NAMESPACES}>{abstract}{concrete}{more}</w:numbering>"


def style(id: str, name: str, *, based_on: str = "", properties: str = "") -> str:
    """One paragraph style, with what it says of its paragraphs."""
    return (
        f'<w:style w:type="paragraph" w:styleId="{id}"><w:name w:val="{name}"/>'
        f'<w:basedOn w:val="{based_on}"/><w:pPr>{properties}</w:pPr></w:style>'
    )


def styles(*more: str, **names: str) -> str:
    """word/styles.xml: the names of paragraph styles by their ids, and `more`."""
    inside = "".join([*more, *(style(id, name) for id, name in names.items())])
    return f"<w:styles {NAMESPACES}>{inside}</w:styles>"


def footnotes(*texts: str) -> str:
    """word/footnotes.xml: notes numbered from 1."""
    inside = "".join(
        f'<w:footnote w:id="{at}">{paragraph(text)}</w:footnote>'
        for at, text in enumerate(texts, start=1)
    )
    return f"<w:footnotes {NAMESPACES}>{inside}</w:footnotes>"


def docx(*body: str, **parts: str) -> bytes:
    """The file with these paragraphs and tables, and other parts of word/ by name."""
    document = f"<w:document {NAMESPACES}><w:body>{''.join(body)}</w:body></w:document>"
    return zipped(
        {
            "[Content_Types].xml": TYPES,
            "_rels/.rels": ROOT,
            "word/_rels/document.xml.rels": LINKS,
            "word/document.xml": document,
            **{f"word/{name}.xml": part for name, part in parts.items()},
        }
    )


def zipped(parts: dict[str, str]) -> bytes:
    """A ZIP archive of text parts."""
    into = BytesIO()
    with ZipFile(into, "w", ZIP_DEFLATED) as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return into.getvalue()
