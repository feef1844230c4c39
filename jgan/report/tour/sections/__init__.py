"""The parts of the page, one file each, from numbers and pictures to HTML."""

from jgan.report.tour.sections.ablations import ablations_section as ablations_section
from jgan.report.tour.sections.classes import (
    classes_section as classes_section,
    no_classes_section as no_classes_section,
)
from jgan.report.tour.sections.layers import layers_section as layers_section
from jgan.report.tour.sections.samples import samples_section as samples_section
from jgan.report.tour.sections.units import units_section as units_section
