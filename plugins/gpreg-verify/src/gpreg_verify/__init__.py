"""What a penalty function computes, and what is wrong with it.

>>> import gpreg_verify
>>> gpreg_verify.DEFECTS[0]
'whole-batch-norm'
"""

from gpreg_verify.examination import examine
from gpreg_verify.verification import DEFECTS, Defect, Identified, Verification

__all__ = ["DEFECTS", "Defect", "Identified", "Verification", "examine"]
