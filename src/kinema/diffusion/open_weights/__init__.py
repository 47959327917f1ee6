"""Open weights of others as a renderer: pipelines of `diffusers`, driven by kinema's exact passes."""
