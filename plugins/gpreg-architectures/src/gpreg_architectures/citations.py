"""The papers that the architectures come from."""

from gpreg import Citation

RADFORD = Citation(
    key="radford2016unsupervised",
    authors="Radford, Alec and Metz, Luke and Chintala, Soumith",
    title="Unsupervised Representation Learning with Deep Convolutional Generative Adversarial Networks",
    year=2016,
    venue="International Conference on Learning Representations",
    arxiv="1511.06434",
)

GULRAJANI = Citation(
    key="gulrajani2017improved",
    authors="Gulrajani, Ishaan and Ahmed, Faruk and Arjovsky, Martin and Dumoulin, Vincent and Courville, Aaron",
    title="Improved Training of Wasserstein GANs",
    year=2017,
    venue="Advances in Neural Information Processing Systems",
    arxiv="1704.00028",
)

MESCHEDER = Citation(
    key="mescheder2018which",
    authors="Mescheder, Lars and Geiger, Andreas and Nowozin, Sebastian",
    title="Which Training Methods for GANs do actually Converge?",
    year=2018,
    venue="International Conference on Machine Learning",
    arxiv="1801.04406",
)

THANH_TUNG = Citation(
    key="thanhtung2019improving",
    authors="Thanh-Tung, Hoang and Tran, Truyen and Venkatesh, Svetha",
    title="Improving Generalization and Stability of Generative Adversarial Networks",
    year=2019,
    venue="International Conference on Learning Representations",
    arxiv="1902.03984",
)

HUANG = Citation(
    key="huang2024gan",
    authors="Huang, Yiwen and Gokaslan, Aaron and Kuleshov, Volodymyr and Tompkin, James",
    title="The GAN is dead; long live the GAN! A Modern GAN Baseline",
    year=2024,
    venue="Advances in Neural Information Processing Systems",
    arxiv="2501.05441",
)
