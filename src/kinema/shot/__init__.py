"""What is asked. Nothing here depends on an engine or a renderer."""
