"""Why a critic cannot be differentiated as an estimator needs, and what would work."""

from gpreg.errors import UsageError

_WITHOUT = {
    1: "take differences along random directions, which need no gradient by x: estimator='noise', or "
    "gpreg.penalties.FiniteDifference(directions=1)",
    2: "take differences of the critic's values: estimator='finite-difference' or estimator='noise'",
}
"""What works all the same if the first derivative by the points is impossible, or the second."""

_KNOWN = (
    (
        ("scaled_dot_product", "flash_attention", "efficient_attention"),
        "fused attention has no second derivative",
        "let attention be computed step by step: with torch.nn.attention.sdpa_kernel("
        "torch.nn.attention.SDPBackend.MATH): value = penalty(critic, real, fake)",
        2,
    ),
    (
        ("donated buffer", "aot_autograd does not currently support double backward"),
        "a graph of torch.compile has no double backward",
        "give the penalty the module that was compiled, whose parameters are the same: critic._orig_mod",
        2,
    ),
    (
        ("use_reentrant=true", "checkpoint is incompatible with .grad()"),
        "torch.utils.checkpoint with use_reentrant=True allows no gradient by the critic's input",
        "write checkpoint(..., use_reentrant=False) in the critic",
        1,
    ),
    (
        ("cudnn rnn", "_cudnn_rnn"),
        "the recurrent layers of cuDNN do not allow it",
        "compute the penalty without cuDNN: with torch.backends.cudnn.flags(enabled=False): "
        "value = penalty(critic, real, fake)",
        2,
    ),
)
"""Parts of torch's own messages, what they mean, what avoids them, and the derivative that is the first to fail."""


def not_differentiable(error: Exception, times: int) -> UsageError:
    """The refusal of a critic that raised an error while it was differentiated by its input.

    Args:
        error: what torch raised.
        times: how often it was differentiated by its input: 1, or 2 if the penalty needs double backward.

    >>> error = RuntimeError("derivative for aten::_flash_attention_backward is not implemented")
    >>> print(not_differentiable(error, 2).message)
    the critic cannot be differentiated twice: fused attention has no second derivative
    """
    message = str(error)
    how = {1: "by its input", 2: "twice"}[times]
    for signs, meaning, remedy, fails in _KNOWN:
        if any(sign in message.lower() for sign in signs):
            return UsageError(
                f"the critic cannot be differentiated {how}: {meaning}",
                remedy=f"{remedy}; or {_WITHOUT[min(times, fails)]}",
            )
    reason = message.partition("\n")[0].strip() or type(error).__name__
    return UsageError(f"the critic cannot be differentiated {how}: {reason}", remedy=_WITHOUT[times])


def unreached() -> UsageError:
    """The refusal of a critic whose output does not depend on its input as far as autograd knows."""
    return UsageError(
        "the critic's output carries no gradient to its input",
        remedy="call the critic with gradient tracking, and do not detach inside it. If a frozen part of it runs under "
        "torch.no_grad(), give the penalty its features as samples and the rest as the critic, or freeze it with "
        f"requires_grad_(False) instead; or {_WITHOUT[1]}",
    )
