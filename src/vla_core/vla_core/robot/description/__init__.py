"""URDFs from anywhere with what is attached to them, and their meshes as convex pieces."""
