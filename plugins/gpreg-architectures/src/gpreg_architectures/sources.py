"""The papers that the architectures come from."""

from gpreg import Citation

RADFORD = Citation(
    key="radford2016unsupervised",
    authors="Alec Radford and Luke Metz and Soumith Chintala",
    title="Unsupervised Representation Learning with Deep Convolutional Generative Adversarial Networks",
    year=2016,
    venue="International Conference on Learning Representations",
    arxiv="1511.06434",
)

GULRAJANI = Citation(
    key="gulrajani2017improved",
    authors="Ishaan Gulrajani and Faruk Ahmed and Martin Arjovsky and Vincent Dumoulin and Aaron Courville",
    title="Improved Training of Wasserstein GANs",
    year=2017,
    venue="Advances in Neural Information Processing Systems 30",
    arxiv="1704.00028",
)

MESCHEDER = Citation(
    key="mescheder2018training",
    authors="Lars Mescheder and Andreas Geiger and Sebastian Nowozin",
    title="Which Training Methods for GANs Do Actually Converge?",
    year=2018,
    venue="Proceedings of the 35th International Conference on Machine Learning",
    arxiv="1801.04406",
)

THANH_TUNG = Citation(
    key="thanhtung2019improving",
    authors="Hoang Thanh-Tung and Truyen Tran and Svetha Venkatesh",
    title="Improving Generalization and Stability of Generative Adversarial Networks",
    year=2019,
    venue="International Conference on Learning Representations",
    arxiv="1902.03984",
)
