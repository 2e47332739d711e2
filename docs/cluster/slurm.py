"""Workers as Slurm jobs: python slurm.py [JOBS]; needs dask-jobqueue. Prints what to run drapto with."""

import signal
import sys

from dask_jobqueue import SLURMCluster

cluster = SLURMCluster(
    cores=8,  # of a job; a worker has as many encode slots
    processes=1,
    memory="16GB",
    walltime="12:00:00",
    queue="normal",
    nanny=False,
    scheduler_options={"dashboard": False},
    # the job's own limits tell the worker what it has
    worker_extra_args=["--preload", "drapto.cluster.worker", "--memory-limit", "0", "--no-dashboard"],
)
cluster.scale(jobs=int(sys.argv[1]) if len(sys.argv) > 1 else 4)
print(f"drapto run --cluster {cluster.scheduler_address}", flush=True)
signal.sigwait({signal.SIGINT, signal.SIGTERM})
cluster.close()
