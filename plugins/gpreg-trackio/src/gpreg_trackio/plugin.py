"""The hook that registers the observer."""

from collections.abc import Iterable

import gpreg
from gpreg import ObserverSpec


@gpreg.hookimpl
def gpreg_observers() -> Iterable[ObserverSpec]:
    """The observer ``trackio``."""
    return [
        ObserverSpec(
            name="trackio",
            factory="gpreg_trackio.observer:Trackio",
            options="gpreg_trackio.options:TrackioOptions",
            summary="writes scalars and sample grids for trackio's dashboard into the run's folder",
        )
    ]
