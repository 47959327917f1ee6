"""The path tracer: photographic truth, on the CPU through LLVM or on a GPU through OptiX."""

from kinema.render.pathtrace.tracer import PathTracer

__all__ = ["PathTracer"]
