"""Strided convolutions that pad as TensorFlow's SAME does, and the transposed convolutions that undo their shapes.

PyTorch pads both sides alike; SAME puts the odd pixel at the end. A 5x5 convolution of stride 2 on an even size pads 1
pixel before and 2 after; ``padding=2`` would sample a grid shifted by one pixel.
"""

from torch import Tensor, nn
from torch.nn import functional as F


def same_padding(size: int, kernel: int, stride: int) -> tuple[int, int]:
    """Pixels of padding ``(before, after)`` such that a convolution turns ``size`` into ``ceil(size / stride)``.

    The sum of both is ``max((ceil(size / stride) - 1) * stride + kernel - size, 0)``; the smaller half comes before.
    """
    total = max((-(-size // stride) - 1) * stride + kernel - size, 0)
    return total // 2, total - total // 2


class SameConv2d(nn.Conv2d):
    """A convolution with SAME padding: ``(B, c, h, w) -> (B, c', ceil(h / stride), ceil(w / stride))``."""

    def __init__(self, in_channels: int, out_channels: int, kernel: int, stride: int) -> None:
        super().__init__(in_channels, out_channels, kernel, stride)

    def forward(self, input: Tensor) -> Tensor:
        """Pad and convolve."""
        rows, columns = (
            same_padding(size, kernel, stride)
            for size, kernel, stride in zip(input.shape[-2:], self.kernel_size, self.stride, strict=True)
        )
        return super().forward(F.pad(input, (*columns, *rows)))


class SameConvTranspose2d(nn.ConvTranspose2d):
    """The adjoint of :class:`SameConv2d` on a size that the stride divides.

    ``(B, c, h, w) -> (B, c', stride * h, stride * w)``: the full transposed convolution, cropped by the padding of the
    matching convolution (for kernel 5 and stride 2 by 1 before and 2 after). The kernel is no smaller than the stride.
    """

    def __init__(self, in_channels: int, out_channels: int, kernel: int, stride: int) -> None:
        before, _ = same_padding(stride, kernel, stride)
        super().__init__(in_channels, out_channels, kernel, stride, padding=before)

    def forward(self, input: Tensor, output_size: list[int] | None = None) -> Tensor:
        """Convolve, transposed; ``padding`` crops both sides equally, and a slice what is still too much at the end."""
        height, width = (size * stride for size, stride in zip(input.shape[-2:], self.stride, strict=True))
        return super().forward(input, output_size)[..., :height, :width]


class Crop(nn.Module):
    """Keep the first rows and columns: ``(B, c, h, w) -> (B, c, *size)``."""

    def __init__(self, size: tuple[int, int]) -> None:
        super().__init__()
        self.size = size

    def extra_repr(self) -> str:
        """The size of the output."""
        return str(self.size)

    def forward(self, images: Tensor) -> Tensor:
        """Crop."""
        return images[..., : self.size[0], : self.size[1]]
