"""The measurements behind `benchmarks/diffusion.py`: one table or one measuring method a file."""
