"""LeCam regularization."""

import torch
from torch import Tensor

from gpreg.interfaces import Term, TermBatch
from gpreg_regularizers.options import LeCamOptions
from gpreg_regularizers.running_mean import RunningMean


class LeCam(Term):
    """``weight (E f(D(x_d) - a_g)^2 + E f(a_d - D(x_g))^2)``, a_d and a_g running means of D(x_d) and D(x_g).

    ``two-sided``, f(t) = t, is the formula of the paper: Tseng, Jiang, Liu, Yang and Yang (2021), Regularizing
    Generative Adversarial Networks under Limited Data, section 3. ``one-sided``, f = relu, is in the authors' code and
    in StudioGAN. It leaves a critic alone whose outputs are the wrong way round, D(x_d) < a_g and a_d < D(x_g), so that
    nothing but the loss brings it back. The averages are moved before they are used, by the batch that they meet, as in
    the authors' code, and carry no gradient.

    With ``training.accumulate`` they move once for each update, see :class:`RunningMean`; in all parts but the last
    they differ from those of the whole batch by what the missing parts add, ``1 - decay`` times.
    """

    needs = frozenset({"d_real", "d_fake"})

    def __init__(self, options: LeCamOptions) -> None:
        super().__init__()
        self._weight, self._start = options.weight, options.start
        self._one_sided = options.form == "one-sided"
        self.averages = RunningMean((2,), decay=options.decay)

    def forward(self, batch: TermBatch) -> Tensor:
        """The scalar; 0 before the update ``start``, when the averages are only the means of the last update."""
        d_real: Tensor = batch.d_real
        d_fake: Tensor = batch.d_fake
        begun = batch.step >= self._start
        means = torch.stack([d_real.detach().mean(), d_fake.detach().mean()])
        averages: Tensor = self.averages(means, update=batch.step, averaged=batch.averaged, remembers=begun)
        if not begun:
            return d_real.new_zeros(())
        of_real: Tensor = averages[0]
        of_fake: Tensor = averages[1]
        real, fake = d_real - of_fake, of_real - d_fake
        if self._one_sided:
            real, fake = real.relu(), fake.relu()
        return self._weight * (real.square().mean() + fake.square().mean())
