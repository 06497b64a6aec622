"""What somebody has at hand, networks, data, classes, as what a recipe names."""

from gpreg.objects.adoption import adopt as adopt
from gpreg.objects.pair import Pair as Pair
from gpreg.objects.thing import spec_of as spec_of
