"""Run folders: the files of a run, which are written atomically, and read without executing anything."""
