"""What is learned: data set, autoencoder, diffusion transformer, painter."""
