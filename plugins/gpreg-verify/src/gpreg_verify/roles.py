"""What a parameter of somebody's function stands for, judged by its name: its possible roles, the likeliest first."""

import inspect
import re
from functools import cache

DATA = frozenset({"critic", "real", "fake", "mixed", "logits", "fake-logits", "gradients", "network", "latent"})
"""Roles of what a penalty is computed from; a role of each is given at most once."""

_LOGITS = r"logits?|preds?|predictions?|scores?|outputs?|outs?|validity|d_?outs?|disc_out(put)?s?|critic_out(put)?s?"
_PATTERNS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (r"device|dev|cuda|gpu|use_?(cuda|gpu)|gpu_?ids?", ("device",)),
    (r"dtype", ("dtype",)),
    (r"pac|pacs?_?size|packs?|packing", ("pack",)),
    (r"(grad_?|amp_?|loss_?)?scaler", ("scaler",)),
    (r"(d_?|opt_?)?optim(izer)?(_?d)?|opt_?d|d_?opt", ("optimizer",)),
    (r"self", ("settings", "critic")),
    (r"args|opts?|cfg|conf(ig)?|hp|hparams?|hps|flags|options|settings", ("settings",)),
    (r"rng|random_state|torch_generator|rand_gen|random_generator", ("rng", "numpy-rng")),
    (r"(loss|grad(ient)?|amp|inner)_?scale(_?factor)?", ("loss-scale",)),
    (r"generator|gen|net_?g|g_?net|g_?model|g", ("network", "rng", "fake", "numpy-rng")),
    (r"every|interval|lazy(_?\w+)?|\w+_(every|interval|period|freq)|period|freq(uency)?|every_?\w+", ("every",)),
    (
        r"(global_?|cur(rent)?_?|train(ing)?_?|d_?|n_?)?(steps?|iter(ation)?s?|it)|i|idx|batch_idx|count|epoch|t",
        ("step",),
    ),
    (r"labels?|class(es)?|cond(ition)?(s|ing)?|real_labels?|label_real|cls|embeds?|embeddings?|c|context", ("labels",)),
    (r"batch_?size|bs|bsz|num_samples", ("size", "fake", "real")),
    (r"b|n", ("fake", "size", "real")),  # samples for a size raise an error, and a size for samples need not
    (r"(d|disc|critic|preds?|out(put)?s?|logits?|scores?)_?\w*(interp|hat|mixed)\w*", ("logits", "mixed")),
    (r"\w*(interp|hat|mixed)\w*_(preds?|out(put)?s?|logits?|scores?|validity)", ("logits", "mixed")),
    (rf"((real|true|expert|demo|x|d)_?)?({_LOGITS})(_?(real|true|expert|demo|x|d))?", ("logits", "fake")),
    (
        r"(d|disc|critic)_?(real|true|x)|(real|true)_?(d|disc|critic|validity)|d_?of_?x|dx|yr|y_real|y_?pred",
        ("logits",),
    ),
    (rf"((fake|gen|agent|g)_?)({_LOGITS})|({_LOGITS})_?(fake|gen|agent|g)", ("fake-logits",)),
    (r"(d|disc|critic)_?(fake|gen|g)|(fake|gen)_?(d|disc|critic|validity)|yf|y_fake", ("fake-logits",)),
    (
        r"\w*interp\w*|mixed\w*|(x|img|imgs|images?)_?hat|between|x_?bar|mids?|blend\w*|x_?(inter|mix)|points?",
        ("mixed",),
    ),
    (r"grads?|gradients?|(grads?|gradients?)_?(x|inputs?|wrt_\w+)|dx_?grad", ("gradients",)),
    (r"z|latents?|codes?|noises?", ("latent", "fake")),
    (r"\w*(fake|generated|agent|policy|synth|replay)\w*|x_?g|x_?f|g_?x|g_?z|xf|neg(ative)?s?|gen_\w+", ("fake",)),
    (r"\w*(real|expert|demo|motion)\w*|x_?r|x_?d|xr|gt|hr|pos(itive)?s?|true_\w+|\w+_true", ("real",)),
    (
        r"critic\w*|disc\w*|dis|net_?d\w*|d_?(net|model|fn)|d|model|net(work)?|module|\w*critic|\w*discriminator",
        ("critic",),
    ),
    (r"f|fn|func(tion)?|score_?fn|energy(_?fn)?|h|phi", ("critic", "fake")),
    (
        r"x|inputs?|images?|imgs?|samples?|data|batch|obs(ervations?)?|states?|features?|xs|inp|x_?in|img|a",
        ("real", "mixed"),
    ),
    (r"y|ys|target|x_?2|q|other|u|v|second|ref(erence)?", ("fake", "labels", "logits")),
    (r"x_?1|p_?data|first", ("real",)),
    (
        r"\w*(lam|lambda|lmbda|lambd|gamma|weight|coef|coeff|rho|beta|factor|strength|penalty_w)\w*|w|gp_?w|wt|l",
        ("weight",),
    ),
    (r"(r1|r2|gp)|(r1|r2|gp|d)_?(reg|scale)|scale", ("weight",)),
    (r"k|cent(er|re)|target_?norm|norm_?target|const(ant)?|target_?value|lipschitz\w*|bound|margin", ("centre",)),
    (r"p|pow(er)?|exp(onent)?|norm_?p", ("power",)),
    (r"sigma|std|stdev|noise(_?\w+)?|perturb\w*|delta|step_?size|radius|s", ("sigma",)),
    (r"eps(ilon)?|tiny|stab\w*", ("tiny",)),
    (r"alpha", ("weight",)),
)
UNKNOWN = ("critic", "real", "fake", "logits", "weight")
"""What a name may stand for that says nothing."""

