"""Recipes: one experiment as frozen data, read from TOML, changed by choices, written back complete. Torch-free."""

from gpreg.recipe.catalogue import borrowed_recipe as borrowed_recipe
from gpreg.recipe.catalogue import for_architecture as for_architecture
from gpreg.recipe.catalogue import load as load
from gpreg.recipe.choices import chosen_for as chosen_for
from gpreg.recipe.choices import override as override
from gpreg.recipe.clash import Clash as Clash
from gpreg.recipe.clash import check_clashes as check_clashes
from gpreg.recipe.clash import clashes as clashes
from gpreg.recipe.document import read as read
from gpreg.recipe.document import write as write
from gpreg.recipe.recipe import CompleteRecipe as CompleteRecipe
from gpreg.recipe.recipe import Recipe as Recipe
from gpreg.recipe.resolution import resolve as resolve
from gpreg.recipe.settings import AverageSettings as AverageSettings
from gpreg.recipe.settings import Choice as Choice
from gpreg.recipe.settings import ComputeSettings as ComputeSettings
from gpreg.recipe.settings import OptimizerSettings as OptimizerSettings
from gpreg.recipe.settings import PenaltySettings as PenaltySettings
from gpreg.recipe.settings import ReportSettings as ReportSettings
from gpreg.recipe.settings import ScheduleSettings as ScheduleSettings
from gpreg.recipe.settings import TrainingSettings as TrainingSettings
from gpreg.recipe.table import to_table as to_table
