"""The scenes world: landscapes whose every pixel is labeled, drawn by a renderer.

`sample_scenes` draws scenes; `render` is the picture as a function of its factors.
Start with `factors.py`, what a scene is, and `classes.py`, what it may look like.
"""

from jgan.worlds.scenes.classes import CLASS_NAMES as CLASS_NAMES, CONCEPTS as CONCEPTS
from jgan.worlds.scenes.factors import Factors as Factors, draw_factors as draw_factors
from jgan.worlds.scenes.render import render as render
from jgan.worlds.scenes.sample import Scenes as Scenes, sample_scenes as sample_scenes
