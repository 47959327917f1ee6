"""What `fingerprint.py` measures with: clips, and what is done to them."""
