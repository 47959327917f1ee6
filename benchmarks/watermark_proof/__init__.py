"""The parts of `benchmarks/watermark.py`."""
