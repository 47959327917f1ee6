"""The networks, in torch: for training, and the twin of what OpenVINO runs."""
