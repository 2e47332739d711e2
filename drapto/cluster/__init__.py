"""Work on the machines of a Dask cluster: the engine ``dask``, its workers, and what passes between."""
