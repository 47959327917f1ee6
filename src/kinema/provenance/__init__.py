"""Who made it: keys and signed manifests."""
