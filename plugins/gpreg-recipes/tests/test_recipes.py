import subprocess
import sys
from importlib.resources import files

import pytest
import torch

import gpreg
from gpreg.interfaces import Opening, SampleSpec
from gpreg.recipe import check_clashes, clashes, for_architecture, load, override, read, resolve, to_table, write
from gpreg.runs.plan import Supply
from gpreg.training.game import Game
from gpreg.training.run import start
from gpreg.training.setup import set_up
from gpreg_recipes.plugin import gpreg_recipes

REGISTRY = gpreg.load_registry()
SPECS = {spec.name: spec for spec in gpreg_recipes()}
MEASURES = [spec.name for spec in REGISTRY.list("measure")]
ARCHITECTURES = [spec.name for spec in REGISTRY.list("architecture") if spec.package == "gpreg-architectures"]

every_recipe = pytest.mark.parametrize("name", SPECS)


def test_every_file_is_registered():
    found = {entry.name.removesuffix(".toml") for entry in files("gpreg_recipes").joinpath("recipes").iterdir()}
    assert found == set(SPECS)


def test_listing_reads_no_file_and_imports_no_torch():
    code = """
import sys
opened = []
sys.addaudithook(lambda event, args: opened.append(str(args[0])) if event == "open" else None)
import gpreg_recipes.plugin as plugin
assert len(plugin.gpreg_recipes()) > 20
sys.exit("torch" in sys.modules or any(name.endswith(".toml") for name in opened))
"""
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@every_recipe
def test_each_is_read_without_problems_and_says_what_the_listing_says(name):
    recipe = load(name, REGISTRY)
    assert recipe.summary == SPECS[name].summary
    assert len(recipe.summary) <= 100
    assert recipe.source


@every_recipe
def test_each_comes_back_from_its_complete_text(name):
    complete = resolve(load(name, REGISTRY), REGISTRY)
    assert to_table(read(write(complete), origin=name, registry=REGISTRY)) == to_table(complete)


@every_recipe
def test_none_contradicts_itself(name):
    assert clashes(load(name, REGISTRY), REGISTRY) == ()


@every_recipe
def test_each_takes_every_measure_with_the_form_that_belongs_to_it(name):
    recipe = resolve(load(name, REGISTRY), REGISTRY)
    for measure in MEASURES:
        changed, notes = override(recipe, {"measure.name": measure}, REGISTRY)
        complete = resolve(changed, REGISTRY)
        assert (complete.measure.name, complete.form.name) == (measure, REGISTRY.get("measure", measure).form)
        assert notes == ()
        check_clashes(complete, REGISTRY)


@every_recipe
def test_each_is_named_by_its_source_data_and_clipping(name):
    recipe = load(name, REGISTRY)
    assert name.endswith("-clip") == (recipe.measure.name == "wgan")
    sources = {"kim": "kim2018local", "thanhtung": "thanhtung2019improving", "r3gan": "huang2024gan"}
    source, _, rest = name.partition("-")
    if source in sources:
        assert SPECS[name].cites[0].key == sources[source]
        folder = rest.startswith(("imagenet", "ffhq"))
        assert recipe.dataset.name == "image-folder" if folder else rest.startswith(recipe.dataset.name)
        assert not folder or rest.endswith(f"{recipe.dataset.options['size']}")


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_each_architecture_is_tried_first_with_a_recipe_of_its_own_that_needs_no_network(name):
    spec = REGISTRY.get("architecture", name)
    recipe = for_architecture(name, REGISTRY)
    assert (recipe.architecture.name, recipe.dataset.name) == (name, spec.dataset)
    assert REGISTRY.get("dataset", spec.dataset).availability in ("bundled", "synthetic")
    assert recipe.training.steps <= 20_000


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_the_networks_of_that_recipe_fit_its_data(name):
    recipe = for_architecture(name, REGISTRY)
    architecture = REGISTRY.build("architecture", name, recipe.architecture.options)
    data = REGISTRY.build("dataset", recipe.dataset.name, recipe.dataset.options).open(
        Opening(value_range=architecture.value_range)
    )
    spec = data.spec if recipe.training.conditional else data.spec.__class__(shape=data.spec.shape)
    generator, critic = architecture.generator(spec), architecture.critic(spec)
    labels = (data.stream(2, seed=0).__next__().labels,) if recipe.training.conditional else ()
    latent = generator.draw_latent(2, gpreg_rng())
    assert critic(generator(latent, *labels), *labels).shape == (2,)


