"""The classes of a folder: its first-level subfolders."""

from collections.abc import Sequence

from gpreg.errors import DataError
from gpreg_datasets.listing import Listing
from gpreg_datasets.printable import printable, some


def class_names(listing: Listing) -> tuple[str, ...]:
    """The names of the first-level subfolders that have images, sorted.

    Raises:
        DataError: there is none, or an image lies outside of them and so has no class.
    """
    loose = [file.name for file in listing.files if not file.top]
    names = tuple(sorted({file.top for file in listing.files if file.top}))
    folder = printable(listing.folder)
    if not names:
        raise DataError(
            f"{folder} has no subfolders with images, and classes=true takes each of them for a class",
            remedy="put each class into a subfolder of its own, or leave out classes (-D classes=false)",
        )
    if loose:
        verb = "lies" if len(loose) == 1 else "lie"
        raise DataError(
            f"{some(loose, 5)} {verb} in {folder} itself, and so in none of the classes {some(names, 5)}",
            remedy="move what lies loose into a subfolder, or leave out classes (-D classes=false)",
        )
    return names


def class_numbers(listing: Listing, names: Sequence[str]) -> list[int]:
    """The label of each file, which is the index of its class in ``names``, the classes of the training folder.

    Raises:
        DataError: a file lies in none of the classes.
    """
    number_of = {name: number for number, name in enumerate(names)}
    strange = sorted({file.top for file in listing.files if file.top not in number_of})
    if strange:
        loose = [file.name for file in listing.files if not file.top]
        raise DataError(
            f"{printable(listing.folder)} has {some(loose or strange, 5)}, in none of the classes {some(names, 5)} of "
            "the folder for training",
            remedy="name its subfolders as those of the folder for training",
        )
    return [number_of[file.top] for file in listing.files]
