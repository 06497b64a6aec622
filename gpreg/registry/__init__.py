"""The half of gpreg that lists, validates and explains. It imports torch neither directly nor indirectly."""
