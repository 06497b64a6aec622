"""Files on the disk: written whole or not at all, read without following links, waiting for nobody."""
