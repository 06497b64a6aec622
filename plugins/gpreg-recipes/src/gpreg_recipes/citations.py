"""The papers that the recipes come from."""

from gpreg import Citation

KIM = Citation(
    key="kim2018local",
    authors="Kim, Cheolhyeong and Park, Seungtae and Hwang, Hyung Ju",
    title="Local Stability and Performance of Simple Gradient Penalty mu-Wasserstein GAN",
    year=2018,
    venue="arXiv preprint",
    arxiv="1810.02528",
    part="section 5",
)

GULRAJANI = Citation(
    key="gulrajani2017improved",
    authors="Gulrajani, Ishaan and Ahmed, Faruk and Arjovsky, Martin and Dumoulin, Vincent and Courville, Aaron",
    title="Improved Training of Wasserstein GANs",
    year=2017,
    venue="Advances in Neural Information Processing Systems",
    arxiv="1704.00028",
    part="reference code",
)

THANH_TUNG = Citation(
    key="thanhtung2019improving",
    authors="Thanh-Tung, Hoang and Tran, Truyen and Venkatesh, Svetha",
    title="Improving Generalization and Stability of Generative Adversarial Networks",
    year=2019,
    venue="International Conference on Learning Representations",
    arxiv="1902.03984",
    part="section 6 and appendix E",
)

MESCHEDER = Citation(
    key="mescheder2018which",
    authors="Mescheder, Lars and Geiger, Andreas and Nowozin, Sebastian",
    title="Which Training Methods for GANs do actually Converge?",
    year=2018,
    venue="International Conference on Machine Learning",
    arxiv="1801.04406",
    part="reference code",
)

R3GAN = Citation(
    key="huang2024gan",
    authors="Huang, Yiwen and Gokaslan, Aaron and Kuleshov, Volodymyr and Tompkin, James",
    title="The GAN is dead; long live the GAN! A Modern GAN Baseline",
    year=2024,
    venue="Advances in Neural Information Processing Systems",
    arxiv="2501.05441",
    part="reference code",
)

VEEGAN = Citation(
    key="srivastava2017veegan",
    authors="Srivastava, Akash and Valkov, Lazar and Russell, Chris and Gutmann, Michael U. and Sutton, Charles",
    title="VEEGAN: Reducing Mode Collapse in GANs using Implicit Variational Learning",
    year=2017,
    venue="Advances in Neural Information Processing Systems",
    arxiv="1705.07761",
)
