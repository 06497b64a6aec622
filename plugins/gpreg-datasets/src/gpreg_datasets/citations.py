"""The papers that datasets and their settings come from."""

from gpreg import Citation

WGAN_GP = Citation(
    key="gulrajani2017improved",
    authors="Gulrajani, Ishaan and Ahmed, Faruk and Arjovsky, Martin and Dumoulin, Vincent and Courville, Aaron",
    title="Improved Training of Wasserstein GANs",
    year=2017,
    venue="Advances in Neural Information Processing Systems",
    arxiv="1704.00028",
)

ZERO_GP = Citation(
    key="thanhtung2019improving",
    authors="Thanh-Tung, Hoang and Tran, Truyen and Venkatesh, Svetha",
    title="Improving Generalization and Stability of Generative Adversarial Networks",
    year=2019,
    venue="International Conference on Learning Representations",
    arxiv="1902.03984",
)

OPTDIGITS = Citation(
    key="alpaydin1998optical",
    authors="Alpaydin, Ethem and Kaynak, Cenk",
    title="Optical Recognition of Handwritten Digits",
    year=1998,
    entry="misc",
    venue="UCI Machine Learning Repository",
    doi="10.24432/C50P49",
)

SCIKIT_LEARN = Citation(
    key="pedregosa2011scikit",
    authors="Pedregosa, Fabian and others",
    title="Scikit-learn: Machine Learning in Python",
    year=2011,
    entry="article",
    venue="Journal of Machine Learning Research",
    volume="12",
    pages="2825-2830",
    arxiv="1201.0490",
)

MNIST = Citation(
    key="lecun1998gradient",
    authors="LeCun, Yann and Bottou, Léon and Bengio, Yoshua and Haffner, Patrick",
    title="Gradient-Based Learning Applied to Document Recognition",
    year=1998,
    entry="article",
    venue="Proceedings of the IEEE",
    volume="86",
    number="11",
    pages="2278-2324",
    doi="10.1109/5.726791",
)

FASHION_MNIST = Citation(
    key="xiao2017fashion",
    authors="Xiao, Han and Rasul, Kashif and Vollgraf, Roland",
    title="Fashion-MNIST: a Novel Image Dataset for Benchmarking Machine Learning Algorithms",
    year=2017,
    venue="arXiv preprint",
    arxiv="1708.07747",
)

CIFAR10 = Citation(
    key="krizhevsky2009learning",
    authors="Krizhevsky, Alex",
    title="Learning Multiple Layers of Features from Tiny Images",
    year=2009,
    entry="techreport",
    venue="University of Toronto",
)

NOTO_EMOJI = Citation(
    key="notoemoji",
    authors="{Google}",
    title="Noto Emoji fonts",
    year=2023,
    entry="misc",
    venue="version 2.042",
    url="https://github.com/googlefonts/noto-emoji",
)

UNROLLED = Citation(
    key="metz2017unrolled",
    authors="Metz, Luke and Poole, Ben and Pfau, David and Sohl-Dickstein, Jascha",
    title="Unrolled Generative Adversarial Networks",
    year=2017,
    venue="International Conference on Learning Representations",
    arxiv="1611.02163",
)

VEEGAN = Citation(
    key="srivastava2017veegan",
    authors="Srivastava, Akash and Valkov, Lazar and Russell, Chris and Gutmann, Michael U. and Sutton, Charles",
    title="VEEGAN: Reducing Mode Collapse in GANs using Implicit Variational Learning",
    year=2017,
    venue="Advances in Neural Information Processing Systems",
    arxiv="1705.07761",
)
