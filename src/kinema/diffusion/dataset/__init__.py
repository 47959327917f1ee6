"""The data set: small random worlds, simulated and drawn in several styles, in shards a seed can make again."""
