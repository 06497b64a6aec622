"""What a penalty function computes, and what is wrong with it.

>>> import gpreg_verify
>>> gpreg_verify.DEFECTS[0]
'whole-batch-norm'

:func:`examine` is imported when it is first used, so that the command line does not wait for torch.
"""

import sys
from typing import TYPE_CHECKING, Any

from gpreg_verify.verification import DEFECTS, Defect, Identified, Verification

if TYPE_CHECKING:
    from gpreg_verify.examination import examine

__all__ = ["DEFECTS", "Defect", "Identified", "Verification", "examine"]


def __getattr__(name: str) -> Any:
    if name == "examine":
        from gpreg_verify.examination import examine

        return examine
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}", name=name, obj=sys.modules[__name__])
