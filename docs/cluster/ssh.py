"""Workers by SSH: python ssh.py COORDINATOR HOST...; needs asyncssh. Prints what to run drapto with."""

import signal
import sys

from dask.distributed import SSHCluster

cluster = SSHCluster(
    sys.argv[1:],  # the first one gets the scheduler
    scheduler_options={"port": 8786, "dashboard": False},
    worker_class="drapto.cluster.serving.SilentWorker",
    worker_options={"preload": ["drapto.cluster.worker"], "memory_limit": 0},
)
print(f"drapto run --cluster {cluster.scheduler_address}", flush=True)
signal.sigwait({signal.SIGINT, signal.SIGTERM})
cluster.close()
