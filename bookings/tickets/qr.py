"""A ticket's text as a QR code, drawn as SVG."""

import re

import segno

DARK = re.compile(b"\x01+")


def qr_svg(text: str, *, border: int) -> str:
    """Return the code with so many light modules around; it takes the size of its place.

    The result has only digits and path letters of the text's picture, never the text.
    """
    # Signed text is as good as random, so one mask suits it; trying all takes 10 ms instead of 2.
    rows = segno.make_qr(text, error="m", mask=2).matrix
    # One line for each run of dark modules; segno's own writer takes as long as the encoding.
    lines = "".join(
        f"M{run.start()} {y}.5h{run.end() - run.start()}"
        for y, row in enumerate(rows)
        for run in DARK.finditer(row)
    )
    side = len(rows) + 2 * border
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="-{border} -{border} {side} {side}">'
        f'<path stroke="#000" d="{lines}"/></svg>'
    )
