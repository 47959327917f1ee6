"""Whose likeness may be used: signed receipts, kept and checked offline, that can be taken back."""
