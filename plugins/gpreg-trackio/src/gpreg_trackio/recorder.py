"""The process that records one run: reads messages of the observer, a line of JSON each, until there are no more."""

import base64
import json
import sqlite3
import sys
from contextlib import closing
from io import BytesIO
from typing import Any

import trackio
from PIL import Image
from trackio.sqlite_storage import SQLiteStorage


def record(lines: Any) -> None:
    """Record a run: the first message begins it, the others have scalars or a picture."""
    begin = json.loads(next(lines))
    project, step = begin["project"], begin["step"]
    run = trackio.init(
        project=project,
        name=begin["name"],
        space_id=begin["space_id"],
        config=begin["config"],
        resume="allow" if step else "never",
        embed=False,
        auto_log_gpu=False,
        auto_log_cpu=False,
    )
    known = rewind(project, run.id, step) if step and begin["space_id"] is None else set()
    for line in lines:
        message = json.loads(line)
        if "png" in message:
            with Image.open(BytesIO(base64.b64decode(message["png"]))) as image:
                values = {message["name"]: trackio.Image(image.copy())}
        else:
            values = message["scalars"]
        if message["step"] == step:
            values = {name: value for name, value in values.items() if name not in known}
        if values:
            run.log(values, step=message["step"])
    run.finish()


def rewind(project: str, run: str, step: int) -> set[str]:
    """Drop what a run recorded after a step, from which it goes on; returns the names that it has of the step itself.

    Whether a run that goes on says the numbers of that step again depends on how it was stopped.
    """
    path = SQLiteStorage.get_project_db_path(project)
    with closing(sqlite3.connect(path, timeout=30)) as database, database:
        database.execute("DELETE FROM metrics WHERE run_id = ? AND step > ?", (run, step))
        rows = database.execute("SELECT metrics FROM metrics WHERE run_id = ? AND step = ?", (run, step)).fetchall()
    return {name for (metrics,) in rows for name in json.loads(metrics)}


if __name__ == "__main__":
    record(iter(sys.stdin.buffer.readline, b""))
