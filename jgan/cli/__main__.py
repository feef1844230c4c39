"""Runs the command line as ``python -m jgan.cli``."""

import sys

from jgan.cli import main

sys.exit(main())
