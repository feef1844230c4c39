"""Cores of this machine that share the images of a training.

XLA runs a convolution of 32 to 64 units on one core, however many there are. With each
core as a device of its own, two take the two halves of a batch at the same time.

Each step asks for its buffers anew. The GNU C library hands large ones back to the
system when they are freed, which zeroes every page of the next: a quarter of the
generator's gradient for 16 images of 32 pixels went into that.
"""

import contextlib
import ctypes
import os

import jax

# mallopt(3): buffers of any size from the heap, one heap for all threads, and up to 2
# GiB of it kept when free.
_M_MMAP_MAX, _M_ARENA_MAX, _M_TRIM_THRESHOLD = -4, -8, -1
_KEPT = 2**31 - 1

# Two groups of the four that a kernel gradient takes at a time. Measured is two devices
# of 16 images; more devices of fewer are not.
_FEWEST_IMAGES = 8


def use_cores() -> None:
    """Makes every core a device, where JAX runs on the processor, and keeps memory.

    To be called before JAX is used; later, or where ``JAX_NUM_CPU_DEVICES`` or
    ``XLA_FLAGS`` gives a number of devices, these stay. With the GNU C library, what is
    freed stays with the process.
    """
    _keep_memory()
    flags = os.environ.get("XLA_FLAGS", "")
    told = "xla_force_host_platform_device_count" in flags
    if told or "JAX_NUM_CPU_DEVICES" in os.environ:
        return
    # Once JAX is in use it refuses.
    with contextlib.suppress(RuntimeError):
        jax.config.update("jax_num_cpu_devices", _cores())


def _keep_memory() -> None:
    mallopt = (
        getattr(ctypes.CDLL(None), "mallopt", None) if os.name == "posix" else None
    )
    if mallopt is None:
        return
    mallopt(_M_MMAP_MAX, 0)
    mallopt(_M_ARENA_MAX, 1)
    mallopt(_M_TRIM_THRESHOLD, _KEPT)


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
