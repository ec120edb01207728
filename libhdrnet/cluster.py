"""Run independent jobs: here one after the other, in processes of this machine, or on a cluster (Dask).

The same code on a laptop and on a cluster: a job is a function of its argument, and its result comes back here. A
worker that dies has its jobs done by another; a result is told once.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from libhdrnet.errors import HdrnetError, InputError

Argument = TypeVar("Argument")
Result = TypeVar("Result")

DEATHS = 3
"""Workers that may die over one job before it counts as failed."""


def run_jobs(
    function: Callable[[Argument], Result],
    jobs: Sequence[tuple[str, Argument]],
    *,
    workers: int | None = None,
    scheduler: str | None = None,
) -> Iterator[tuple[str, Result | Exception]]:
    """Run `function` for each (key, argument) and yield (key, result) as they are done.

    An exception of a job is its result, so that one bad job does not stop the others.

    Args:
        function: Any function that other processes can import.
        jobs: Keys, all different, and arguments.
        workers: Processes of this machine; None or 1 does all in this one.
        scheduler: Address of a Dask scheduler, "tcp://host:8786", whose workers do it; they have to see the same
            files by the same names, and to have the same version of libhdrnet.

    Raises:
        InputError: both ways at once, no package for it, or no scheduler at that address.
    """
    if workers is not None and scheduler is not None:
        raise InputError("--workers starts processes here and --scheduler uses others; give one of them.")
    if scheduler is None and (workers or 1) == 1:
        for key, argument in jobs:
            yield key, _tried(function, argument)
        return
    with _client(workers or 1, scheduler) as (client, as_completed):
        futures = {client.submit(_tried, function, argument, key=key, pure=False): key for key, argument in jobs}
        for future in as_completed(list(futures)):
            yield futures[future], _result_of(future)
            future.release()


def _tried(function: Callable[[Argument], Result], argument: Argument) -> Result | Exception:
    try:
        return function(argument)
    except Exception as error:
        return error


def _result_of(future: Any) -> Any:
    try:
        return future.result()
    except Exception as error:  # the job never came to an end
        return HdrnetError(f"no worker finished it ({type(error).__name__}: {error}).")


@contextmanager
def _client(workers: int, scheduler: str | None) -> Iterator[tuple[Any, Any]]:
    try:
        import dask
        from distributed import Client, LocalCluster, as_completed
    except ImportError as error:
        raise InputError(
            "--workers and --scheduler need the package distributed; pip install 'libhdrnet[cluster]'."
        ) from error
    threads = max(1, (os.cpu_count() or 1) // workers)
    settings = {
        "distributed.scheduler.allowed-failures": DEATHS,
        "distributed.nanny.pre-spawn-environ.OMP_NUM_THREADS": threads,
    }
    with dask.config.set(settings):
        if scheduler is not None:
            try:
                client = Client(scheduler, timeout="20s")
            except (OSError, ValueError) as error:
                raise InputError(f"--scheduler {scheduler}: no Dask scheduler answers there ({error}).") from error
            with client:
                yield client, as_completed
            return
        with (
            LocalCluster(n_workers=workers, threads_per_worker=1, processes=True, dashboard_address=None) as cluster,
            Client(cluster) as client,
        ):
            yield client, as_completed
