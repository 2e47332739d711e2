"""The settings: schema, loading, migration of older files. Importing this costs pydantic and nothing else."""

from drapto.config.loading import FILE_NAME, Loaded, load, load_config
from drapto.config.schema import Config

__all__ = ["FILE_NAME", "Config", "Loaded", "load", "load_config"]
