"""GAN losses for gpreg."""
