"""Turn a user's objects (networks, data, classes) into things that a recipe can name."""

from gpreg.objects.adoption import adopt as adopt
from gpreg.objects.pair import Pair as Pair
from gpreg.objects.thing import spec_of as spec_of
