"""The options of the observer."""

from dataclasses import dataclass
from pathlib import Path

from gpreg import option


@dataclass(frozen=True, kw_only=True)
class TrackioOptions:
    """Options of ``trackio``."""

    project: str = option("gpreg", help="the project, whose runs the dashboard shows together")
    name: str | None = option(None, help="the run's name in the dashboard; none: that of its folder")
    folder: Path | None = option(
        None, help="where trackio keeps its files, for runs that share a dashboard; none: in the run's folder"
    )
    space_id: str | None = option(
        None, help="a Hugging Face Space, USER/SPACE, that everything is sent to; none: nothing leaves this machine"
    )
