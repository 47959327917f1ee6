"""Four rows of a table at once, for kernels: rows of four numbers, each one load, weighted and summed as vectors.

The compiler does not find these vectors by itself: numba leaves LLVM's straight-line vectoriser off, and a loop over
three channels is unrolled before the loop vectoriser sees it.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic
from numba.np import arrayobj

_FUSED = ("contract",)  # a product and the sum it goes into, rounded once


@intrinsic
def _blended(
    _context: Any, table: Any, _a: Any, _b: Any, _c: Any, _d: Any, _wa: Any, _wb: Any, _wc: Any, _wd: Any
) -> Any:
    row, weight = types.intp, types.float32

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> ir.Value:
        four = ir.VectorType(ir.FloatType(), 4)
        start = arrayobj.make_array(signature.args[0])(context, builder, arguments[0]).data
        total = None
        for at, share in zip(arguments[1:5], arguments[5:9], strict=True):
            place = builder.gep(start, [builder.shl(at, ir.Constant(at.type, 2))])
            loaded = builder.load(builder.bitcast(place, four.as_pointer()), align=4)
            empty = ir.Constant(four, ir.Undefined)
            first = builder.insert_element(empty, share, ir.Constant(ir.IntType(32), 0))
            spread = ir.Constant(ir.VectorType(ir.IntType(32), 4), [0, 0, 0, 0])
            term = builder.fmul(loaded, builder.shuffle_vector(first, empty, spread), flags=_FUSED)
            total = term if total is None else builder.fadd(total, term, flags=_FUSED)
        lanes = [builder.extract_element(total, ir.Constant(ir.IntType(32), k)) for k in range(4)]
        return cgutils.pack_array(builder, lanes)

    return types.UniTuple(weight, 4)(table, row, row, row, row, weight, weight, weight, weight), build


blended: Any = _blended
"""`blended(table, a, b, c, d, wa, wb, wc, wd)`: the sum of four rows of `table`, each times its weight, as four
float32. The table is float32 in C order, its last axis 4; rows count from its start, and are not checked."""