def gpreg_rng():
    return torch.Generator().manual_seed(0)


@pytest.mark.parametrize("name", [name for name in SPECS if name.startswith("kim-") and not name.endswith("-clip")])
def test_numbers_of_kim_et_al(name):
    recipe = load(name, REGISTRY)
    steps = {"kim-8gaussians": 30_000, "kim-swissroll": 100_000}
    assert recipe.training.steps == steps.get(name, 200_000)
    assert (recipe.training.critic_steps, recipe.measure.name, recipe.loss.name) == (5, "mid", "wasserstein")
    assert "penalty.rho" in recipe.unstated
    planar = recipe.architecture.name == "mlp"
    assert recipe.penalty.rho == (0.2 if planar else 20.0)
    resnet = recipe.architecture.name == "resnet"
    rate = {"lr": 2e-4, "betas": (0.0, 0.9)} if resnet else {"lr": 1e-4, "betas": (0.5, 0.9)}
    assert recipe.critic_optimizer.arguments == recipe.generator_optimizer.arguments == rate


@pytest.mark.parametrize("name", [name for name in SPECS if name.endswith("-clip")])
def test_clipping_differs_from_its_sibling_in_what_clipping_asks_for_only(name):
    clip, sibling = load(name, REGISTRY), load(name.removesuffix("-clip"), REGISTRY)
    assert clip.measure.options == {"clip": 0.01}
    for player in (clip.critic_optimizer, clip.generator_optimizer):
        assert (player.name, player.arguments) == ("RMSpropTF", {"lr": 5e-5, "decay": 0.9, "eps": 1e-10})
    for field in ("loss", "dataset", "penalty", "training", "schedule", "average", "report", "metrics"):
        assert getattr(clip, field) == getattr(sibling, field), field
    assert clip.architecture.name == sibling.architecture.name


@pytest.mark.parametrize("name", ["kim-cifar10-resnet", "kim-cifar10-resnet-clip"])
def test_the_resnet_of_gulrajani_et_al_normalises_over_halves_of_its_batches(name):
    small = {"architecture.width": 2, "dataset": {"name": "digits", "size": 32}, "report.check_samples": 0}
    recipe, _ = override(load(name, REGISTRY), {**small, "metrics": "none", "compute.device": "cpu"}, REGISTRY)
    experiment = set_up(Supply(registry=REGISTRY).plan(resolve(recipe, REGISTRY)))
    generated, judged = [], []
    experiment.generator.register_forward_hook(lambda module, inputs, output: generated.append(len(output)))
    experiment.critic.register_forward_pre_hook(lambda module, inputs: judged.append(len(inputs[0])))
    Game(experiment).play(0)
    assert generated == [32, 32] * 5 + [64, 64]
    assert judged[-2:] == [64, 64]


# By data: gamma, batch, images in millions and half-life in thousands of images; parameters of both networks.
R3GAN = {
    "r3gan-cifar10": (0.05, 512, 20, 5_000, 20_781_952, 21_280_512),
    "r3gan-imagenet32": (0.5, 4096, 200, 50_000, 82_914_304, 86_548_992),
    "r3gan-imagenet64": (1.0, 4096, 200, 50_000, 103_570_432, 107_205_120),
    "r3gan-ffhq64": (2.0, 256, 20, 500, 22_429_824, 22_381_440),
    "r3gan-ffhq256": (150.0, 256, 20, 500, 23_057_952, 23_009_568),
    "r3gan-stacked-mnist": (0.05, 512, 20, 500, 20_732_160, 20_683_776),
}
CLASSES = {"r3gan-cifar10": 10, "r3gan-imagenet32": 1000, "r3gan-imagenet64": 1000}


