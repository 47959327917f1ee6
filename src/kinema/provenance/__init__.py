"""Who made it: manifest, watermark, fingerprint, registry and transparency log. One id ties them together."""
