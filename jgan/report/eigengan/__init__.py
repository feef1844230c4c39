"""The page of an EigenGAN: what each dimension and each layer changes.

`write_eigengan` writes it; `find` says what is measured, `sections` how it is shown.
"""

from jgan.report.eigengan.write import write_eigengan as write_eigengan
