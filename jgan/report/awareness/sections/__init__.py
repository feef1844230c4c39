"""The parts of the page, one file each, from numbers and pictures to HTML."""

from jgan.report.awareness.sections.classes import classes_section as classes_section
from jgan.report.awareness.sections.edits import edits_section as edits_section
from jgan.report.awareness.sections.findings import (
    findings_section as findings_section,
)
from jgan.report.awareness.sections.hybrids import hybrids_section as hybrids_section
from jgan.report.awareness.sections.method import method_section as method_section
from jgan.report.awareness.sections.parts import parts_section as parts_section
from jgan.report.awareness.sections.totals import totals_section as totals_section
