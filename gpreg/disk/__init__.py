"""Files on the disk: written whole or not at all, and read without following links or waiting for pipes."""
