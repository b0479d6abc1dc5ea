"""Writing ONNX as one writes arithmetic: `(a + b) / 2`. Every step becomes a node of the graph."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from onnx import NodeProto, TensorProto, helper, numpy_helper

Kind = type[np.generic]
Number = float | int
SPELT_OUT = 8


class Graph:
    """Nodes and constants, in the order in which they were written; all their names begin with `prefix`."""

    def __init__(self, prefix: str) -> None:
        self.prefix = prefix
        self.nodes: list[NodeProto] = []
        self.constants: dict[str, TensorProto] = {}

    def constant(self, value: Any, kind: Kind) -> Value:
        """Return a constant; equal small ones are kept once."""
        array = np.asarray(value, dtype=kind)
        shape = "x".join(map(str, array.shape)) or "one"
        spelt = array.tobytes().hex() if array.nbytes <= SPELT_OUT else f"number_{len(self.constants)}"
        name = f"{self.prefix}_{array.dtype.name}_{shape}_{spelt}"
        self.constants.setdefault(name, numpy_helper.from_array(array, name))
        return Value(self, name, kind)

    def node(self, op: str, *inputs: Value, kind: Kind | None = None, name: str = "", **attributes: Any) -> Value:
        """Write a node with one output, of the kind of its first input unless told otherwise."""
        name = name or f"{self.prefix}_{op.lower()}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(op, [each.name for each in inputs], [name], **attributes))
        return Value(self, name, kind or inputs[0].kind)

    def joined(self, *parts: Value) -> Value:
        """Return the parts one behind the other, along their first axis."""
        return self.node("Concat", *parts, axis=0)


@dataclass(frozen=True, slots=True, eq=False)
class Value:
    """A tensor of the graph to reckon with; a plain number beside it becomes a constant of its kind."""

    graph: Graph
    name: str
    kind: Kind

    def __add__(self, other: Value | Number) -> Value:
        return self.beside("Add", other)

    def __sub__(self, other: Value | Number) -> Value:
        return self.beside("Sub", other)

    def __mul__(self, other: Value | Number) -> Value:
        return self.beside("Mul", other)

    def __truediv__(self, other: Value | Number) -> Value:
        return self.beside("Div", other)

    def __mod__(self, other: Value | Number) -> Value:
        return self.beside("Mod", other)

    def __matmul__(self, other: Value) -> Value:
        return self.beside("MatMul", other)

    def __and__(self, other: Value) -> Value:
        return self.beside("And", other)

    def __gt__(self, other: Value | Number) -> Value:
        return self.beside("Greater", other, kind=np.bool_)

    def __ge__(self, other: Value | Number) -> Value:
        return self.beside("GreaterOrEqual", other, kind=np.bool_)

    def __lt__(self, other: Value | Number) -> Value:
        return self.beside("Less", other, kind=np.bool_)

    def beside(self, op: str, other: Value | Number, *, kind: Kind | None = None) -> Value:
        """Return what an operation makes of this and another."""
        second = other if isinstance(other, Value) else self.graph.constant(other, self.kind)
        return self.graph.node(op, self, second, kind=kind)

    def at_least(self, other: Value | Number) -> Value:
        return self.beside("Max", other)

    def at_most(self, other: Value | Number) -> Value:
        return self.beside("Min", other)

    def floor(self) -> Value:
        return self.graph.node("Floor", self)

    def as_kind(self, kind: Kind) -> Value:
        """Return the same numbers in another kind; fractions are cut off where the kind has none."""
        return self.graph.node("Cast", self, kind=kind, to=helper.np_dtype_to_tensor_dtype(np.dtype(kind)))

    def choose(self, yes: Value | Number, no: Value) -> Value:
        """Return `yes` where this holds and `no` elsewhere."""
        yes = yes if isinstance(yes, Value) else self.graph.constant(yes, no.kind)
        return self.graph.node("Where", self, yes, no, kind=no.kind)

    def total(self, axis: int) -> Value:
        """Return the sum along an axis, which stays with length one."""
        return self.graph.node("ReduceSum", self, self.graph.constant([axis], np.int64), keepdims=1)

    def shaped(self, *shape: int) -> Value:
        return self.into_shape(self.graph.constant(shape, np.int64))

    def into_shape(self, shape: Value) -> Value:
        return self.graph.node("Reshape", self, shape)

    def turned(self, *axes: int) -> Value:
        """Return it with its axes in this order."""
        return self.graph.node("Transpose", self, perm=list(axes))

    def part(self, start: Value | int, end: Value | int, axis: int) -> Value:
        """Return what lies from `start` up to `end` along an axis; where these are tensors, of shape (1,)."""
        edges = (each if isinstance(each, Value) else self.graph.constant([each], np.int64) for each in (start, end))
        return self.graph.node("Slice", self, *edges, self.graph.constant([axis], np.int64))

    def length(self, axis: int) -> Value:
        """Return its length along an axis, int64 of shape (1,)."""
        return self.graph.node("Shape", self, kind=np.int64, start=axis, end=axis + 1)
