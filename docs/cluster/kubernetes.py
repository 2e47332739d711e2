"""Workers as pods: python kubernetes.py IMAGE [WORKERS]; needs dask-kubernetes and its operator.

The image has drapto[dask] and the ffmpeg that you use here; the claim "films" is the shared directory.
"""

import signal
import sys

from dask_kubernetes.operator import KubeCluster, make_cluster_spec

spec = make_cluster_spec(
    name="drapto", image=sys.argv[1], n_workers=int(sys.argv[2]) if len(sys.argv) > 2 else 4
)
worker = spec["spec"]["worker"]["spec"]
worker["volumes"] = [{"name": "films", "persistentVolumeClaim": {"claimName": "films"}}]
container = worker["containers"][0]
container["args"] = [
    *("dask", "worker", "--name", "$(DASK_WORKER_NAME)", "--no-nanny", "--memory-limit", "0"),
    *("--preload", "drapto.cluster.worker", "--no-dashboard"),
]
container["resources"] = {
    "limits": {"cpu": "8", "memory": "16Gi"},
    "requests": {"cpu": "8", "memory": "16Gi"},
}
container["volumeMounts"] = [{"name": "films", "mountPath": "/films"}]
cluster = KubeCluster(custom_cluster_spec=spec)
print(f"drapto run --cluster {cluster.scheduler_address}", flush=True)
signal.sigwait({signal.SIGINT, signal.SIGTERM})
cluster.close()
