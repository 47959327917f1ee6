"""ISCC (ISO 24138:2024): the one fingerprint here that other houses compute, too."""
