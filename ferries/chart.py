"""A small chart of one crossing as SVG: land, the two harbours and the course between them.

Projected here (Mercator), so browsers need no library and no tiles. Colours are attributes, for
viewers that refuse style sheets; classes and one media query make the chart of the night.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from html import escape

from ferries.coastline import Box, Point, is_land, land_in

WIDTH, HEIGHT = 720, 400
# The part of the picture that the crossing may fill, and the least height shown, in degrees: the
# coast of the file is too coarse for less.
FILL = 0.56
LEAST_DEGREES = 0.5
EARTH_KM = 6371.0
# Points of the coast nearer to each other than this are one, in units of the picture.
GRAIN = 1.8
FONT = "font-family=\"system-ui,'Segoe UI','Liberation Sans',sans-serif\""
FRAME = f"M0 0H{WIDTH}V{HEIGHT}H0z"
NIGHT = (
    ".sea{fill:#0d2230}.land{fill:#23323a;stroke:#6c8490}.grid{stroke:#29465a}"
    ".course{stroke:#f0864f}.port{fill:#f0864f;stroke:#0d2230}"
    ".name{fill:#e9eff1;stroke:#0d2230}.frame{stroke:#6c8490}"
)


@dataclass(frozen=True)
class Harbour:
    """A port's name and position in degrees."""

    name: str
    latitude: float
    longitude: float

    @property
    def point(self) -> Point:
        """Return longitude and latitude."""
        return self.longitude, self.latitude


@dataclass(frozen=True)
class _View:
    """What the picture shows: its middle in units of the projection, and units for each pixel."""

    x: float
    y: float
    scale: float

    def place(self, point: Point) -> Point:
        """Return where in the picture a point of the world lies."""
        x, y = _project(point)
        return (x - self.x) / self.scale + WIDTH / 2, (self.y - y) / self.scale + HEIGHT / 2

    @property
    def box(self) -> Box:
        """Return what is seen, and a little more, so that cuts lie outside the frame."""
        across, up = (WIDTH / 2 + 8) * self.scale, (HEIGHT / 2 + 8) * self.scale
        south, north = _latitude(self.y - up), _latitude(self.y + up)
        return Box(self.x - across, south, self.x + across, north)


def distance_km(start: Harbour, end: Harbour) -> float:
    """Return the length of the straight line between two harbours on the globe."""
    (lon_1, lat_1), (lon_2, lat_2) = (
        (math.radians(each.longitude), math.radians(each.latitude)) for each in (start, end)
    )
    half = math.sin((lat_2 - lat_1) / 2) ** 2
    half += math.cos(lat_1) * math.cos(lat_2) * math.sin((lon_2 - lon_1) / 2) ** 2
    return 2 * EARTH_KM * math.asin(math.sqrt(half))


def draw(start: Harbour, end: Harbour, *, title: str, sketch: str) -> str:
    """Return the chart of a crossing as an SVG document.

    `sketch` is what is written on it where the shore is not known.
    """
    on_lake = _is_on_lake(start, end)
    view = _view(start, end, least_degrees=0 if on_lake else LEAST_DEGREES)
    return "".join(
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">',
            f"<title>{escape(title)}</title>",
            f"<style>@media (prefers-color-scheme:dark){{{NIGHT}}}</style>",
            f'<path class="sea" fill="#d9e6e8" d="{FRAME}"/>',
            _strait(view, start, end) if on_lake else _land(view),
            _grid(view),
            _course(view, start, end),
            *_labels(view, start, end),
            _remark(sketch) if on_lake else "",
            f'<path class="frame" fill="none" stroke="#8d7d58" stroke-width="3" d="{FRAME}"/>',
            "</svg>",
        )
    )


def _project(point: Point) -> Point:
    """Return a point in the projection; its unit is a degree at the equator."""
    longitude, latitude = point
    return longitude, math.degrees(math.asinh(math.tan(math.radians(latitude))))


def _latitude(y: float) -> float:
    return math.degrees(math.atan(math.sinh(math.radians(y))))


def _is_on_lake(start: Harbour, end: Harbour) -> bool:
    """Tell whether both harbours and the water between are land to the file, which has no lakes."""
    middle = (start.longitude + end.longitude) / 2, (start.latitude + end.latitude) / 2
    return all(is_land(*point) for point in (start.point, middle, end.point))


def _view(start: Harbour, end: Harbour, *, least_degrees: float) -> _View:
    (x_1, y_1), (x_2, y_2) = _project(start.point), _project(end.point)
    scale = max(
        abs(x_1 - x_2) / (WIDTH * FILL),
        abs(y_1 - y_2) / (HEIGHT * FILL),
        least_degrees / HEIGHT,
    )
    return _View((x_1 + x_2) / 2, (y_1 + y_2) / 2, scale)


