"""The hook that registers the observer."""

from collections.abc import Iterable

import gpreg
from gpreg import ObserverSpec


@gpreg.hookimpl
def gpreg_observers() -> Iterable[ObserverSpec]:
    """The observer ``tensorboard``."""
    return [
        ObserverSpec(
            name="tensorboard",
            factory="gpreg_tensorboard.observer:TensorBoard",
            summary="writes scalars and sample grids for TensorBoard into the run's folder",
        )
    ]
