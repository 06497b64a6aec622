"""Kill processes of a sweep at random, its parent among them, and compare it with a sweep that nobody disturbed.

Each cell must have ended exactly once, with the same weights, bit for bit. Prints the kills and the time.
"""

import argparse
import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path


def words(folder: Path, cells: int) -> list[str]:
    settings = {"training.batch_size": 16, "report.score_samples": 50, "report.tick": 10, "report.checkpoint_ticks": 1}
    given = [word for key, value in settings.items() for word in ("--set", f"{key}={value}")]
    own = ["--seeds", f"0:{cells}", "--steps", "40", "--metric", "modes", "--no-vectorize", "--out", str(folder)]
    return [sys.executable, "-m", "gpreg", "sweep", "plane", "--measure", "mid", *own, *given]


def processes(folder: Path) -> list[int]:
    """Those whose command line names the folder."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            except OSError:
                continue
            if str(folder) in line:
                found.append(int(entry.name))
    return found


def weights(folder: Path) -> dict[str, str]:
    found = {}
    for outcome in sorted((folder / "cells").glob("*.json")):
        assert json.loads(outcome.read_text())["state"] == "done", outcome
        newest = max((outcome.with_suffix("") / "checkpoints").glob("step-*"))
        files = sorted(newest.glob("*.safetensors"))
        found[outcome.stem] = hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()
    return found


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--cells", type=int, default=200)
    parser.add_argument("--kills", type=int, default=20)
    given = parser.parse_args()
    chance = random.Random(0)
    with tempfile.TemporaryDirectory() as root:
        calm, disturbed = Path(root) / "calm", Path(root) / "disturbed"
        subprocess.run(words(calm, given.cells), check=True, capture_output=True)
        began, kills, parents = time.monotonic(), 0, 0
        while True:
            parent = subprocess.Popen(
                words(disturbed, given.cells), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
            while parent.poll() is None:
                time.sleep(chance.uniform(1.0, 6.0))
                alive = processes(disturbed)
                if kills < given.kills and len(alive) > 1 and parent.poll() is None:  # cells are being run
                    victim = chance.choice(alive)
                    os.kill(victim, signal.SIGKILL)
                    kills, parents = kills + 1, parents + (victim == parent.pid)
            if parent.returncode == 0:
                break
        same = weights(calm) == weights(disturbed)
        told = f"{len(weights(disturbed))} complete, {'the same' if same else 'OTHER'} weights"
        killed = f"{given.cells} cells, {kills} SIGKILLs, {parents} of them of the parent"
        print(f"{killed}: {told}, {time.monotonic() - began:.0f} s")
        if not same or len(weights(disturbed)) != given.cells:
            sys.exit(1)


if __name__ == "__main__":
    main()