def test_every_recipe_of_r3gan_has_its_numbers_here():
    assert set(R3GAN) == {name for name in SPECS if name.startswith("r3gan-")}


@pytest.mark.parametrize("name", R3GAN)
def test_numbers_of_r3gan(name):
    gamma, batch, images, halflife, *_ = R3GAN[name]
    recipe = load(name, REGISTRY)
    training, schedule, average = recipe.training, recipe.schedule, recipe.average
    assert (recipe.measure.name, recipe.loss.name, recipe.penalty.rho) == ("pd+pg", "relativistic", gamma)
    assert (training.batch_size, training.critic_steps, training.generator_reals) == (batch, 1, "own")
    assert training.steps == -(-images * 10**6 // batch)
    assert (schedule.name, schedule.final, schedule.rho_final, schedule.beta2_final) == ("cosine", 0.25, 0.1, 0.99)
    assert (average.halflife_kimg, average.warmup_kimg, average.warmup) == (halflife, 1000 * images, "cosine")
    adam = {"lr": 2e-4, "betas": (0.0, 0.9)}
    assert recipe.critic_optimizer.arguments == recipe.generator_optimizer.arguments == adam
    labels = "batch" if name in CLASSES else "uniform"
    assert (training.conditional, training.fake_labels) == (name in CLASSES, labels)
    assert recipe.dataset.options.get("mirror", False) == (recipe.dataset.name != "stacked-mnist")


@pytest.mark.parametrize("name", R3GAN)
def test_networks_of_r3gan(name):
    *_, generator, critic = R3GAN[name]
    recipe = load(name, REGISTRY)
    size = recipe.dataset.options.get("size", 32)
    spec = SampleSpec(shape=(3, size, size), classes=CLASSES.get(name))
    architecture = REGISTRY.build("architecture", recipe.architecture.name, recipe.architecture.options)
    with torch.device("meta"):
        networks = architecture.generator(spec), architecture.critic(spec)
    counts = [sum(parameter.numel() for parameter in network.parameters()) for network in networks]
    assert counts == [generator, critic]
    assert recipe.architecture.options["bf16_stages"] == {32: 3, 64: 4, 256: 4}[size]


def test_without_labels_gan_stability_has_one_class():
    recipe = load("mescheder-cifar10", REGISTRY)
    architecture = REGISTRY.build("architecture", recipe.architecture.name, recipe.architecture.options)
    without, with_one = (
        architecture.generator(SampleSpec(shape=(3, 32, 32), classes=classes)).state_dict() for classes in (None, 1)
    )
    assert {name: w.shape for name, w in without.items()} == {name: w.shape for name, w in with_one.items()}


@every_recipe
def test_no_checkpoint_is_the_best_by_a_count_of_modes(name):
    metrics = load(name, REGISTRY).metrics
    assert metrics
    assert next(iter(REGISTRY.get("metric", metrics[0].name).values)) != "modes"
    if "modes" in {choice.name for choice in metrics}:
        assert metrics[0].name == "wasserstein"


def test_an_untrained_generator_is_not_the_best(tmp_path):
    report = {"tick": 40, "score_ticks": 1, "picture_ticks": 0, "check_samples": 0}
    chosen = {"training.steps": 80, "average.halflife_kimg": 0, "report": report}
    recipe, _ = override(load("plane", REGISTRY), chosen, REGISTRY)
    folder = start(Supply(registry=REGISTRY).plan(resolve(recipe, REGISTRY)), tmp_path / "run")
    untrained = next(line for line in folder.metrics.read() if line["metric"] == "modes")["values"]
    assert untrained["modes"] <= 1
    assert folder.checkpoints.best_score().value == "w1"
    assert folder.checkpoints.best().name != "step-000000000"


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("kim-cifar10-resnet", {"pixel_rule": 256}),
        ("kim-cifar10-resnet-clip", {"pixel_rule": 256}),
        ("kim-cifar10-dcgan", {}),
        ("mescheder-cifar10", {"mirror": True}),
        ("r3gan-cifar10", {"mirror": True}),
    ],
)
def test_pixels_are_read_as_in_the_source(name, options):
    assert load(name, REGISTRY).dataset.options == options
