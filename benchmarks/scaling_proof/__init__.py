"""What `benchmarks/scaling.py` trains and fits."""
