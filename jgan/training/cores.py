"""Cores of this machine that share the images of a training.

XLA runs a convolution of 32 to 64 units on one core, however many there are. With each
core as a device of its own, two take the two halves of a batch at the same time.
"""

import contextlib
import os

import jax

# Two groups of the four that a kernel gradient takes at a time. Measured is two devices
# of 16 images; more devices of fewer are not.
_FEWEST_IMAGES = 8


def use_cores() -> None:
    """Makes every core a device, where JAX runs on the processor.

    To be called before JAX is used; later, or where ``JAX_NUM_CPU_DEVICES`` or
    ``XLA_FLAGS`` gives a number of devices, it does nothing.
    """
    flags = os.environ.get("XLA_FLAGS", "")
    told = "xla_force_host_platform_device_count" in flags
    if told or "JAX_NUM_CPU_DEVICES" in os.environ:
        return
    # XLA's threads, as many as it is told here. A device that waits for the others in a
    # collective holds one of them, and what another has divided into tasks and waits
    # for needs one: with two of them and two devices, runs stopped for good after some
    # thousand steps.
    os.environ.setdefault("NPROC", str(2 * _cores()))
    # Once JAX is in use it refuses.
    with contextlib.suppress(RuntimeError):
        jax.config.update("jax_num_cpu_devices", _cores())


def _cores() -> int:
    """Returns the number of cores that this process may use."""
    # Not every system can tell less than all.
    allowed = getattr(os, "sched_getaffinity", None)
    return len(allowed(0)) if allowed else os.cpu_count() or 1


def mesh_of_cores(batch_size: int) -> jax.sharding.Mesh | None:
    """Returns a mesh of the cores that share a batch evenly; None for a single one.

    As many as leave each with 8 images or more. None too where JAX runs on other
    devices than the processor's.

    Args:
        batch_size: Images of a step.
    """
    if jax.default_backend() != "cpu":
        return None
    devices = jax.devices()
    counts = range(1, min(len(devices), batch_size // _FEWEST_IMAGES) + 1)
    count = max((n for n in counts if batch_size % n == 0), default=1)
    if count == 1:
        return None
    return jax.make_mesh(
        (count,),
        ("image",),
        axis_types=(jax.sharding.AxisType.Auto,),
        devices=devices[:count],
    )
