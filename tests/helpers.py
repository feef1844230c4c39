"""What several tests share."""

import inspect
import json
import os
import pathlib
import re
import subprocess
import sys

import jax
import jax.numpy as jnp
import numpy as np

# For processes that compare runs of one program, which then compiles in half the time.
UNOPTIMIZED = {
    "JAX_DISABLE_MOST_OPTIMIZATIONS": "1",
    "XLA_FLAGS": "--xla_cpu_use_fusion_emitters=false",
}


def told_on_two_devices(module):
    """What a module prints last, in a process of its own with two CPU devices."""
    done = subprocess.run(
        [sys.executable, "-m", module],
        cwd=pathlib.Path(__file__).parents[1],
        env=os.environ | UNOPTIMIZED | {"JAX_NUM_CPU_DEVICES": "2"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


def unchecked(function):
    """The function without the type checks of the tests, as users call it."""
    return inspect.unwrap(function)


def normal(seed, shape, dtype=jnp.float32):
    """Normal numbers of an integer or a key, without a program for every shape."""
    if not isinstance(seed, int):
        seed = np.asarray(jax.random.key_data(seed))
    return jnp.asarray(np.random.default_rng(seed).standard_normal(shape), dtype)


# The kernel's units in before those out: what XLA on CPU is fast for, in a loop too.
FAST_FORM = "b01f_01io->b01f"


def conv_forms(function, *args):
    """The forms of all convolutions in the program that XLA makes of a function."""
    compiled = jax.jit(function).lower(*args).compile()
    return set(re.findall(r"dim_labels=(\w+->\w+)", compiled.as_text()))
