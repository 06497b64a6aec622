"""The papers that the measures and forms come from."""

from dataclasses import replace

from gpreg import Citation

KIM = Citation(
    key="kim2018local",
    authors="Kim, Cheolhyeong and Park, Seungtae and Hwang, Hyung Ju",
    title="Local Stability and Performance of Simple Gradient Penalty mu-Wasserstein GAN",
    year=2018,
    venue="arXiv preprint",
    arxiv="1810.02528",
)
WGAN = Citation(
    key="arjovsky2017wasserstein",
    authors="Arjovsky, Martin and Chintala, Soumith and Bottou, Leon",
    title="Wasserstein Generative Adversarial Networks",
    year=2017,
    venue="International Conference on Machine Learning",
    arxiv="1701.07875",
    part="Algorithm 1",
)
WGAN_GP = Citation(
    key="gulrajani2017improved",
    authors="Gulrajani, Ishaan and Ahmed, Faruk and Arjovsky, Martin and Dumoulin, Vincent and Courville, Aaron",
    title="Improved Training of Wasserstein GANs",
    year=2017,
    venue="Advances in Neural Information Processing Systems",
    arxiv="1704.00028",
    part="Algorithm 1",
)
R1 = Citation(
    key="mescheder2018which",
    authors="Mescheder, Lars and Geiger, Andreas and Nowozin, Sebastian",
    title="Which Training Methods for GANs do actually Converge?",
    year=2018,
    venue="International Conference on Machine Learning",
    arxiv="1801.04406",
    part="section 4.1",
)
ZERO_GP = Citation(
    key="thanhtung2019improving",
    authors="Thanh-Tung, Hoang and Tran, Truyen and Venkatesh, Svetha",
    title="Improving Generalization and Stability of Generative Adversarial Networks",
    year=2019,
    venue="International Conference on Learning Representations",
    arxiv="1902.03984",
    part="equation 6",
)
ROTH = Citation(
    key="roth2017stabilizing",
    authors="Roth, Kevin and Lucchi, Aurelien and Nowozin, Sebastian and Hofmann, Thomas",
    title="Stabilizing Training of Generative Adversarial Networks through Regularization",
    year=2017,
    venue="Advances in Neural Information Processing Systems",
    arxiv="1705.09367",
    part="the Jensen-Shannon regularizer",
)
DRAGAN = Citation(
    key="kodali2017convergence",
    authors="Kodali, Naveen and Abernethy, Jacob and Hays, James and Kira, Zsolt",
    title="On Convergence and Stability of GANs",
    year=2017,
    venue="arXiv preprint",
    arxiv="1705.07215",
)
WGAN_LP = Citation(
    key="petzka2018regularization",
    authors="Petzka, Henning and Fischer, Asja and Lukovnikov, Denis",
    title="On the regularization of Wasserstein GANs",
    year=2018,
    venue="International Conference on Learning Representations",
    arxiv="1709.08894",
)
WGAN_DIV = Citation(
    key="wu2018wasserstein",
    authors="Wu, Jiqing and Huang, Zhiwu and Thoma, Janine and Acharya, Dinesh and Van Gool, Luc",
    title="Wasserstein Divergence for GANs",
    year=2018,
    venue="European Conference on Computer Vision",
    arxiv="1712.01026",
)

TABLE = replace(KIM, part="Table 1")
LATENT_PATH = replace(ZERO_GP, part="appendix F, Algorithm 1")
