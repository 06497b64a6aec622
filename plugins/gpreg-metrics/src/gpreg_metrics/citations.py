"""The papers that define the metrics of this package."""

from gpreg import Citation

VEEGAN = Citation(
    key="srivastava2017veegan",
    authors="Srivastava, Akash and Valkov, Lazar and Russell, Chris and Gutmann, Michael U. and Sutton, Charles",
    title="VEEGAN: Reducing Mode Collapse in GANs using Implicit Variational Learning",
    year=2017,
    venue="Advances in Neural Information Processing Systems",
    arxiv="1705.07761",
)

UNROLLED = Citation(
    key="metz2017unrolled",
    authors="Metz, Luke and Poole, Ben and Pfau, David and Sohl-Dickstein, Jascha",
    title="Unrolled Generative Adversarial Networks",
    year=2017,
    venue="International Conference on Learning Representations",
    arxiv="1611.02163",
)

OPTIMAL_TRANSPORT = Citation(
    key="peyre2019computational",
    authors="Peyré, Gabriel and Cuturi, Marco",
    title="Computational Optimal Transport",
    year=2019,
    entry="article",
    venue="Foundations and Trends in Machine Learning",
    volume="11",
    number="5-6",
    pages="355-607",
    arxiv="1803.00567",
)

TTUR = Citation(
    key="heusel2017gans",
    authors="Heusel, Martin and Ramsauer, Hubert and Unterthiner, Thomas and Nessler, Bernhard and Hochreiter, Sepp",
    title="GANs Trained by a Two Time-Scale Update Rule Converge to a Local Nash Equilibrium",
    year=2017,
    venue="Advances in Neural Information Processing Systems",
    arxiv="1706.08500",
)

IMPROVED_TECHNIQUES = Citation(
    key="salimans2016improved",
    authors="Salimans, Tim and Goodfellow, Ian and Zaremba, Wojciech and Cheung, Vicki and Radford, Alec and Chen, Xi",
    title="Improved Techniques for Training GANs",
    year=2016,
    venue="Advances in Neural Information Processing Systems",
    arxiv="1606.03498",
)

MMD_GANS = Citation(
    key="binkowski2018demystifying",
    authors="Bińkowski, Mikołaj and Sutherland, Danica J. and Arbel, Michael and Gretton, Arthur",
    title="Demystifying MMD GANs",
    year=2018,
    venue="International Conference on Learning Representations",
    arxiv="1801.01401",
)

PRECISION_RECALL = Citation(
    key="kynkaanniemi2019improved",
    authors="Kynkäänniemi, Tuomas and Karras, Tero and Laine, Samuli and Lehtinen, Jaakko and Aila, Timo",
    title="Improved Precision and Recall Metric for Assessing Generative Models",
    year=2019,
    venue="Advances in Neural Information Processing Systems",
    arxiv="1904.06991",
)

ZERO_GP = Citation(
    key="thanhtung2019improving",
    authors="Thanh-Tung, Hoang and Tran, Truyen and Venkatesh, Svetha",
    title="Improving Generalization and Stability of Generative Adversarial Networks",
    year=2019,
    venue="International Conference on Learning Representations",
    arxiv="1902.03984",
    part="Figure 1",
)
