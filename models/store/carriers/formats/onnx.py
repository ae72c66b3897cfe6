"""ONNX: the numbers of a graph, and which matrix is added to which bias.

Only the few fields that are needed are declared; protobuf skips all others.

Source: onnx.proto of the ONNX standard, https://github.com/onnx/onnx, messages ModelProto,
GraphProto, NodeProto and TensorProto.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import DecodeError
from torch import Tensor

from attention_core.errors import ModelError

_FLOAT: Final = 1
"""TensorProto.DataType.FLOAT."""
_MESSAGES: Final = {
    "Tensor": (
        ("dims", 1, "int64", True), ("data_type", 2, "int32", False),
        ("float_data", 4, "float", True), ("name", 8, "string", False),
        ("raw_data", 9, "bytes", False),
    ),
    "Node": (
        ("input", 1, "string", True), ("output", 2, "string", True),
        ("op_type", 4, "string", False),
    ),
    "Graph": (("node", 1, "Node", True), ("initializer", 5, "Tensor", True)),
    "Model": (("graph", 7, "Graph", False),),
}  # fmt: skip
"""For each message its fields: name, number, kind, and whether there are several."""


@dataclass(frozen=True)
class Graph:
    """What is read of an ONNX file.

    tensors  by the names that the graph gives them
    nodes    in the order of computation: kind, names of inputs, names of outputs
    """

    tensors: dict[str, Tensor]
    nodes: tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...]

    def linear(self) -> Iterator[tuple[str, str]]:
        """(bias, matrix) of every matrix product whose result is added to a named vector.

        The matrix is (in, out), as ONNX multiplies from the left.
        """
        products = {
            outputs[0]: inputs[1]
            for kind, inputs, outputs in self.nodes
            if kind == "MatMul" and inputs[1] in self.tensors
        }
        for kind, inputs, _ in self.nodes:
            if kind == "Add":
                for bias, product in (inputs, inputs[::-1]):
                    if bias in self.tensors and product in products:
                        yield bias, products[product]


def read(path: Path) -> Graph:
    """The graph of a file; raises ModelError when it is none, or holds what is not understood."""
    model = _model()()
    try:
        model.ParseFromString(path.read_bytes())
    except DecodeError as fault:
        raise _unread(path) from fault
    graph = model.graph
    nodes = tuple((one.op_type, tuple(one.input), tuple(one.output)) for one in graph.node)
    tensors = {one.name: _tensor(one, path) for one in graph.initializer if _is_float(one)}
    if not tensors:
        raise _unread(path)
    return Graph(tensors, nodes)


def _is_float(message: Any) -> bool:
    return bool(message.data_type == _FLOAT)


def _tensor(message: Any, path: Path) -> Tensor:
    if message.raw_data:
        numbers = np.frombuffer(message.raw_data, "<f4").astype(np.float32)
    else:
        numbers = np.asarray(message.float_data, np.float32)
    shape = tuple(message.dims)
    if numbers.size != np.prod(shape, dtype=np.int64):
        raise _unread(path)
    return torch.from_numpy(numbers.reshape(shape).copy())


@cache
def _model() -> Any:
    """The class of the message Model, made of what is declared above."""
    kinds = descriptor_pb2.FieldDescriptorProto
    file = descriptor_pb2.FileDescriptorProto(name="onnx_read.proto", package="onnx_read")
    for name, fields in _MESSAGES.items():
        message = file.message_type.add(name=name)
        for field, number, kind, many in fields:
            made = message.field.add(name=field, number=number)
            made.label = kinds.LABEL_REPEATED if many else kinds.LABEL_OPTIONAL
            if kind in _MESSAGES:
                made.type, made.type_name = kinds.TYPE_MESSAGE, f".onnx_read.{kind}"
            else:
                made.type = getattr(kinds, f"TYPE_{kind.upper()}")
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("onnx_read.Model"))


def _unread(path: Path) -> ModelError:
    return ModelError("{file} is no ONNX file that is understood here.", file=path.name)