DEFAULTS: dict[str, object] = {
    "weight": 10.0,
    "centre": 1.0,
    "power": 2.0,
    "sigma": 0.1,
    "tiny": 1e-12,
    "every": 1,
    "step": 0,
    "loss-scale": 1.0,
    "pack": 1,
}
"""What is given for a number that the function wants and has no default for."""


def roles(parameter: inspect.Parameter) -> tuple[str, ...]:
    """The possible roles of a parameter, the likeliest first.

    >>> def penalty(netD, real_data, x_hat, lambda_gp=10): ...
    >>> [roles(parameter)[0] for parameter in inspect.signature(penalty).parameters.values()]
    ['critic', 'real', 'mixed', 'weight']
    """
    if "torch.Generator" in str(parameter.annotation) or "torch._C.Generator" in str(parameter.annotation):
        return ("rng",)
    if "numpy.random" in str(parameter.annotation) or "np.random" in str(parameter.annotation):
        return ("numpy-rng",)
    found = _of_type(roles_of(parameter.name), str(parameter.annotation))
    if found[0] == "network" and parameter.default is None:
        return ("rng", "network")
    return found


def _of_type(possible: tuple[str, ...], annotation: str) -> tuple[str, ...]:
    """The roles that an annotation allows, those that the name allows too at first."""
    allowed: tuple[str, ...] = ()
    if re.search(r"Module|Callable|Critic|Discriminator", annotation):
        allowed = ("critic", "network")
    elif re.search(r"Tensor", annotation):
        allowed = ("real", "fake", "mixed", "logits", "fake-logits", "gradients", "latent", "labels")
    elif re.search(r"\b(float|int)\b", annotation):
        allowed = ("weight", "centre", "power", "sigma", "tiny", "every", "step", "size", "loss-scale")
    if not allowed:
        return possible
    return tuple(dict.fromkeys([*(role for role in possible if role in allowed), *allowed]))


@cache
def roles_of(name: str) -> tuple[str, ...]:
    """The possible roles of a name.

    >>> roles_of("real_logits"), roles_of("d_fake"), roles_of("reg_every")
    (('logits', 'fake', 'real'), ('fake-logits', 'fake'), ('every',))
    """
    bare = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower().strip("_")
    matching = [possible for pattern, possible in _PATTERNS if re.fullmatch(pattern, bare)]
    found = tuple(dict.fromkeys(role for possible in matching for role in possible))
    return found or UNKNOWN


def names_critic(name: str) -> bool:
    """Whether a name is one that people give to a critic.

    >>> names_critic("netD"), names_critic("weight"), names_critic("whatever")
    (True, False, False)
    """
    found = roles_of(name)
    return found[0] == "critic" and found != UNKNOWN


def suits_vectors(names: str) -> bool:
    """Whether names or a docstring speak of samples that are vectors, so that no images need be tried.

    >>> suits_vectors("expert_states"), suits_vectors("real_images")
    (True, False)
    """
    told = re.search(
        r"expert|demo|agent|polic|motion|(?<![a-z])amp(?![a-z])|state|(?<![a-z])obs|tabular|rows?\b|ctgan|vector|feature|\(\s*[BNM]\s*,\s*[dDF]\s*\)",
        names,
        re.IGNORECASE,
    )
    return bool(told) and not re.search(r"ima?ge?s?\b|pixel|channels?\b", names, re.IGNORECASE)
