"""Charts as shapes in a box of 100 by 40: no script, and text stays outside, so that it can be read
at every width. Each says in words what it shows, and a table beside them has the figures."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from pleo_connector.web.words import Text

WIDTH, HEIGHT = 100.0, 40.0


@dataclass(frozen=True, slots=True)
class Bar:
    x: float
    y: float
    width: float
    height: float
    css: str


@dataclass(frozen=True, slots=True)
class Line:
    """Points of an SVG polyline for each stretch of days without a gap."""

    stretches: Sequence[str]
    css: str


@dataclass(frozen=True, slots=True)
class Series:
    name: Text
    css: str  # a class of the style sheet: the colour; lines differ in their dashes too
    values: Sequence[float | None]


@dataclass(frozen=True, slots=True)
class Chart:
    name: str  # for ids
    title: Text
    said: str  # the same in words
    top: str  # the value at its upper edge, as people write it
    first: date
    last: date
    series: Sequence[Series]
    bars: Sequence[Bar] = ()
    lines: Sequence[Line] = ()

    @property
    def has_legend(self) -> bool:
        return len(self.series) > 1


def bar_chart(
    name: str,
    title: Text,
    said: str,
    *,
    days: Sequence[date],
    series: Sequence[Series],
    written: Callable[[float], str],
) -> Chart:
    """Bars that stand upon each other, one a day."""
    columns = [[values[i] or 0 for values in (x.values for x in series)] for i in range(len(days))]
    top = max((sum(column) for column in columns), default=0)
    step = WIDTH / max(len(days), 1)
    bars = []
    for place, column in enumerate(columns):
        base = HEIGHT
        for value, each in zip(column, series, strict=True):
            height = HEIGHT * value / top if top else 0
            base -= height
            if height:
                bars.append(_bar(place * step + step * 0.1, base, step * 0.8, height, each.css))
    ends = (days[0], days[-1])
    return Chart(name, title, said, written(top), *ends, series, bars=bars)


def line_chart(
    name: str,
    title: Text,
    said: str,
    *,
    days: Sequence[date],
    series: Sequence[Series],
    written: Callable[[float], str],
    top: float | None = None,
) -> Chart:
    known = [value for each in series for value in each.values if value is not None]
    high = top if top is not None else max(known, default=0)
    lines = [Line(_stretches(each.values, high), each.css) for each in series]
    return Chart(name, title, said, written(high), days[0], days[-1], series, lines=lines)


def _bar(x: float, y: float, width: float, height: float, css: str) -> Bar:
    return Bar(round(x, 2), round(y, 2), round(width, 2), round(height, 2), css)


def _stretches(values: Sequence[float | None], top: float) -> list[str]:
    step = WIDTH / max(len(values), 1)
    stretches: list[list[str]] = [[]]
    for place, value in enumerate(values):
        if value is None:
            stretches.append([])
            continue
        y = HEIGHT - (HEIGHT * value / top if top else 0)
        stretches[-1] += [f"{place * step:.2f},{y:.2f}", f"{(place + 1) * step:.2f},{y:.2f}"]
    return [" ".join(points) for points in stretches if points]
