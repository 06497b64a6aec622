"""What this package supplies. Read at every start of gpreg, so it imports no torch."""

from dataclasses import dataclass

import gpreg

WGAN_GP = gpreg.Citation(
    key="gulrajani2017improved",
    authors="Gulrajani, Ishaan and Ahmed, Faruk and Arjovsky, Martin and Dumoulin, Vincent and Courville, Aaron",
    title="Improved Training of Wasserstein GANs",
    year=2017,
    venue="Advances in Neural Information Processing Systems",
    arxiv="1704.00028",
    part="Proposition 1",
)


@dataclass(frozen=True, kw_only=True)
class ChordOptions:
    """Options of ``ot-chords``."""

    power: float = gpreg.option(
        1.0, ge=1, help="p of the cost |x_d - x_g|^p of a pair; 1: the distance, of which the proposition speaks"
    )


@gpreg.hookimpl
def gpreg_measures() -> list[gpreg.MeasureSpec]:
    """One measure."""
    return [
        gpreg.MeasureSpec(
            name="ot-chords",
            factory="gpreg_example.ot_chords:TransportChords",
            options=ChordOptions,
            summary="between real and fake, paired by the batch's optimal transport; claims are for the form squared",
            form="one-centered",
            penalty="E[(|grad D| - 1)^2]",
            sampling="x = a x_d + (1-a) x_g, pairs of least sum |x_d - x_g|^p",
            claims=(
                gpreg.Claim(
                    assumption="5a",
                    verdict="depends",
                    because="mu does not depend on the critic; it converges if two real batches have one best pairing",
                ),
                gpreg.Claim(
                    assumption="5b",
                    verdict="holds",
                    because="whole batches fall near any point of S with positive probability, whatever pairs them",
                ),
                gpreg.Claim(
                    assumption="5c",
                    verdict="fails",
                    because="two real batches differ by chance, and some of their chords leave S, unless S is convex",
                ),
                gpreg.Claim(assumption="6a", verdict="holds", because="mu does not depend on the critic"),
                gpreg.Claim(assumption="6b", verdict="holds", because="the limit of mu covers S"),
                gpreg.Claim(
                    assumption="6c", verdict="depends", because="on D* being flat on the chords of two real batches"
                ),
            ),
            cites=(WGAN_GP,),
        )
    ]
