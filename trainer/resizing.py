"""Pillow's crop and resize in the words of ONNX, equal to the pixel for "bilinear".

Pillow makes every pixel a weighted mean: along one side, then along the other. It rounds the weights to 22 bits and
each of the two means to 8. A weight that is off by one in its last bit turns the rounding of a few pixels, and one
turned pixel moves logits by up to 3e-4 (measured). float32 is too coarse for that, and float64 is not to be had
everywhere: OpenVINO calculates in float32 even where a graph asks for more. So weights are worked out here in whole
numbers below 2**24, which come out the same in any engine, whatever it fuses and reorders.

"bicubic", which only old networks use, is reckoned in float32: one number in ten thousand comes out one level higher
or lower than Pillow's.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from onnx import GraphProto, TensorProto, helper

from trainer.graphs import Graph, Number, Value
from trainer.preprocessing import Mode, Preprocessing

Float, Whole, Index = np.float32, np.int32, np.int64

# What Pillow rounds weights to: whole numbers, of which so many are one. They are halved into two times 11 bits.
ONE = 1 << 22
HALF_BITS = 1 << 11
# A number with a fraction is held as three whole ones. Two fractional parts of 13 bits hold any edge of a crop to the
# last bit that Pillow's float32 has, and products of two parts stay below 2**24.
BASE = 1 << 13
# The bits of a weight are divided out in steps, so that a step times a sum of weights stays below 2**24, too.
STEPS = (64, 64, 32, 32)
# Half the width of Pillow's filters, in pixels of the smaller picture.
REACH = {"bilinear": 1, "bicubic": 2}


def write_resizing(graph: Graph, picture: Value, spec: Preprocessing) -> Value:
    """Write what `preprocessing.fit_in` does; return uint8 (1, size, size, 3).

    `picture` is uint8 (height, width, 3). Sides up to 2**23 / size pixels (26,214 for 320) come out exactly.
    """
    size = spec.size
    height, width = picture.length(0), picture.length(1)
    # Pillow 13 begins with the height where it shrinks far more than the width; each order rounds in its own way.
    upright = ((height - size) > (width - size).at_least(0) * 2).shaped()
    turned = _turned_if(upright, picture)
    height, width = turned.length(0), turned.length(1)
    columns = turned.turned(1, 0, 2).as_kind(Float).into_shape(graph.joined(width, graph.constant([-1], Index)))
    narrowed = _means(_weights(width, height, spec), columns, size)
    shape = graph.joined(graph.constant([size], Index), height, graph.constant([3], Index))
    rows = narrowed.into_shape(shape).turned(1, 0, 2).into_shape(graph.joined(height, graph.constant([-1], Index)))
    square = _means(_weights(height, width, spec), rows, size).shaped(size, size, 3)
    return upright.choose(square.turned(1, 0, 2), square).as_kind(np.uint8).shaped(1, size, size, 3)


def _turned_if(condition: Value, picture: Value) -> Value:
    """Return the picture with height and width exchanged, or as it is."""

    def branch(name: str, axes: list[int]) -> GraphProto:
        told = helper.make_tensor_value_info(name, TensorProto.UINT8, [None, None, 3])
        return helper.make_graph([helper.make_node("Transpose", [picture.name], [name], perm=axes)], name, [], [told])

    prefix = picture.graph.prefix
    exchanged, as_it_is = branch(f"{prefix}_exchanged", [1, 0, 2]), branch(f"{prefix}_as_it_is", [0, 1, 2])
    return picture.graph.node("If", condition, kind=np.uint8, then_branch=exchanged, else_branch=as_it_is)


def _means(weights: Value, pixels: Value, size: int) -> Value:
    """Return the rounded weighted means (size, m) of pixels (n, m), floats of whole numbers 0..255.

    The weights (size, n) come in halves of 11 bits: so each sum stays below 2**24, and exact.
    """
    low = (weights + HALF_BITS // 2) % HALF_BITS - HALF_BITS // 2
    high = (weights - low) / HALF_BITS
    sums = weights.graph.joined(high, low).as_kind(Float) @ pixels
    carried = (sums.part(size, 2 * size, 0) / HALF_BITS).floor()
    rounded = ((sums.part(0, size, 0) + carried + HALF_BITS // 2) / HALF_BITS).floor()
    return rounded.at_least(0).at_most(255)


@dataclass(frozen=True, slots=True)
class Fixed:
    """A number as three whole ones: ones, then parts of BASE, then parts of BASE squared."""

    ones: Value
    parts: Value
    fine: Value

    @classmethod
    def of(cls, value: Value) -> Fixed:
        """Take a float32 number, exactly if it is 0 or at least 0.25: nearer to an edge no crop begins."""
        ones = value.floor()
        rest = (value - ones) * BASE
        parts = rest.floor()
        fine = ((rest - parts) * BASE).floor()
        return cls(ones.as_kind(Whole), parts.as_kind(Whole), fine.as_kind(Whole))

    def __add__(self, other: Fixed) -> Fixed:
        return Fixed(self.ones + other.ones, self.parts + other.parts, self.fine + other.fine).carried()

    def __sub__(self, other: Fixed) -> Fixed:
        return Fixed(self.ones - other.ones, self.parts - other.parts, self.fine - other.fine).carried()

    def __mul__(self, factor: Value | Number) -> Fixed:
        return Fixed(self.ones * factor, self.parts * factor, self.fine * factor).carried()

    def carried(self) -> Fixed:
        """Return the same number with both fractional parts in 0..BASE-1."""
        fine = self.fine % BASE
        parts = self.parts + (self.fine - fine) / BASE
        kept = parts % BASE
        return Fixed(self.ones + (parts - kept) / BASE, kept, fine)

    def total(self) -> Fixed:
        """Return the sums along the rows."""
        return Fixed(self.ones.total(1), self.parts.total(1), self.fine.total(1)).carried()

    def roughly(self) -> Value:
        """Return it as float32."""
        return self.ones.as_kind(Float) + self.parts.as_kind(Float) / BASE


@dataclass(frozen=True, slots=True)
class Band:
    """The pixels that each pixel of the smaller picture is made of, in units of 1 / (2 * size) pixel.

    `pixels` (size, k) are their places, which may lie outside of the picture; `offsets` (size, k) is how far their
    middles lie from where the whole part of `centres` (size, 1) lies; `radius` is how far the filter reaches at 1.
    """

    pixels: Value
    offsets: Value
    centres: Fixed
    radius: Fixed
    taps: Value


def _weights(length: Value, other: Value, spec: Preprocessing) -> Value:
    """Return the weights (size, length) along a side, whole numbers that stand for 2**-22."""
    band = _band(*_edges(length.as_kind(Float), other.as_kind(Float), spec.mode), spec)
    inside = (band.pixels >= 0) & (length.as_kind(Whole) > band.pixels)
    weigh = _bilinear if spec.interpolation == "bilinear" else _bicubic
    return _spread(weigh(band, inside), band, length, spec.size)


def _edges(length: Value, other: Value, mode: Mode) -> tuple[Value, Value]:
    """Return where the crop begins and how long it is, float32 as Pillow gets them from `preprocessing._kept`."""
    if mode == "whole":
        return length * 0, length
    shorter = length.at_most(other)
    if mode == "centre":
        return (length - shorter) / 2, shorter
    # The root of the product in three parts (whole, 256ths, the small rest), each made from what the one before leaves
    # over without loss: float32 alone would put the edges of one crop in a thousand beside where Pillow has them.
    root = (length.graph.node("Sqrt", length * shorter) + 0.5).floor()
    behind = root - shorter
    excess = ((length - root) - behind) * shorter - behind * behind
    coarse = (_rest(excess, root) * 256).floor() / 256
    fine = _rest((excess - root * coarse * 2) - coarse * coarse, root + coarse)
    first, last = (((length - root) - coarse) - fine) / 2, (((length + root) + coarse) + fine) / 2
    return first, last - first


def _rest(excess: Value, root: Value) -> Value:
    """Return what a root lacks whose square is too small by `excess`: the x in (root + x)**2 == root**2 + excess."""
    rest = excess / (root * 2)
    for _ in range(3):
        rest = excess / (root * 2 + rest)
    return rest


def _band(first: Value, kept: Value, spec: Preprocessing) -> Band:
    graph, size, reach = first.graph, spec.size, REACH[spec.interpolation]
    middles = graph.constant(2 * np.arange(size)[:, None] + 1, Whole)
    crop, begin = Fixed.of(kept), Fixed.of(first)
    centres = begin * (2 * size) + crop * middles
    # A filter that enlarges reaches one pixel of the large picture, never less.
    shrinks = crop.ones >= size
    radius = Fixed(
        shrinks.choose(crop.ones * 2, graph.constant([2 * size], Whole)),
        shrinks.choose(crop.parts * 2, graph.constant([0], Whole)),
        shrinks.choose(crop.fine * 2, graph.constant([0], Whole)),
    )
    # One more at each end than can weigh anything: here it does not matter how a division rounds.
    nearest = (centres.ones - radius.ones * reach) / (2 * size) - 2
    taps = radius.ones * reach / size + 5
    pixels = nearest + graph.node("Range", graph.constant(0, Whole), taps.shaped(), graph.constant(1, Whole))
    return Band(pixels, (pixels * 2 + 1) * size - centres.ones, centres, radius, taps)


def _bilinear(band: Band, inside: Value) -> Value:
    """Return weights (size, k) of a triangle: the radius less the distance, as a share of their sum."""
    fraction = Fixed(band.centres.ones * 0, band.centres.parts, band.centres.fine)
    rise, fall = band.radius - fraction, band.radius + fraction
    right = band.offsets > 0
    ones = right.choose(fall.ones - band.offsets, rise.ones + band.offsets)
    counts = (inside & (ones >= 0)).as_kind(Whole)
    heights = Fixed(
        ones * counts, right.choose(fall.parts, rise.parts) * counts, right.choose(fall.fine, rise.fine) * counts
    )
    return _shares(heights, heights.total())


def _shares(heights: Fixed, sums: Fixed) -> Value:
    """Return heights / sums in units of 2**-22, rounded: a division by hand.

    A digit may be guessed too high or too low by one; what is left then is negative or too much, and the next mends it.
    """
    rest, found = heights, heights.ones * 0
    for step in STEPS:
        digit = (rest.roughly() * step / sums.roughly()).floor().as_kind(Whole)
        rest = Fixed(
            rest.ones * step - sums.ones * digit,
            rest.parts * step - sums.parts * digit,
            rest.fine * step - sums.fine * digit,
        ).carried()
        found = found * step + digit
    return found + (rest.roughly() / sums.roughly() + 0.5).floor().as_kind(Whole)


def _bicubic(band: Band, inside: Value) -> Value:
    """Return weights (size, k) of Keys' cubic with a = -0.5, in float32."""
    fraction = (band.centres.parts.as_kind(Float) + band.centres.fine.as_kind(Float) / BASE) / BASE
    radius = (
        band.radius.ones.as_kind(Float)
        + (band.radius.parts.as_kind(Float) + band.radius.fine.as_kind(Float) / BASE) / BASE
    )
    away = (band.offsets.as_kind(Float) - fraction) / radius
    x = away.at_least(away * -1)
    near = (x * 1.5 - 2.5) * x * x + 1
    far = (((x - 5) * x + 8) * x - 4) * -0.5
    counts = inside & (x < 2)
    heights = (x < 1).choose(near, far) * counts.as_kind(Float)
    return (heights / heights.total(1) * ONE + 0.5).floor().as_kind(Whole)


def _spread(weights: Value, band: Band, length: Value, size: int) -> Value:
    """Return weights (size, k) of the band at their places in (size, length)."""
    graph, margin = weights.graph, band.taps.as_kind(Index)
    shape = graph.joined(graph.constant([size], Index), length + margin * 2 + 2)
    nothing = helper.make_tensor("nothing", TensorProto.INT32, [1], [0])
    empty = graph.node("ConstantOfShape", shape, kind=Whole, value=nothing)
    places = (band.pixels + band.taps).as_kind(Index)
    spread = graph.node("ScatterElements", empty, places, weights, axis=1)
    return spread.part(margin, margin + length, 1)
