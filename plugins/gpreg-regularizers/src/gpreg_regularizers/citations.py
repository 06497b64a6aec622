"""The papers that the regularizers come from."""

from gpreg import Citation

PROGRESSIVE = Citation(
    key="karras2018progressive",
    authors="Karras, Tero and Aila, Timo and Laine, Samuli and Lehtinen, Jaakko",
    title="Progressive Growing of GANs for Improved Quality, Stability, and Variation",
    year=2018,
    venue="International Conference on Learning Representations",
    arxiv="1710.10196",
    part="Appendix A.1",
)
LECAM = Citation(
    key="tseng2021regularizing",
    authors="Tseng, Hung-Yu and Jiang, Lu and Liu, Ce and Yang, Ming-Hsuan and Yang, Weilong",
    title="Regularizing Generative Adversarial Networks under Limited Data",
    year=2021,
    venue="Conference on Computer Vision and Pattern Recognition",
    arxiv="2104.03310",
    part="section 3",
)
CR = Citation(
    key="zhang2020consistency",
    authors="Zhang, Han and Zhang, Zizhao and Odena, Augustus and Lee, Honglak",
    title="Consistency Regularization for Generative Adversarial Networks",
    year=2020,
    venue="International Conference on Learning Representations",
    arxiv="1910.12027",
    part="Algorithm 1",
)
ICR = Citation(
    key="zhao2021improved",
    authors="Zhao, Zhengli and Singh, Sameer and Lee, Honglak and Zhang, Zizhao and Odena, Augustus and Zhang, Han",
    title="Improved Consistency Regularization for GANs",
    year=2021,
    venue="AAAI Conference on Artificial Intelligence",
    arxiv="2002.04724",
)
PATH_LENGTH = Citation(
    key="karras2020analyzing",
    authors="Karras, Tero and Laine, Samuli and Aittala, Miika and Hellsten, Janne and Lehtinen, Jaakko and Aila, Timo",
    title="Analyzing and Improving the Image Quality of StyleGAN",
    year=2020,
    venue="Conference on Computer Vision and Pattern Recognition",
    arxiv="1912.04958",
    part="equation 4",
)
BIGGAN = Citation(
    key="brock2019large",
    authors="Brock, Andrew and Donahue, Jeff and Simonyan, Karen",
    title="Large Scale GAN Training for High Fidelity Natural Image Synthesis",
    year=2019,
    venue="International Conference on Learning Representations",
    arxiv="1809.11096",
    part="equation 3",
)
MODE_SEEKING = Citation(
    key="mao2019mode",
    authors="Mao, Qi and Lee, Hsin-Ying and Tseng, Hung-Yu and Ma, Siwei and Yang, Ming-Hsuan",
    title="Mode Seeking Generative Adversarial Networks for Diverse Image Synthesis",
    year=2019,
    venue="Conference on Computer Vision and Pattern Recognition",
    arxiv="1903.05628",
    part="section 3.2",
)
IMPROVED_TECHNIQUES = Citation(
    key="salimans2016improved",
    authors="Salimans, Tim and Goodfellow, Ian and Zaremba, Wojciech and Cheung, Vicki and Radford, Alec and Chen, Xi",
    title="Improved Techniques for Training GANs",
    year=2016,
    venue="Advances in Neural Information Processing Systems",
    arxiv="1606.03498",
    part="section 3.1",
)
