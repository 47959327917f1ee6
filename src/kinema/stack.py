"""Short arrays on a kernel's stack.

The compiler knows that nothing else points to them, so loops that read anything and write only these become vectors,
table look-ups included: numba can promise no such thing of the arrays it is handed.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic
from numba.np import arrayobj

ROOM = 128
"""Numbers in each."""


def _stacked(kind: Any) -> Any:
    @intrinsic
    def room(_context: Any) -> Any:
        array = types.Array(kind, 1, "C")

        def build(context: Any, builder: Any, _signature: Any, _arguments: Any) -> ir.Value:
            item = context.get_data_type(kind)
            size = context.get_constant(types.intp, context.get_abi_sizeof(item))
            made = arrayobj.make_array(array)(context, builder)
            arrayobj.populate_array(
                made,
                data=cgutils.alloca_once(builder, item, size=ROOM),
                shape=[context.get_constant(types.intp, ROOM)],
                strides=[size],
                itemsize=size,
                meminfo=None,
            )
            return made._getvalue()

        return array(), build

    return room


singles: Any = _stacked(types.float32)
"""`ROOM` float32, not initialised; for kernels alone, and never to be returned."""
doubles: Any = _stacked(types.float64)
integers: Any = _stacked(types.int32)
