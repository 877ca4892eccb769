"""What is predicted beside the chunk: auxiliary losses, and outputs that others use."""
