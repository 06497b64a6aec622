"""Run folders: what a run leaves on disk, written atomically, read back without executing anything."""
