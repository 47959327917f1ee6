"""Keys: who signs manifests, log heads and receipts of consent, and what keys the watermark."""

from kinema.provenance.keys.ceremony import Opened, open_keyring
from kinema.provenance.keys.keyring import Keyring, read_keyring

__all__ = ["Keyring", "Opened", "open_keyring", "read_keyring"]
