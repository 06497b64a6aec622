"""The half of gpreg that lists, validates and explains. Nothing here, nor anything it imports, imports torch."""
