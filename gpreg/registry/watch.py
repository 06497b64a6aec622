"""Watch plugins while they load: what in one keeps every command waiting, or prints, is remarked although it works."""

import sys
import threading
from collections.abc import Mapping, Sized
from time import perf_counter
from typing import Self

SLOW = 0.1
"""Seconds of loading from which on a plugin is said to be slow. All of gpreg's own together take a third of that."""

PATIENCE = 1.0
"""Seconds after which somebody at a terminal is told what they are waiting for."""

MANY = 1_000
"""How many specs are worth a remark: a reader of listings wants fewer, and each takes 10 µs at every start."""


class Watch:
    """Measures plugins one after another; on a terminal, a thread tells which one it has been waiting for.

    >>> with Watch() as watch:
    ...     watch.begin("slow", "slow (some-package 1.0)")
    ...     seconds = watch.seconds
    """

    def __init__(self) -> None:
        self._now: tuple[float, str, str] = (perf_counter(), "", "")
        self._torch = False
        self._over = threading.Event()
        self._stream = sys.stderr

    def __enter__(self) -> Self:
        if self._stream is not None and self._stream.isatty():
            threading.Thread(target=self._tell, name="gpreg-watch", daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()

    def begin(self, name: str, title: str) -> None:
        """Start to measure a plugin: its name for ``--no-plugin``, and what it is called in messages."""
        self._torch = "torch" in sys.modules
        self._now = perf_counter(), name, title

    @property
    def seconds(self) -> float:
        """Since the last ``begin``."""
        return perf_counter() - self._now[0]

    def remarks(self, specs: Mapping[str, Sized], *, printed: bool, error: BaseException | None) -> tuple[str, ...]:
        """What is to be said of the plugin that has just been loaded.

        Of several plugins that import torch the first is named, because for the others it is there already.

        Args:
            specs: what it supplies, by kind.
            printed: whether it printed anything to stdout.
            error: what it raised.
        """
        count = sum(map(len, specs.values()))
        found = {
            f"takes {self.seconds:.2f} s to load": self.seconds > SLOW,
            "imports torch": "torch" in sys.modules and not self._torch,
            "prints": printed,
            "calls exit": isinstance(error, SystemExit),
            f"supplies {count:,} things": count >= MANY,
        }
        return tuple(remark for remark, applies in found.items() if applies)

    def _tell(self) -> None:
        told = ""
        while not self._over.wait(PATIENCE / 4):
            began, name, title = self._now
            if title and title != told and perf_counter() - began > PATIENCE:
                told = title
                print(f"Loading plugin {title} ...; `gpreg --no-plugin {name}` leaves it out", file=self._stream)
