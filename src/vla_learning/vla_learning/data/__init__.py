"""Episodes to training samples: demonstrations, datasets, augmentation, corrections."""
