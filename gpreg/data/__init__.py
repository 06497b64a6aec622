"""Building blocks of datasets: order, exact resumption, pixels, worker processes."""

from gpreg.data.arrays import ArrayData as ArrayData
from gpreg.data.arrays import IndexedData as IndexedData
from gpreg.data.given import GivenOptions as GivenOptions
from gpreg.data.given import GivenSource as GivenSource
from gpreg.data.order import ShuffledOrder as ShuffledOrder
from gpreg.data.pixels import scale_pixels as scale_pixels
from gpreg.data.seeding import keyed_generator as keyed_generator
from gpreg.data.streaming import StreamedData as StreamedData
from gpreg.data.streaming import Wanted as Wanted