def _land(view: _View) -> str:
    paths = (_path(map(view.place, ring)) for ring in land_in(view.box))
    style = 'fill="#efe3c4" stroke="#8d7d58" stroke-linejoin="round"'
    return f'<path class="land" fill-rule="evenodd" {style} d="{"".join(paths)}"/>'


def _strait(view: _View, start: Harbour, end: Harbour) -> str:
    """Return a sketch of a lake: land, and water from one shore to the other."""
    (x_1, y_1), (x_2, y_2) = view.place(start.point), view.place(end.point)
    across = math.hypot(x_2 - x_1, y_2 - y_1)
    turn = math.degrees(math.atan2(y_2 - y_1, x_2 - x_1))
    place = f'x="{-across / 2:.0f}" y="-900" width="{across:.0f}" height="1800"'
    return (
        f'<path class="land" fill="#efe3c4" stroke="#8d7d58" d="{FRAME}"/>'
        f'<rect class="sea" fill="#d9e6e8" {place}'
        f' transform="translate({(x_1 + x_2) / 2:.0f} {(y_1 + y_2) / 2:.0f}) rotate({turn:.0f})"/>'
    )


def _path(points: Iterable[Point]) -> str:
    """Return a closed path without points that nobody can tell apart; nothing for a speck."""
    kept: list[Point] = []
    for x, y in points:
        if not kept or abs(x - kept[-1][0]) + abs(y - kept[-1][1]) >= GRAIN:
            kept.append((x, y))
    if len(kept) < 4:
        return ""
    first, *others = ((round(x, 1), round(y, 1)) for x, y in kept)
    steps: list[str] = []
    last = first
    for point in others:
        steps.append(f"{point[0] - last[0]:.1f} {point[1] - last[1]:.1f}")
        last = point
    return f"M{first[0]:g} {first[1]:g}l{' '.join(steps)}z"


def _grid(view: _View) -> str:
    """Return a few meridians and parallels at round degrees."""
    box = view.box
    step = next(
        s
        for s in (0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30)
        if (box.east - box.west) / s <= 7
    )
    lines = [
        f"M{view.place((x, box.south))[0]:.0f} 0v{HEIGHT}"
        for x in _rounds(box.west, box.east, step)
    ]
    lines += [
        f"M0 {view.place((box.west, y))[1]:.0f}h{WIDTH}"
        for y in _rounds(box.south, box.north, step)
    ]
    style = 'fill="none" stroke="#b9ccd0" stroke-width=".7" stroke-dasharray="2 4"'
    return f'<path class="grid" {style} d="{"".join(lines)}"/>'


def _rounds(low: float, high: float, step: float) -> list[float]:
    return [n * step for n in range(math.ceil(low / step), math.floor(high / step) + 1)]


def _course(view: _View, start: Harbour, end: Harbour) -> str:
    (x_1, y_1), (x_2, y_2) = view.place(start.point), view.place(end.point)
    bend_x = (x_1 + x_2) / 2 + (y_2 - y_1) * 0.08
    bend_y = (y_1 + y_2) / 2 - (x_2 - x_1) * 0.08
    line = f"M{x_1:.1f} {y_1:.1f}Q{bend_x:.1f} {bend_y:.1f} {x_2:.1f} {y_2:.1f}"
    style = 'fill="none" stroke="#b03c16" stroke-width="3.5" stroke-linecap="round"'
    return f'<path class="course" {style} stroke-dasharray="9 8" d="{line}"/>'


def _labels(view: _View, start: Harbour, end: Harbour) -> list[str]:
    """Return both harbours as dots with their names, each on the side away from the other."""
    here, there = view.place(start.point), view.place(end.point)
    return [_label(start.name, here, away_from=there), _label(end.name, there, away_from=here)]


def _label(name: str, place: Point, *, away_from: Point) -> str:
    (x, y), (other_x, other_y) = place, away_from
    if abs(x - other_x) >= abs(y - other_y):
        anchor, shift, drop = ("start", 14, 8) if x > other_x else ("end", -14, 8)
    else:
        anchor, shift, drop = "middle", 0, 32 if y > other_y else -16
    dot = 'fill="#b03c16" stroke="#fffdf8" stroke-width="2.5" r="7"'
    ink = 'fill="#10293a" stroke="#fffdf8" stroke-width="4" paint-order="stroke"'
    return (
        f'<circle class="port" {dot} cx="{x:.1f}" cy="{y:.1f}"/>'
        f'<text class="name" {ink} {FONT} font-size="22" font-weight="700" text-anchor="{anchor}" x="{x + shift:.1f}"'
        f' y="{y + drop:.1f}">{escape(name)}</text>'
    )


def _remark(text: str) -> str:
    place = f'font-size="20" x="20" y="{HEIGHT - 20}"'
    return f'<text class="name" fill="#10293a" {FONT} {place}>{escape(text)}</text>'
