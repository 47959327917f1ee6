"""How the networks learn: optimiser, loop, checkpoints, and one course for each network. torch only."""
