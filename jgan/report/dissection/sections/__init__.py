"""The parts of the page, one file each, from numbers and pictures to HTML."""

from jgan.report.dissection.sections.causes import causes_section as causes_section
from jgan.report.dissection.sections.contexts import (
    contexts_section as contexts_section,
)
from jgan.report.dissection.sections.layers import layers_section as layers_section
from jgan.report.dissection.sections.units import units_section as units_section
