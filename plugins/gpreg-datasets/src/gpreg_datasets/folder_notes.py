"""Messages and records about a folder of images: unreadable files, notes for the user, the run's record."""

from collections.abc import Mapping
from typing import Any

from gpreg.errors import DataError
from gpreg_datasets.listing import Listing
from gpreg_datasets.options import ImageFolderOptions
from gpreg_datasets.printable import printable, some
from gpreg_datasets.survey import Survey

MOST_NAMED = 20
"""Most files that an error names."""


def refuse_unreadable(listing: Listing, survey: Survey, *, go_on: bool) -> None:
    """Refuse a folder with files that cannot be read.

    Args:
        listing: the files of the folder.
        survey: the result of decoding each.
        go_on: whether unreadable files are accepted, unless no file is readable.

    Raises:
        DataError: there are unreadable files, which it names.
    """
    bad = _unreadable(listing, survey)
    of = len(listing.files) + len(listing.broken)
    if not bad or (go_on and len(survey.unreadable) < len(listing.files)):
        return
    lines = [f"  {printable(listing.folder / name)}: {printable(why)}" for name, why in list(bad.items())[:MOST_NAMED]]
    if len(bad) > MOST_NAMED:
        lines.append(f"  and {len(bad) - MOST_NAMED:,} more")
    raise DataError(
        f"{len(bad):,} of {of:,} files in {printable(listing.folder)} cannot be read as an image:\n" + "\n".join(lines),
        remedy="put images there that can be read"
        if len(survey.unreadable) == len(listing.files)
        else "replace or remove them, or go on without them: skip_unreadable=true (-D skip_unreadable=true)",
    )


def notes(
    listing: Listing, survey: Survey, options: ImageFolderOptions, *, training: int, held_out: int
) -> tuple[str, ...]:
    """Sentences for the user on what was done to the images, and what was left out."""
    images = training + held_out
    done = {
        "TRANSPARENT": f"transparent images lie on {printable(options.ground)} (option ground)",
        "ANIMATED": "of images with several frames the first is taken",
        "TURNED": "images are turned as their EXIF data says",
        "DEEP": "images of more than 8 bits a channel are rounded to 8",
    }
    told = [f"{text}: {count:,} of {images:,}" for name, text in done.items() if (count := survey.traits.get(name))]
    if bad := _unreadable(listing, survey):
        of = len(listing.files) + len(listing.broken)
        told.append(f"files that cannot be read are left out: {len(bad):,} of {of:,}, {some(list(bad), 5)}")
    if held_out:
        share = f"holdout={options.holdout:g}"
        told.append(f"held out for testing: {held_out:,} of {images:,} images ({share}); the others are trained on")
    tops = sorted({file.top for file in listing.files if file.top})
    if len(tops) > 1 and not options.classes and not any(not file.top for file in listing.files):
        told.append(f"the {len(tops):,} subfolders {some(tops, 3)} are no classes; -D classes=true makes them classes")
    empty = sorted(set(listing.tops) - set(tops))
    if empty and options.classes:
        told.append(f"subfolders without images are no classes: {some(empty, 5)}")
    return tuple(told)


def record(listing: Listing, survey: Survey, *, training: int, held_out: int) -> Mapping[str, Any]:
    """The run's record: the folder, how many images of which kind, and each file left out, with the reason."""
    return {
        "folder": printable(listing.folder.absolute()),
        "training": training,
        "held_out": held_out,
        "treated": {name.lower(): count for name, count in survey.traits.items() if count},
        "unreadable": {printable(name): printable(why) for name, why in _unreadable(listing, survey).items()},
    }


def _unreadable(listing: Listing, survey: Survey) -> dict[str, str]:
    return dict(sorted({**listing.broken, **survey.unreadable}.items()))
